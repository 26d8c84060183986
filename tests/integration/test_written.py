"""What contacts write, from the API through a night to how the next text is heard; and what of it is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.insight import written
from infra.local import settings
from infra.local.aws.calls import AwsError, Call
from shared.adapters import clock, contacts, insight, tones
from shared.domain.events import DAY, HOUR, MINUTE, Type, iso
from tests.integration.nights import a_night
from tests.integration.shop import Shop
from tests.integration.test_nothing_personal import everything
from tests.unit.test_insight_written import FILE

WRITERS = 240
GERMAN = "wunderbar verpackt und sehr schön, alles bestens"
WORDS = "wunderbar verpackt und"
"""More of a text than the pairs of words that several people have said."""
GRIM = "leider kaputt und sehr schlecht verpackt, nie wieder"
DUTCH = "De vaas is kapot en ik ben zeer teleurgesteld."


def tells(shop: Shop, writers: dict[str, dict[str, Any]], type_: str = "Product Reviewed") -> None:
    """Each writer, by their address, says something by the shop's own API."""
    several = [
        {
            "email": email,
            "interactions": [{"event": type_, "id": f"r-{email}", "at": iso(shop.now()), "properties": each}],
        }
        for email, each in writers.items()
    ]
    for begin in range(0, len(several), 100):
        assert shop.ask("PUT", "/contacts", {"contacts": several[begin : begin + 100]})[0] == 202
    shop.passes(5 * MINUTE)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
    kinds = {
        5: [text for _, score, text in rows if float(score) > 0],
        1: [text for _, score, text in rows if float(score) < 0],
    }
    writers = {}
    for number in range(WRITERS):
        stars = 1 if number % 3 == 0 else 5
        german = number % 2 == 0
        text = (GRIM if stars == 1 else GERMAN) if german else kinds[stars][number]
        writers[f"writer{number}@example.com"] = {"rating": stars, "review_body": text}
    tells(shop, writers)
    yield shop
    clock.use(None)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gates that this shop passes."""
    monkeypatch.setattr(written, "REVIEWS", 100)
    monkeypatch.setattr(written, "OF_EITHER", 30)


def test_until_a_night_has_read_anything_it_says_so_and_german_is_not_heard() -> None:
    shop = Shop()
    assert shop.ask("GET", "/insight/written")[1] | {"standing": ""} == {
        "as_of": None, "standing": "", "felt": [], "groups": [],
    }  # fmt: skip
    tells(shop, {"anna@example.com": {"body": GRIM}}, "Email Replied")
    assert felt(shop, "anna@example.com") is None
    clock.use(None)


def felt(shop: Shop, email: str) -> str | None:
    (profile,) = (each for each in shop.profiles() if each.email == email)
    return None if "sentiment" not in profile.traits else profile.traits["sentiment"].value  # type: ignore[return-value]


def test_what_the_shop_s_reviews_teach_holds_for_the_next_text_in_their_language(shop: Shop, small: None) -> None:
    tells(shop, {"before@example.com": {"body": GRIM}}, "Email Replied")
    assert felt(shop, "before@example.com") is None
    assert a_night(shop, "InsightWorkflow", "learns", again=True)["next"] == "done"
    status, told = shop.ask("GET", "/insight/written")
    assert status == 200
    assert "So texts without stars go by the words of your own reviews first." in told["standing"]
    assert told["felt"] == [
        {"sentiment": "positive", "contacts": 160},
        {"sentiment": "neutral", "contacts": 0},
        {"sentiment": "negative", "contacts": 80},
    ]
    (german, *_) = (each for each in told["groups"] if "bestens" in each["words"])
    assert german["examples"] and all("bestens" in each["text"] for each in german["examples"])

    tones.forget()
    tells(shop, {"after@example.com": {"body": GRIM}, "glad@example.com": {"body": GERMAN}}, "Email Replied")
    assert felt(shop, "after@example.com") == "negative"
    assert felt(shop, "glad@example.com") == "positive"
    assert any("By the words of your starred reviews" in each for each in reasons(shop, "after@example.com"))
    shop.assert_exact()


def test_no_text_is_in_what_a_night_leaves_and_an_erased_contact_is_no_example(shop: Shop, small: None) -> None:
    assert a_night(shop, "InsightWorkflow", "again", again=True)["next"] == "done"
    assert WORDS not in json.dumps(insight.stored())
    assert [place for place, text in everything(shop.system) if WORDS in text.lower()] == []
    before = shop.ask("GET", "/insight/written")[1]["groups"]
    gone = {each["contact"] for group in before for each in group["examples"]}
    assert gone
    for contact in gone:
        assert shop.ask("DELETE", f"/contacts/{contact}")[0] == 202
    shop.passes(DAY)
    insight.forget()
    after = shop.ask("GET", "/insight/written")[1]["groups"]
    assert gone.isdisjoint(each["contact"] for group in after for each in group["examples"])


def test_where_the_list_of_words_tells_better_nothing_is_learnt(shop: Shop) -> None:
    """With the gates as they are, there are too few reviews here."""
    assert a_night(shop, "InsightWorkflow", "few", again=True)["next"] == "done"
    insight.forget()
    told = shop.ask("GET", "/insight/written")[1]
    assert told["standing"].startswith("Your own reviews teach nothing yet: not enough: ")
    tones.forget()
    assert tones.learnt() is None


def test_what_nothing_here_can_judge_amazon_comprehend_reads_at_night(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(settings.PARAMETERS, "OtherLanguages", "comprehend")
    shop = Shop()
    tells(shop, {"dora@example.com": {"body": DUTCH}, "anna@example.com": {"body": GRIM}}, "Email Replied")
    tells(shop, {"jo@example.com": {"rating": 2, "review_body": GRIM}})
    assert felt(shop, "anna@example.com") is None
    shop.passes(HOUR)

    # It has no answer: the night goes on, and nothing is lost.
    asked: list[Call] = []

    def throttled(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.service != "comprehend":
            return perform()
        asked.append(call)
        raise AwsError("ThrottlingException", "Rate exceeded")

    shop.fault = throttled
    assert a_night(shop, "InsightWorkflow", "throttled", again=True)["next"] == "done"
    assert asked
    insight.forget()
    standing = shop.ask("GET", "/insight/written")[1]["standing"]
    assert standing.endswith("it has read 0 of 2 texts, and is asked about the other 2 again tonight.")
    assert felt(shop, "anna@example.com") is None

    # It has.
    def answers(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        asked.extend([call] if call.service == "comprehend" else [])
        return perform()

    shop.fault = answers
    asked.clear()
    assert a_night(shop, "InsightWorkflow", "answers", again=True)["next"] == "done"
    assert felt(shop, "anna@example.com") == "negative"
    assert felt(shop, "dora@example.com") is None
    texts = [text for call in asked for text in call.parameters["TextList"]]
    assert sorted(set(texts)) == sorted([DUTCH, GRIM]), "and not what stars tell"
    assert any("By Amazon Comprehend (-0.96, from -1 to +1)" in each for each in reasons(shop, "anna@example.com"))
    (dora,) = (each.contact for each in shop.profiles() if each.email == "dora@example.com")
    told = [each.properties["scores"] for each in contacts.events(dora) if each.type == Type.SCORED]
    assert ["language" in json.dumps(each) for each in told].count(True) == 1, "known, and not to be judged"
    shop.assert_exact()

    # What it has heard it is not asked about again, and reports count each text once.
    shop.passes(HOUR)
    asked.clear()
    assert a_night(shop, "InsightWorkflow", "again", again=True)["next"] == "done"
    assert asked == []
    a_night(shop, "ReportsWorkflow", "now", again=True)
    wrote = {each["name"]: each for each in shop.ask("GET", "/reports/feedback")[1]["wrote"]}
    assert (wrote["Email Replied"]["texts"], wrote["Email Replied"]["negative"]) == (2, 1)
    (unhappy,) = shop.ask("GET", "/reports/feedback/texts?sentiment=negative")[1]["texts"][1:]
    assert unhappy["text"] == GRIM
    clock.use(None)


def reasons(shop: Shop, email: str) -> list[str]:
    (contact,) = (each.contact for each in shop.profiles() if each.email == email)
    scores = shop.ask("GET", f"/contacts/{contact}/scores")[1]["scores"]
    return [reason for each in scores if each["score"] == "sentiment" for reason in each["reasons"]]
