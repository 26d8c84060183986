"""The journeys that ship: each is played along its ways, and by what goes wrong in shops."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shared.adapters import definitions
from shared.adapters.journey_files import parsed, shipped
from shared.domain.conditions import Member, parts_of
from shared.domain.journeys.definition import Branch, Exit, Journey, SegmentChange, StartJourney, WaitFor

JOURNEYS = shipped()
SEGMENTS = {segment.id for segment in definitions.shipped()}

each_journey = pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)


@each_journey
def test_a_journey_is_in_the_file_of_its_name(journey: Journey) -> None:
    assert (Path(__file__).parents[2] / "shared" / "definitions" / "journeys" / f"{journey.id}.yaml").exists()


@each_journey
def test_it_names_only_segments_that_ship(journey: Journey) -> None:
    conditions = [way.when for step in journey.steps if isinstance(step, Branch) for way in step.ways]
    conditions += [journey.entry.only_if] if journey.entry.only_if is not None else []
    occasions = [journey.trigger, *(exit_.on for exit_ in journey.exits)]
    occasions += [on for step in journey.steps if isinstance(step, WaitFor) for on in step.on]
    named = {part.segment for when in conditions for part in parts_of(when) if isinstance(part, Member)}
    named |= {on.segment for on in occasions if isinstance(on, SegmentChange)}
    assert named <= SEGMENTS


@each_journey
def test_it_names_only_journeys_that_ship(journey: Journey) -> None:
    started = {step.journey for step in journey.steps if isinstance(step, StartJourney)}
    started |= {exit_.start for exit_ in journey.exits if isinstance(exit_, Exit) and exit_.start}
    assert started | set(journey.entry.not_during) <= JOURNEYS.keys()


def test_yaml_is_read_as_people_mean_it() -> None:
    """`on`, `no`, times and dates are words: of YAML 1.1 they would be true, false, 510 and a date."""
    assert parsed("{on: no, at: 08:30, from: 2026-12-25, yes: true, none: , five: 5, half: .5}") == {
        "on": "no",
        "at": "08:30",
        "from": "2026-12-25",
        "yes": True,
        "none": None,
        "five": 5,
        "half": 0.5,
    }


def test_yaml_makes_no_objects() -> None:
    with pytest.raises(yaml.YAMLError):
        parsed("!!python/object/apply:os.system [true]")
