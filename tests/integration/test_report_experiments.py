"""The night's report of experiments: what each says, by segments too, and all shares moved by one version."""

from __future__ import annotations

import boto3
import pytest

from functions.report import experiments as report
from shared.adapters import definitions_table, experiments, journey_definitions, shares
from shared.domain.events import DAY, Json
from shared.domain.experiments.definition import Experiment, Kept
from shared.domain.journeys.publications import Version, with_journey
from tests.integration.conftest import NOW
from tests.unit.test_journey_arms import paths

PLAN: Json = {
    "name": "Ways",
    "hypothesis": "One is better.",
    "journey": "j",
    "step": "lot",
    "within": "1d",
    "least": 0.1,
}


def begin(id_: str, **more: Json) -> None:
    made = Experiment.model_validate({"id": id_, **PLAN, **more})
    experiments.documents.put(id_, Kept(experiment=made, began=NOW - 9 * DAY, version=1), instead_of=None, by="a test")


def row(variant: str, people: int, clicked: int, **more: Json) -> Json:
    nothing = dict.fromkeys(("ordered", "unsubscribed", "complained", "net", "before", "allotted"), 0)
    seen = {"part": 1, "latest": NOW - 5 * DAY, "ready": 1, "segments": "", **nothing, **more}
    return {"variant": variant, "people": people, "clicked": clicked, **seen}


def rows(better: str, segments: str = "") -> list[Json]:
    """Of the ways, one is clicked behind by more of the people who are in these segments."""
    return [
        row(way, n if clicked else 200 - n, clicked, segments=segments)
        for way in ("hello", "other")
        for clicked in (0, 1)
        for n in [60 if way == better else 20]
    ]


@pytest.fixture(autouse=True)
def journey(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_BUCKET", "lake")
    boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    version = Version(version=1, journey=paths((1, 1)), published=NOW, by="a test", why="it is tried")
    journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)


def test_all_shares_that_moved_are_one_version() -> None:
    begin("one", adaptive=True)
    begin("two", adaptive=True)
    begin("three")
    found = report.made(
        NOW, {"journey one": rows("hello"), "journey two": rows("other"), "journey three": rows("other")}
    )
    assert [version for version, _ in definitions_table.versions(shares.ID)] == [1]
    moves = shares.newest()
    assert (moves.of("one")[0].weights["hello"], moves.of("two")[0].weights["other"]) == (950, 950)
    assert moves.of("three") == ()
    assert found["says"].keys() >= {"journey one", "journey two", "journey three"}
    report.made(NOW, {"journey one": rows("hello"), "journey two": rows("other")})
    assert shares.newest().version == 1, "done again, it moves nothing"


def test_what_it_does_for_a_segment_is_said_once_it_is_over() -> None:
    begin("some", people=800, looks=1, by_segments=["customers"])
    people = [*rows("other", "customers"), *rows("hello")]
    early = [{**each, "latest": NOW} for each in people]
    assert len(report.made(NOW, {"journey some": early})["says"]["journey some"]["words"]) == 1
    words = report.made(NOW, {"journey some": people})["says"]["journey some"]["words"]
    assert words[1] == "It does not work alike for everybody: before you choose, read what it does for each."
    assert words[2].startswith("Variant other works better for Customers than for all others")
    assert len(words) == 3
