"""Drafts and copies over the admin's API: what somebody writes is kept as they left it, right or not, of every kind;
two who write one lose nothing of each other's; a copy takes over nothing of what has become of a thing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters import (
    clock,
    definitions,
    definitions_table,
    drafts,
    journey_definitions,
    journey_files,
    template_definitions,
)
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.adapters.drafts import Draft, Drafts
from shared.domain.events import DAY, Json
from shared.domain.journeys.definition import Journey
from tests.integration.shop import Shop

FORM = {"id": "news", "name": "News", "title": "Hear from us", "topics": [{"id": "marketing"}], "wording": "You agree."}
CAMPAIGN = {"id": "spring", "name": "Spring", "segments": ["customers"], "template": "whats_new"}
SEGMENT = {"id": "ours", "name": "Ours", "sentence": "Who buys.", "when": {"kind": "orders"}}
EXPERIMENT = {
    "id": "which",
    "name": "Which",
    "hypothesis": "The longer one.",
    "journey": "onboarding",
    "step": "welcome",
    "variants": [{"id": "as_now"}, {"id": "longer"}],
}
LEAD_SCORE = definitions.shipped_models()[0].model_dump(mode="json", by_alias=True, exclude_none=True)
WHOLE = {
    "segments": json.dumps({**SEGMENT, "name": "Mended"}),
    "journeys": journey_files.shipped_texts()["abandoned_cart"].replace("name: Abandoned cart", "name: Mended"),
    "templates": json.dumps(
        {**template_definitions.shipped("welcome").template.model_dump(mode="json", by_alias=True), "name": "Mended"}
    ),
    "forms": json.dumps({**FORM, "name": "Mended"}),
    "campaigns": json.dumps({**CAMPAIGN, "name": "Mended"}),
    "lead-scores": json.dumps({**LEAD_SCORE, "name": "Mended"}),
    "experiments": json.dumps({**EXPERIMENT, "name": "Mended"}),
}
THINGS = {
    "segments": "ours",
    "journeys": "abandoned_cart",
    "templates": "welcome",
    "forms": "news",
    "campaigns": "spring",
    "lead-scores": "lead",
    "experiments": "which",
}
ALONE = ("forms", "campaigns", "experiments")
"""Whose drafts are changed at their own addresses."""
ACTS = {"campaigns": "send", "experiments": "start"}
EVERY = pytest.mark.parametrize("kind", THINGS)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop(["onboarding"])
    whole = (("/segments", SEGMENT), ("/forms", FORM), ("/campaigns", CAMPAIGN), ("/experiments", EXPERIMENT))
    for path, body in whole:
        assert made.ask("POST", path, body)[0] == 201
    yield made
    clock.use(None)


def shown(shop: Shop, kind: str) -> Any:
    status, told = shop.ask("GET", f"/{kind}/{THINGS[kind]}")
    assert status == 200
    return told


def put(shop: Shop, kind: str, text: str, etag: str) -> tuple[int, Any]:
    path = f"/{kind}/{THINGS[kind]}"
    if kind in ALONE:
        return shop.ask("PUT", path, {"unfinished": text}, **{"if-match": etag})
    return shop.ask("PUT", f"{path}/draft", {"text": text}, **{"if-match": etag})


def left(told: Any) -> str | None:
    """The text as somebody left it, while it is nothing whole."""
    draft = told.get("draft") or told
    if isinstance(draft.get("unfinished"), bool):
        return str(draft["text"]) if draft["unfinished"] else None
    return draft["unfinished"] if "unfinished" in draft else None if draft["definition"] else draft["text"]


def name_in(told: Any) -> str:
    draft = told.get("draft") or told
    return str(next(draft[field] for field in ("definition", "form", "experiment") if draft.get(field))["name"])


@EVERY
@pytest.mark.parametrize("text", ["{", "", '{"name": ""}', "[1]", '"a text"', "a: [", "\u00e9\n\u2028", "{" * 5_000])
def test_what_is_not_whole_is_kept_as_it_was_left_and_keeps_from_being_published(
    shop: Shop, kind: str, text: str
) -> None:
    before = shown(shop, kind)
    status, told = put(shop, kind, text, before["etag"])
    assert status == 200
    after = shown(shop, kind)
    assert left(after) == text
    assert told["etag"] == after["etag"] != before["etag"]
    problems = told.get("problems") or [told["problem"]]
    assert problems[0]
    refused = shop.ask("POST", f"/{kind}/{THINGS[kind]}/{ACTS.get(kind, 'publish')}", {}, **{"if-match": after["etag"]})
    assert refused[0] == 400
    assert shop.ask("GET", f"/{kind}")[0] == 200, "the list is there nevertheless"


@EVERY
def test_what_is_whole_again_can_be_published_and_two_who_write_are_told_apart(shop: Shop, kind: str) -> None:
    old = shown(shop, kind)["etag"]
    status, told = put(shop, kind, WHOLE[kind], old)
    assert status == 200 and told.get("problem") is None
    after = shown(shop, kind)
    assert left(after) is None
    assert name_in(after) == "Mended"
    status, told = put(shop, kind, "theirs", old)
    assert (status, told["code"]) == (412, "changed_meanwhile")
    assert shown(shop, kind) == after


@EVERY
def test_a_text_is_a_text_of_a_size(shop: Shop, kind: str) -> None:
    etag = shown(shop, kind)["etag"]
    field = "unfinished" if kind in ALONE else "text"
    path = f"/{kind}/{THINGS[kind]}" + ("/draft" if field == "text" else "")
    for text in (1, None, ["{"], "x" * 100_001, "\ud800"):
        status, told = shop.ask("PUT", path, {field: text}, **{"if-match": etag})
        assert (status, told["code"]) == (400, "invalid_text"), text


@EVERY
def test_a_copy_is_a_draft_of_its_own(shop: Shop, kind: str) -> None:
    path = f"/{kind}/{THINGS[kind]}"
    before = shown(shop, kind)
    status, _ = shop.ask("POST", f"{path}/duplicate", {"id": "a_copy"})
    assert status == 201
    copied: Any = shop.ask("GET", f"/{kind}/a_copy")[1]
    assert name_in(copied).endswith("(copy)")
    assert shown(shop, kind) == before
    status, told = shop.ask("POST", f"{path}/duplicate", {"id": "a_copy"})
    assert (status, told["code"]) == (409, "taken")
    assert shop.ask("POST", f"{path}/duplicate", {"id": "A copy!"})[0] == 400
    assert shop.ask("POST", f"{path}/duplicate", {"id": "another", "name": "Mine"})[0] == 201
    assert shop.ask("POST", f"/{kind}/nobody/duplicate", {"id": "third"})[0] == 404


def test_a_copy_of_what_runs_runs_nowhere(shop: Shop) -> None:
    def ask(path: str, body: Json = None, **headers: str) -> Any:
        status, told = shop.ask("POST", path, body or {}, **headers)
        assert status < 300, told
        return told

    ask("/journeys/post_purchase/publish")
    shop.publish("running", {"kind": "orders"})
    form = ask("/forms/news/duplicate", {"id": "web"})
    ask("/forms/web/publish", **{"if-match": form["etag"]})
    for path in ("journeys/post_purchase", "segments/running", "forms/web"):
        ask(f"/{path}/duplicate", {"id": "still"})
    journey: Any = shop.ask("GET", "/journeys/still")[1]
    assert (journey["state"], journey["journey"], journey["draft"]["definition"]["runs_on"]) == (
        "draft",
        None,
        "wake_ups",
    )
    assert shop.ask("GET", "/segments/still")[1]["definition"] is None
    form = shop.ask("GET", "/forms/still")[1]
    assert (form["published"], form["version"], form["wordings"]) == (False, 0, {})


def test_a_long_name_has_room_for_saying_that_it_is_a_copy(shop: Shop) -> None:
    name = "N" * 80
    assert shop.ask("POST", "/segments", {**SEGMENT, "id": "long", "name": name})[0] == 201
    status, told = shop.ask("POST", "/segments/long/duplicate", {"id": "long_copy"})
    assert (status, told["name"]) == (201, f"{'N' * 73} (copy)")


# ── as they are stored ──


def journey(id_: str) -> Journey:
    return journey_files.shipped()["abandoned_cart"].model_copy(update={"id": id_})


def test_two_who_keep_drafts_of_two_things_do_not_wait_for_each_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: Drafts[Journey] = Drafts("some_drafts", Journey)
    others, put_new = iter(range(3)), drafts.put_new

    def meanwhile(*new: Any) -> None:
        """Somebody else is always a little faster, three times."""
        if (number := next(others, None)) is not None:
            monkeypatch.setattr(drafts, "put_new", put_new)
            held.put(f"other_{number}", journey(f"other_{number}"), instead_of=None)
            monkeypatch.setattr(drafts, "put_new", meanwhile)
        put_new(*new)

    monkeypatch.setattr(drafts, "put_new", meanwhile)
    mine = held.put("mine", journey("mine"), instead_of=None)
    assert mine.number == 4
    assert sorted(held.all()) == ["mine", "other_0", "other_1", "other_2"]
    with pytest.raises(PublishedMeanwhileError):
        held.put("mine", journey("mine"), instead_of=None)
    held.drop("mine", 1)
    assert "mine" in held.all(), "that one is gone already"
    held.drop("mine", mine.number)
    assert "mine" not in held.all()


def test_a_draft_that_was_stored_before_is_read() -> None:
    told = journey("a").model_dump(mode="json", by_alias=True, exclude_none=True)
    read = Draft[Journey].model_validate_json(json.dumps({"number": 3, "journey": told, "at": 5, "by": "ada"}))
    assert (read.form, read.number, read.unfinished) == (journey("a"), 3, False)
    assert journey_definitions.drafts is not template_definitions.drafts


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("segments", "drafts"),
        ("journeys", "journey_drafts"),
        ("templates", "template_drafts"),
        ("forms", "forms"),
        ("lead-scores", "lead_score_drafts"),
    ],
)
def test_what_was_written_before_goes_after_a_week_and_what_is_written_stays(
    shop: Shop, kind: str, document: str
) -> None:
    etag = shown(shop, kind)["etag"]
    for n in range(4):
        status, told = put(shop, kind, f"{WHOLE[kind]}\n{' ' * n}", etag)
        assert status == 200, told
        etag = told["etag"]
    before = list(definitions_table.items(document))
    assert ["expires" in each for each in before[-4:]] == [True, True, True, False]
    shop.passes(8 * DAY)
    (newest,) = definitions_table.items(document)
    assert newest["version"] == before[-1]["version"]
    assert shown(shop, kind)["etag"] == etag
    status, told = put(shop, kind, WHOLE[kind], etag)
    assert (status, told["etag"] != etag) == (200, True)
