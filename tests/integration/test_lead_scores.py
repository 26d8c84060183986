"""Lead scores by the admin's API: tried, saved, versions kept, and who asks for one keeps it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local import gateway
from infra.local.__main__ import main
from infra.local.client import console
from infra.local.screens import site
from shared.adapters import definitions
from shared.domain.events import MINUTE, Json
from tests.integration.shop import Shop

MODEL: Json = {
    "id": "loyal",
    "name": "Loyal",
    "half_life": "30d",
    "threshold": 10,
    "rules": [
        {"kind": "event", "event": "Order Completed", "points": 6, "up_to": 2},
        {"kind": "state", "when": {"kind": "trait", "trait": "country", "value": "DE"}, "points": -20},
    ],
}


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    for number in range(1, 6):
        shop.customer(number, orders=number % 3)
    shop.passes(MINUTE)
    return shop


def make(shop: Shop, model: Json = MODEL) -> None:
    status, draft = shop.ask("POST", "/lead-scores", {"definition": model})
    assert status == 201
    assert shop.ask("POST", f"/lead-scores/{draft['id']}/publish", {}, **{"if-match": draft["etag"]})[0] == 202


def save(shop: Shop, model: Json, etag: str | None = None, **more: Any) -> tuple[int, Json]:
    """Drafts it and publishes the draft."""
    path = f"/lead-scores/{model['id']}"
    etag = etag or shop.ask("GET", path)[1]["etag"]
    status, draft = shop.ask("PUT", f"{path}/draft", {"definition": model}, **{"if-match": etag})
    return (
        (status, draft) if status != 200 else shop.ask("POST", f"{path}/publish", more, **{"if-match": draft["etag"]})
    )


def test_what_ships_is_there_in_words_with_who_asks_for_it(shop: Shop) -> None:
    status, told = shop.ask("GET", "/lead-scores")
    (model,) = told["models"]
    assert (status, model["model"], model["threshold"], model["shipped"]) == (200, "lead", 25, True)
    assert model["rules"][0] == "+4 points each time they viewed a product, for the newest 5"
    assert model["decay"] == "What events have given is half as much after 14 days, and so on."
    assert model["used_by"] == [{"kind": "segment", "id": "hot_leads", "name": "Hot leads"}]


def test_a_model_is_tried_and_nothing_is_written(shop: Shop) -> None:
    before = definitions.publication().number
    status, told = shop.ask("POST", "/lead-scores/estimate", {"definition": MODEL})
    assert status == 200
    assert told["qualified"] == told["entering"] == {"number": 2, "give_or_take": 0}
    assert [each["people"]["number"] for each in told["rules"]] == [4, 0]
    assert told["rules"][0]["says"] == "+6 points each time they ordered, for the newest 2"
    assert [each["points"] for each in told["people"]][:2] == [12, 12]
    assert definitions.publication().number == before


def test_what_a_change_would_do_is_told_beside_what_holds(shop: Shop) -> None:
    make(shop)
    easier = MODEL | {"threshold": 6}
    told = shop.ask("POST", "/lead-scores/estimate", {"definition": easier})[1]
    assert [told[name]["number"] for name in ("qualified", "entering", "leaving")] == [4, 2, 0]
    harder = MODEL | {"threshold": 12, "rules": [{**MODEL["rules"][0], "up_to": 3, "points": 5}]}
    told = shop.ask("POST", "/lead-scores/estimate", {"definition": harder})[1]
    assert [told[name]["number"] for name in ("qualified", "entering", "leaving")] == [0, 0, 2]


def test_a_saved_model_moves_the_segments_that_ask_for_it_and_starts_nothing_unless_asked(shop: Shop) -> None:
    make(shop)
    shop.publish("loyal_ones", {"kind": "points", "model": "loyal"})
    shop.passes(5 * MINUTE)
    assert len(shop.ask("GET", "/segments/loyal_ones/members")[1]["members"]) == 2
    status, told = save(shop, MODEL | {"threshold": 6})
    assert status == 202
    publication = definitions.publication()
    assert (publication.number, publication.changed["loyal_ones"]) == (told["publication"],) * 2
    assert "loyal_ones" not in publication.starting
    shop.passes(5 * MINUTE)
    assert len(shop.ask("GET", "/segments/loyal_ones/members")[1]["members"]) == 4
    save(shop, MODEL | {"threshold": 11}, start_journeys=True)
    assert "loyal_ones" in definitions.publication().starting


def test_versions_are_kept_and_a_form_that_was_changed_meanwhile_is_not_overwritten(shop: Shop) -> None:
    make(shop)
    etag = shop.ask("GET", "/lead-scores/loyal")[1]["etag"]
    assert save(shop, MODEL | {"threshold": 6}, etag)[0] == 202
    status, told = save(shop, MODEL | {"threshold": 7}, etag)
    assert (status, told["code"]) == (412, "changed_meanwhile")
    versions = shop.ask("GET", "/lead-scores/loyal/versions")[1]["versions"]
    assert [each["definition"]["threshold"] for each in versions] == [6, 10]
    status, told = shop.ask("POST", "/lead-scores", {"definition": MODEL})
    assert (status, told["code"]) == (409, "taken")


def test_a_draft_holds_nothing_until_it_is_published_and_is_dropped_again(shop: Shop) -> None:
    status, draft = shop.ask("POST", "/lead-scores", {"id": "loyal", "text": '{"name": "Loyal", '})
    assert (status, draft["name"], draft["definition"]) == (201, "loyal", None)
    told = shop.ask("GET", "/lead-scores")[1]
    assert ([each["model"] for each in told["models"]], told["drafts"]) == (
        ["lead"],
        [{"model": "loyal", "name": "loyal"}],
    )
    refused = shop.ask("POST", "/lead-scores/loyal/publish", {}, **{"if-match": draft["etag"]})
    assert (refused[0], refused[1]["code"]) == (400, "invalid_lead_score")
    whole = {"text": json.dumps(MODEL)}
    draft = shop.ask("PUT", "/lead-scores/loyal/draft", whole, **{"if-match": draft["etag"]})[1]
    assert (draft["problems"], draft["definition"]["threshold"]) == ([], 10)
    assert definitions.publication().model("loyal") is None
    assert shop.ask("POST", "/lead-scores/loyal/publish", {}, **{"if-match": draft["etag"]})[0] == 202
    told = shop.ask("GET", "/lead-scores/loyal")[1]
    assert (told["definition"]["threshold"], told["draft"]) == (10, None)
    drafted = shop.ask("PUT", "/lead-scores/loyal/draft", {"text": "{"}, **{"if-match": told["etag"]})[1]
    assert shop.ask("DELETE", "/lead-scores/loyal/draft", **{"if-match": drafted["etag"]})[0] == 200
    assert shop.ask("GET", "/lead-scores/loyal")[1] == told


def test_a_new_name_changes_nobody(shop: Shop) -> None:
    before = definitions.publication()
    (lead,) = before.models
    renamed = lead.model_dump(mode="json", by_alias=True, exclude_none=True) | {"name": "Warm"}
    assert save(shop, renamed)[0] == 202
    after = definitions.publication()
    assert (after.changed, after.model("lead").name) == (before.changed, "Warm")  # type: ignore[union-attr]


def test_what_is_asked_for_is_not_deleted_and_who_asks_is_said(shop: Shop) -> None:
    etag = shop.ask("GET", "/lead-scores/lead")[1]["etag"]
    status, told = shop.ask("DELETE", "/lead-scores/lead", **{"if-match": etag})
    assert (status, told["code"]) == (409, "in_use")
    assert told["detail"] == "the segment hot_leads asks for it: change or delete that one first"
    make(shop)
    etag = shop.ask("GET", "/lead-scores/loyal")[1]["etag"]
    assert shop.ask("DELETE", "/lead-scores/loyal", **{"if-match": etag})[0] == 202
    assert shop.ask("GET", "/lead-scores/loyal")[0] == 404


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"half_life": 30}, "definition.half_life", 'write "30d"'),
        ({"rules": []}, "definition.rules", "at least one is required"),
        ({"rules": [{**MODEL["rules"][0], "points": 0}]}, "definition.rules.0", "0 points"),
        ({"rules": [{**MODEL["rules"][0], "points": "6"}]}, "definition.rules.0.points", "whole number"),
        ({"threshold": 500}, "definition", "12 points at most"),
        ({"colour": "red"}, "definition.colour", "unknown field"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(shop: Shop, change: Json, field: str, said: str) -> None:
    status, told = shop.ask("POST", "/lead-scores/estimate", {"definition": MODEL | change})
    assert (status, told["code"], told["field"]) == (400, "invalid_lead_score", field)
    assert said in told["detail"]


def test_a_journey_or_segment_about_an_unknown_model_is_refused(shop: Shop) -> None:
    status, told = shop.drafted("cold", {"name": "C", "sentence": "C.", "when": {"kind": "points", "model": "cold"}})
    assert (status, told["detail"]) == (400, "cold references the unknown lead model cold")


def test_the_builder_is_told_which_models_there_are(shop: Shop) -> None:
    told = shop.ask("GET", "/vocabulary")[1]
    assert told["lead_models"] == [{"value": "lead", "title": "Lead"}]
    assert told["schema"]["$defs"]["Points"]["properties"]["model"]["format"] == "lead_model"


# ── by the command line ──


Beckon = Callable[..., tuple[int, str]]


@pytest.fixture
def beckon(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Beckon]:
    """Calls `beckon lead-score …`; gives its exit code and what it prints."""
    monkeypatch.setattr(console, "_width", 160)
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["beckon", "--port", str(server.server_port), "lead-score", *arguments])
        try:
            code = main()
        except SystemExit as error:
            return 1, str(error)
        said = capsys.readouterr()
        return code, said.out + said.err

    yield call
    server.shutdown()
    server.server_close()


def test_the_command_line_tries_and_saves_a_file(beckon: Beckon, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(json.dumps(MODEL), encoding="utf-8")
    code, said = beckon("try", str(file))
    assert (code, "2 people would be qualified: 2 who are not now, and 0 who are" in said) == (0, True)
    assert beckon("save", str(file)) == (0, "Publication 2: all contacts are decided by it within minutes.\n")
    file.write_text(json.dumps(MODEL | {"threshold": 6}), encoding="utf-8")
    assert beckon("save", str(file))[0] == 0
    code, said = beckon("show", "loyal")
    assert "Qualified from 6 points on." in said
    assert "+6 points each time they ordered, for the newest 2" in said
    assert beckon("versions", "loyal")[1].count("Publication") == 2
    assert "Asked for by segment hot_leads." in beckon("list")[1]
    file.write_text("{", encoding="utf-8")
    assert "cannot be read" in beckon("save", str(file))[1]
