"""What people say, on the local run: answers with one click, a survey, and what they write, in numbers of the night;
their own words are read from their records, and stand in no event of the lake and in no report."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from urllib.parse import urlsplit

import pytest

from infra.local.aws import ses
from infra.local.screens import mailbox
from shared.domain.events import DAY, MINUTE, Json, iso
from tests.integration.nights import a_night
from tests.integration.people_behind import people_behind
from tests.integration.shop import Shop
from tests.integration.test_form_report import publish, request

TICKET = "The parcel was late and the wobbegong mug arrived broken. I want my money back!"
EMAIL = {
    "id": "asks",
    "name": "Asks",
    "subject": "How was it?",
    "preview": "One click is enough.",
    "class": "marketing",
    "topic": "marketing",
    "blocks": [
        {"kind": "heading", "text": "How was it?"},
        {"kind": "text", "text": "[Fine]({{ links.answer }}fine) or [poor]({{ links.answer }}poor)?"},
        {"kind": "text", "text": "[A few questions]({{ links.survey }}taste)"},
    ],
}
SURVEY: dict[str, Json] = {
    "id": "taste",
    "name": "Taste",
    "title": "What do you like?",
    "questions": [
        {"trait": "scent", "label": "Which scent?", "choices": ["rose", "pine"]},
        {"trait": "wish", "label": "What else?"},
    ],
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop()
    for number in range(1, 5):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    publish(shop, SURVEY)
    others = [
        {"email": shop.customers[number]["email"], "interactions": [elsewhere(shop, f"{number}-{at}", each)]}
        for number, several in ELSEWHERE.items()
        for at, each in enumerate(several)
    ]
    assert shop.ask("PUT", "/contacts", {"contacts": others})[0] == 202
    shop.passes(30 * MINUTE)
    status, told = shop.ask("POST", "/templates", {"definition": EMAIL})
    assert status == 201, told
    status, told = shop.ask("POST", "/templates/asks/publish", {}, **{"if-match": told["etag"]})
    assert status == 200, told
    body = {"id": "how", "name": "How was it", "template": "asks", "segments": ["everybody"]}
    assert shop.ask("POST", "/campaigns", body)[0] == 201
    assert shop.ask("POST", "/campaigns/how/send")[0] == 202
    shop.passes(6 * MINUTE)
    mails = mailbox.mails(shop.system.world, 4)
    for mail, said in zip(mails[:3], ("fine", "poor", "fine"), strict=True):
        clicks(shop, mail, said)
    clicks(shop, mails[1], "fine")  # who thinks again
    for mail, scent in zip(mails[:2], ("rose", "pine"), strict=True):
        path = urlsplit(re.search(r'href="([^"]*/surveys/[^"]*)"', mail.html or "")[1]).path  # type: ignore[index]
        assert "Which scent?" in request(shop, "GET", path)
        request(shop, "POST", path, {"scent": scent, "wish": "Something like my wobbegong"})
    of = {"email": shop.customers[1]["email"], "interactions": [ticket(shop)]}
    assert shop.ask("PUT", "/contacts", {"contacts": [of]})[0] == 202
    shop.passes(DAY)
    a_night(shop, "ReportsWorkflow", "now", again=True)
    shop.passes(2 * MINUTE)
    return shop


def mails_of(shop: Shop) -> list[str]:
    """Whom the question went to, in the order in which the mailbox has it."""
    found = mailbox.mails(shop.system.world, 99)
    return [each.tags["contact"] for each in found if each.tags.get("campaign") == "how"]


def ticket(shop: Shop) -> Json:
    return {"event": "Support Ticket Opened", "id": "t1", "at": iso(shop.now()), "properties": {"description": TICKET}}


ELSEWHERE: dict[int, list[dict[str, Json]]] = {
    3: [{"form": "nps", "likely": 9, "again": True}, {"form": "nps", "likely": "9", "again": "yes"}],
    4: [{"form": "nps", "likely": "9", "again": False}],
    2: [{"form": "nps", "likely": [9, "9"], "again": "no"}],
}
"""What the shop's other systems tell of a survey of theirs, each in its own way and one of them twice: by customer."""


def elsewhere(shop: Shop, name: str, said: dict[str, Json]) -> Json:
    return {"event": "Survey Answered", "id": f"nps-{name}", "at": iso(shop.now()), "properties": said}


def clicks(shop: Shop, mail: ses.Mail, answer: str) -> None:
    (number,) = [n for n, link in enumerate(mailbox.links(mail.html or "")) if link.url.endswith(f"/{answer}")]
    mailbox.act(shop.system.world, mail.id, "click", {"link": str(number)})
    shop.passes(2 * MINUTE)


def test_answers_are_counted_by_people_s_last(shop: Shop) -> None:
    told = shop.ask("GET", "/reports/feedback")[1]
    (asked,) = told["asked"]
    assert (asked["name"], asked["campaign"], asked["template"]) == ("How was it", "how", "asks")
    assert (asked["sent"], asked["answered"]) == (4, 3)
    assert [(each["answer"], each["people"], each["share"]) for each in asked["answers"]] == [("fine", 3, 1.0)]
    path, answered = "/reports/feedback/answers/people?campaign=how&template=asks", mails_of(shop)[:3]
    for of, people in {"what=sent": mails_of(shop), "": answered, "answer=fine": answered, "answer=poor": []}.items():
        total, found = people_behind(shop, f"{path}&{of}")
        assert (total, found.keys()) == (len(people), set(people)), of
    assert asked["answers"][0]["low"] == pytest.approx(0.4385, abs=1e-4)  # Wilson, of 3 of 3


def test_a_survey_tells_what_was_chosen_and_nothing_that_was_typed(shop: Shop) -> None:
    survey = {each["form"]: each for each in shop.ask("GET", "/reports/feedback")[1]["surveys"]}["taste"]
    assert (survey["name"], survey["people"]) == ("Taste", 2)
    assert [
        (each["question"], [(a["answer"], a["people"]) for a in each["answers"]]) for each in survey["questions"]
    ] == [("scent", [("pine", 1), ("rose", 1)])]
    path, (rose, pine, *_) = "/reports/feedback/surveys/people?form=taste", mails_of(shop)
    for of, people in {
        "": {rose, pine},
        "&question=scent&answer=rose": {rose},
        "&question=scent&answer=yes": {},
    }.items():
        total, found = people_behind(shop, path + of)
        assert (total, found.keys()) == (len(people), set(people)), of
    (form,) = [each for each in shop.ask("GET", "/reports/forms")[1]["forms"] if each["form"] == "taste"]
    assert (form["seen_email"], form["sent_email"], form["people"]) == (2, 2, 0)


def test_an_answer_is_one_whether_it_is_told_as_a_text_or_as_a_number_or_as_both(shop: Shop) -> None:
    survey = {each["form"]: each for each in shop.ask("GET", "/reports/feedback")[1]["surveys"]}["nps"]
    assert survey["people"] == 3
    questions = {each["question"]: each["answers"] for each in survey["questions"]}
    assert [(each["answer"], each["people"], each["share"]) for each in questions["likely"]] == [("9", 3, 1.0)]
    assert {each["answer"]: each["people"] for each in questions["again"]} == {"no": 2, "yes": 1}
    of = {n: shop.ask("POST", "/contacts/find", {"email": shop.customers[n]["email"]})[1]["contact"] for n in (2, 3, 4)}
    for asked, people in {"likely&answer=9": (2, 3, 4), "again&answer=no": (2, 4), "again&answer=yes": (3,)}.items():
        total, found = people_behind(shop, f"/reports/feedback/surveys/people?form=nps&question={asked}")
        assert (total, found.keys()) == (len(people), {of[number] for number in people}), asked


def test_what_they_write_is_told_in_words_of_ours(shop: Shop) -> None:
    told = shop.ask("GET", "/reports/feedback")[1]
    wrote = {each["name"]: each for each in told["wrote"]}
    assert wrote["Support Ticket Opened"]["negative"] == 1
    assert {each["name"] for each in told["topics"]} >= {"delivery", "quality", "returns"}
    assert {each["name"] for each in told["wanted"]} >= {"refund", "complaint"}
    assert not {each["name"] for each in told["topics"]} & {"refund", "complaint"}


def test_their_own_words_are_read_from_their_records_and_are_nowhere_else(shop: Shop) -> None:
    told = shop.ask("GET", "/reports/feedback/texts?sentiment=negative&about=delivery")[1]
    (text,) = told["texts"]
    assert (text["text"], text["email"], text["event"]) == (TICKET, shop.customers[1]["email"], "Support Ticket Opened")
    everything = shop.ask("GET", "/reports/feedback/texts")[1]["texts"]
    assert any("wobbegong" in each["text"] for each in everything if each["event"] == "Survey Answered")
    assert shop.ask("GET", "/reports/feedback/texts?about=weather")[0] == 400
    kept = shop.system.session.client("s3")
    bucket = shop.system.template.reference("LakeBucket")
    places = [kept.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"] for prefix in ("events/", "reports/")]
    for found in itertools.chain(*places):
        body = kept.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        assert b"wobbegong" not in (gzip.decompress(body) if found["Key"].endswith(".gz") else body), found["Key"]


def test_of_who_is_erased_the_figures_stay_and_the_words_are_gone(shop: Shop) -> None:
    email = str(shop.customers[1]["email"])
    contact = shop.ask("POST", "/contacts/find", {"email": email})[1]["contact"]
    status, told = shop.ask("DELETE", f"/contacts/{contact}")
    assert status in (200, 202), told
    shop.passes(10 * MINUTE)
    assert TICKET not in json.dumps(shop.ask("GET", "/reports/feedback/texts")[1])
    assert any(each["name"] == "Support Ticket Opened" for each in shop.ask("GET", "/reports/feedback")[1]["wrote"])
