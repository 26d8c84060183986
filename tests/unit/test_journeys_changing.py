"""A journey is changed step by step: all that is not meant stays as it was, in meaning and as it is written."""

from __future__ import annotations

from random import Random
from typing import Any, get_args

import pytest

from shared.adapters import journey_files, yaml_edits
from shared.domain.journeys.changing import (
    Add,
    CannotChangeError,
    Head,
    Move,
    Remove,
    Rewrite,
    changed,
    edges,
)
from shared.domain.journeys.definition import END, AnyStep, Journey, Trigger
from shared.domain.journeys.fields import forms
from tests.unit.any_journey import any_journey

KINDS = ("send", "wait", "wait_for", "branch", "split", "update", "notify", "start", "end")


def series(*steps: dict[str, Any], **head: Any) -> dict[str, Any]:
    return {"id": "j", "name": "J", "sentence": "J.", "trigger": {"kind": "hand"}, **head, "steps": list(steps)}


def ids(definition: dict[str, Any]) -> list[str]:
    return [each["id"] for each in definition["steps"]]


def of(definition: Journey) -> dict[str, Any]:
    told: dict[str, Any] = definition.model_dump(mode="json", by_alias=True, exclude_none=True)
    return told


def ways(definition: dict[str, Any]) -> dict[Any, str]:
    return {(whose, way): to for whose, way, to in edges(definition)}


@pytest.mark.parametrize("seed", range(300))
def test_a_step_that_is_put_in_leads_where_its_way_led_and_every_other_way_stays(seed: int) -> None:
    random = Random(seed)
    before = of(any_journey(random))
    for (whose, way), to in ways(before).items():
        for kind in (random.choice(KINDS[:4]), random.choice(KINDS[4:])):
            after, new = changed(before, Add(do="add", kind=kind, after=whose, way=way))
            Journey.model_validate(after)
            now = ways(after)
            assert now.pop((whose, way)) == new
            assert new is not None
            own = {key: lead for key, lead in now.items() if key[0] == new}
            if kind not in ("end", "split"):
                assert own[new, "next"] == to
            rest = {key: lead for key, lead in now.items() if key[0] != new}
            assert rest == {key: lead for key, lead in ways(before).items() if key != (whose, way)}
            # …and taken out again, all is as it was.
            if kind in ("send", "wait", "update", "notify", "start"):
                back = changed(after, Remove(do="remove", step=new)).definition
                assert ways(back) == ways(before)


@pytest.mark.parametrize("seed", range(300))
def test_what_led_to_a_step_that_is_gone_leads_where_it_led(seed: int) -> None:
    random = Random(seed)
    before = of(any_journey(random))
    for id_ in ids(before):
        try:
            after = changed(before, Remove(do="remove", step=id_)).definition
        except CannotChangeError as error:
            assert "only step" in str(error) or "leads past" in str(error)
            continue
        own = [to for (whose, _), to in ways(before).items() if whose == id_ and to != id_]
        instead = own[0] if own else END
        expected = {key: instead if to == id_ else to for key, to in ways(before).items() if key[0] != id_}
        assert ways(after) == expected
        Journey.model_validate(after)


@pytest.mark.parametrize("seed", range(200))
def test_a_step_that_moves_stands_on_its_new_way_and_leaves_none_behind(seed: int) -> None:
    random = Random(seed)
    before = of(any_journey(random))
    for id_ in ids(before):
        for whose, way in ways(before):
            try:
                after, moved = changed(before, Move(do="move", step=id_, after=whose, way=way))
            except CannotChangeError:
                continue
            Journey.model_validate(after)
            assert moved == id_
            assert sorted(ids(after)) == sorted(ids(before))
            assert ways(after)[whose, way] == id_


def test_up_and_down_are_places_on_its_own_way() -> None:
    steps = [{"id": each, "kind": "wait", "for": "1d"} for each in ("a", "b", "c")]
    before = series(*steps)
    assert ids(changed(before, Move(do="move", step="b", by=-1)).definition) == ["b", "a", "c"]
    assert ids(changed(before, Move(do="move", step="b", by=1)).definition) == ["a", "c", "b"]
    with pytest.raises(CannotChangeError, match="first step already"):
        changed(before, Move(do="move", step="a", by=-1))
    with pytest.raises(CannotChangeError, match="nothing comes after"):
        changed(before, Move(do="move", step="c", by=1))


def test_whoever_led_to_a_step_leads_to_it_by_its_new_id() -> None:
    before = series(
        {"id": "which", "kind": "branch", "ways": [{"when": {"kind": "consent"}, "next": "hello"}], "next": "end"},
        {"id": "hello", "kind": "send"},
        exits=[{"on": {"kind": "event", "events": ["Order Completed"]}, "go_to": "hello"}],
    )
    after = changed(before, Rewrite(do="step", step="hello", value={"id": "hi", "kind": "send"})).definition
    assert after["steps"][0]["ways"][0]["next"] == "hi"
    assert after["exits"][0]["go_to"] == "hi"
    with pytest.raises(CannotChangeError, match="two steps cannot be called which"):
        changed(before, Rewrite(do="step", step="hello", value={"id": "which", "kind": "send"}))


def test_nothing_comes_after_an_end_and_the_last_step_stays() -> None:
    before = series({"id": "over", "kind": "end"})
    with pytest.raises(CannotChangeError, match="after an end"):
        changed(before, Add(do="add", kind="wait", after="over"))
    with pytest.raises(CannotChangeError, match="only step"):
        changed(before, Remove(do="remove", step="over"))
    with pytest.raises(CannotChangeError, match="no step gone"):
        changed(before, Remove(do="remove", step="gone"))
    with pytest.raises(CannotChangeError, match="`steps`"):
        changed({"steps": "none"}, Remove(do="remove", step="gone"))


# ── as it is written ──


def lines_with_comments(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip().startswith("#")}


@pytest.mark.parametrize("name", sorted(journey_files.shipped_texts()))
def test_a_change_of_a_shipped_text_keeps_its_comments_and_every_other_line(name: str) -> None:
    text = journey_files.shipped_texts()[name]
    before = journey_files.parsed(text)
    assert isinstance(before, dict)
    for whose, way in ways(before):
        after, new = changed(before, Add(do="add", kind="wait", after=whose, way=way))
        made, whole = yaml_edits.edited(text, after)
        assert journey_files.parsed(made) == after
        assert not whole
        assert lines_with_comments(made) == lines_with_comments(text)
        assert len(set(text.splitlines()) - set(made.splitlines())) <= 3  # a way, and where one says now where it goes
        back = changed(after, Remove(do="remove", step=new or "")).definition
        again, whole = yaml_edits.edited(made, back)
        assert journey_files.parsed(again) == back
        assert not whole
    for step in ids(before):
        for change in (Remove(do="remove", step=step), Move(do="move", step=step, by=-1)):
            try:
                after = changed(before, change).definition
            except CannotChangeError:
                continue
            made, whole = yaml_edits.edited(text, after)
            assert journey_files.parsed(made) == after
            assert not whole


def test_a_comment_goes_with_the_step_it_stands_above() -> None:
    text = """# Of the whole.
steps:
  # The first.
  - {id: a, kind: send}  # a word to it
  # The second,
  # in two lines.
  - id: b
    kind: wait   # for a while
    for: 1d
  - {id: c, kind: send}
"""
    definition = journey_files.parsed(text)
    assert isinstance(definition, dict)
    moved = changed(definition, Move(do="move", step="b", by=-1)).definition
    assert (
        yaml_edits.edited(text, moved).text
        == """# Of the whole.
steps:
  # The second,
  # in two lines.
  - id: b
    kind: wait   # for a while
    for: 1d
  # The first.
  - {id: a, kind: send}  # a word to it
  - {id: c, kind: send}
"""
    )
    value = {"id": "b", "kind": "wait", "for": "2d", "at": "09:00"}
    written = changed(definition, Rewrite(do="step", step="b", value=value)).definition
    assert yaml_edits.edited(text, written).text == text.replace("    for: 1d\n", "    for: 2d\n    at: 09:00\n")
    gone = changed(definition, Remove(do="remove", step="b")).definition
    assert (
        yaml_edits.edited(text, gone).text
        == """# Of the whole.
steps:
  # The first.
  - {id: a, kind: send}  # a word to it
  - {id: c, kind: send}
"""
    )


@pytest.mark.parametrize("seed", range(150))
def test_any_text_can_be_made_to_say_any_other_journey(seed: int) -> None:
    random = Random(seed)
    text = journey_files.written(any_journey(random))
    if seed % 3 == 0:
        text = "\n".join(f"{line}  # {n}" for n, line in enumerate(text.splitlines()))
        try:
            journey_files.parsed(text)
        except journey_files.NotYamlError:
            return
    other = journey_files.parsed(journey_files.written(any_journey(random)))
    made = yaml_edits.edited(text, other)
    assert journey_files.parsed(made.text) == other


def test_a_head_is_changed_field_by_field() -> None:
    text = (
        "id: j\nname: J  # short\nsentence: >-\n  A long\n  sentence.\nentry: {again: once}\n"
        "steps:\n- {id: a, kind: send}\n"
    )
    definition = journey_files.parsed(text)
    assert isinstance(definition, dict)
    value = {"name": "Jay", "sentence": "Short: it is.", "entry": None, "hours": {"from": "08:00", "to": "20:00"}}
    after = changed(definition, Head(do="head", value=value)).definition
    made = yaml_edits.edited(text, after)
    assert made.text == (
        "id: j\nname: Jay  # short\nsentence: 'Short: it is.'\nhours: {from: '08:00', to: '20:00'}\n"
        "steps:\n- {id: a, kind: send}\n"
    )
    with pytest.raises(CannotChangeError, match="`steps`"):
        changed(definition, Head(do="head", value={"steps": []}))


def test_every_field_of_every_part_has_a_place_in_its_form_and_words_that_no_code_knows() -> None:
    """But for `arms`: experiments have a page of their own."""
    told = forms()
    for kind, model in {**_by_kind(AnyStep), **_by_kind(Trigger)}.items():
        form: Any = told["steps" if kind in dict(_by_kind(AnyStep)) else "triggers"]
        names = {field.alias or name for name, field in model.model_fields.items()} - {"kind", "arms"}
        shown = {field["name"]: field for field in form[kind]["fields"]}
        assert set(shown) == (names - {"next"} if kind in ("end", "split") else names)
        assert all("_" not in field["title"] for field in shown.values())
        assert [field["name"] for field in shown.values() if field["control"] == "line"] in (
            ["id"],
            ["id", "outcome"],
            [],
        ), "all else is chosen, not typed"


def _by_kind(union: Any) -> dict[str, Any]:
    return {get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(union)[0])}
