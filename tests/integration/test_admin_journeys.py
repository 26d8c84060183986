"""Journeys at the admin's API, on the local run: drafts in YAML, checks, dry runs, publications, states; who is where,
and what an operator decides for some or for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.admin import known
from infra.local import launching
from shared.adapters import (
    contact_runs,
    contacts,
    journey_definitions,
    journey_files,
    refreshes,
    run_counts,
    shop_settings,
)
from shared.adapters.contact_runs import Kept
from shared.domain.events import DAY, HOUR, MINUTE, Json, iso
from shared.domain.journeys.runs import Record, Run
from tests.integration.shop import Shop

WELCOME = """\
# Ours.
id: hello
name: Hello
sentence: Says hello to who signs up, and once more a week later.
trigger: {kind: segment, segment: new_subscribers}
exits:
  - {on: {kind: event, events: [Order Completed]}, goal: true}
steps:
  - {id: welcome, kind: send}
  - {id: pause, kind: wait, for: 7d}
  - {id: check_in, kind: send}
"""


@pytest.fixture
def shop() -> Iterator[Shop]:
    known.forget()
    shop = Shop()
    yield shop
    known.forget()


def ok(told: tuple[int, Json]) -> Any:
    assert told[0] in (200, 201), told
    return told[1]


def refused(told: tuple[int, Json], status: int, code: str) -> Any:
    assert (told[0], told[1]["code"]) == (status, code), told
    return told[1]


def draft(shop: Shop, text: str = WELCOME, id_: str = "hello") -> Json:
    status, held = shop.ask("GET", f"/journeys/{id_}")
    if status == 404:
        return ok(shop.ask("POST", "/journeys", {"yaml": text}))
    return ok(shop.ask("PUT", f"/journeys/{id_}/draft", {"yaml": text}, **{"if-match": held["etag"]}))


def publish(shop: Shop, text: str = WELCOME, id_: str = "hello", **choices: Any) -> Json:
    draft(shop, text, id_)
    return ok(shop.ask("POST", f"/journeys/{id_}/publish", choices))


# ── definitions ──


def test_a_fresh_shop_has_the_shipped_journeys_as_drafts_and_emails_nobody(shop: Shop) -> None:
    listed = ok(shop.ask("GET", "/journeys"))["journeys"]
    assert {each["id"] for each in listed} == set(journey_files.shipped())
    assert {each["state"] for each in listed} == {"draft"}
    assert all(each["has_draft"] and each["shipped"] and each["sent"] == 0 for each in listed)
    assert journey_definitions.journeys() == {}
    shown = ok(shop.ask("GET", "/journeys/abandoned_cart"))
    assert shown["draft"]["text"] == journey_files.shipped_texts()["abandoned_cart"], "with its comments"
    assert (shown["state"], shown["version"], shown["journey"]) == ("draft", None, None)
    assert shown["words"]["steps"]["cart_reminder"]["text"]
    assert "A code for what’s in your cart" in shown["subjects"]["cart_code"]
    assert {each["ok"] for each in shown["checklist"]} >= {True, None}
    refused(shop.ask("POST", "/journeys/abandoned_cart/state", {"state": "live"}), 409, "draft")


@pytest.mark.parametrize("id_", journey_files.shipped())
def test_every_shipped_journey_can_be_published_first(shop: Shop, id_: str) -> None:
    """By who says that the events it asks for will come; also where it names others that are not published yet."""
    ok(shop.ask("POST", f"/journeys/{id_}/publish", {"unknown_events": True, "state": "paused"}))
    assert set(journey_definitions.publication().journeys) == {id_}
    assert not ok(shop.ask("GET", f"/journeys/{id_}"))["draft"]


def test_a_draft_is_kept_as_it_was_written_and_published_as_a_version(shop: Shop) -> None:
    told = draft(shop)
    assert told["text"] == WELCOME
    assert told["problems"] == []
    made = ok(shop.ask("POST", "/journeys/hello/publish", {"why": "we begin"}))
    assert (made["version"], made["state"], made["job"]) == (1, "live", None)
    shown = ok(shop.ask("GET", "/journeys/hello"))
    assert (shown["state"], shown["version"], shown["why"], shown["draft"]) == ("live", 1, "we begin", None)
    assert shown["etag"] == '"version-1"'
    assert ok(shop.ask("GET", "/journeys/hello/yaml"))["yaml"] == WELCOME
    publish(shop, WELCOME.replace("7d", "5d"))
    assert ok(shop.ask("GET", "/journeys/hello/yaml?version=1"))["yaml"] == WELCOME
    versions = ok(shop.ask("GET", "/journeys/hello/versions"))["versions"]
    assert [(each["version"], each["definition"]["steps"][1]["for"]) for each in versions] == [(2, "5d"), (1, "7d")]


def test_a_journey_is_written_as_json_as_well(shop: Shop) -> None:
    definition = journey_files.parsed(WELCOME)
    told = ok(shop.ask("POST", "/journeys", {"definition": definition}))
    assert journey_files.parsed(told["text"]) == definition
    refused(shop.ask("POST", "/journeys", {"definition": definition}), 409, "taken")


@pytest.mark.parametrize(
    ("text", "line", "step", "said"),
    [
        (WELCOME.replace("for: 7d", "for: 7"), 10, "pause", "duration"),
        (WELCOME.replace("kind: wait", "kind: waits"), 10, "pause", "waits"),
        (
            WELCOME.replace("{id: welcome, kind: send}", "{id: welcome, kind: send, templat: x}"),
            9,
            "welcome",
            "templat",
        ),
        (WELCOME.replace("name: Hello\n", ""), 2, None, "`name` is required"),
        (WELCOME.replace("id: pause,", "id: pause, id: rest,"), 10, None, "twice"),
        (WELCOME + "  bad", 12, None, ""),
        ("just a text", 1, None, "mapping"),
    ],
)
def test_what_is_no_journey_is_refused_with_its_line(
    shop: Shop, text: str, line: int, step: str | None, said: str
) -> None:
    (problem, *_) = refused(shop.ask("POST", "/journeys", {"yaml": text}), 400, "invalid_journey")["problems"]
    assert (problem["line"], problem["step"]) == (line, step)
    assert said in problem["text"]


def test_a_draft_may_have_problems_and_is_not_published_with_them(shop: Shop) -> None:
    text = WELCOME.replace("id: check_in, kind: send", "id: check_in, kind: send, template: chek_in")
    told = draft(shop, text)
    assert [(each["step"], each["line"]) for each in told["problems"]] == [("check_in", 11)]
    assert "did you mean check_in?" in told["problems"][0]["text"]
    answer = refused(shop.ask("POST", "/journeys/hello/publish"), 400, "invalid_journey")
    assert "line 11" in answer["detail"]
    assert journey_definitions.journeys() == {}
    checked = ok(shop.ask("POST", "/journeys/hello/check", {"yaml": text.replace("chek_in", "check_in")}))
    assert (checked["problems"], checked["definition"]["id"]) == ([], "hello")
    assert ok(shop.ask("POST", "/journeys/hello/check"))["problems"] == told["problems"]


def test_a_form_s_change_is_made_in_the_text_and_checked(shop: Shop) -> None:
    def change(text: str, **change: Any) -> Any:
        return shop.ask("POST", "/journeys/hello/edit", {"yaml": text, "change": change})

    told = ok(change(WELCOME, do="add", kind="wait", after="pause"))
    assert told["yaml"] == WELCOME.replace("for: 7d}\n", "for: 7d}\n  - {id: wait, kind: wait, for: 1d}\n")
    assert (told["step"], told["whole"], told["problems"]) == ("wait", False, [])
    assert {"after": "wait", "way": "next", "to": "check_in"} in told["places"]
    told = ok(change(told["yaml"], do="step", step="wait", value={"id": "wait", "kind": "wait", "for": "never"}))
    assert [each["step"] for each in told["problems"]] == ["wait"], "kept all the same, with what is wrong"
    assert (told["definition"], told["value"]["steps"][2]["for"]) == (None, "never")
    told = ok(change(told["yaml"], do="remove", step="wait"))
    assert told["yaml"] == WELCOME
    assert journey_definitions.drafts.all() == {}, "nothing is kept"
    refused(change(WELCOME, do="remove", step="gone"), 409, "cannot_change")
    refused(change(WELCOME, do="sing"), 400, "invalid_change")
    refused(change("steps: [", do="remove", step="pause"), 400, "invalid_journey")
    refused(change("a text", do="remove", step="pause"), 400, "invalid_journey")
    refused(change("steps: 7", do="remove", step="pause"), 409, "cannot_change")


def test_nobody_s_draft_is_replaced_unseen(shop: Shop) -> None:
    told = draft(shop)
    refused(shop.ask("PUT", "/journeys/hello/draft", {"yaml": WELCOME}), 428, "precondition_required")
    stale = {"if-match": '"draft-0"'}
    refused(shop.ask("PUT", "/journeys/hello/draft", {"yaml": WELCOME}, **stale), 412, "changed_meanwhile")
    refused(shop.ask("DELETE", "/journeys/hello/draft", **stale), 412, "changed_meanwhile")
    refused(shop.ask("POST", "/journeys/hello/publish", **stale), 412, "changed_meanwhile")
    ok(shop.ask("DELETE", "/journeys/hello/draft", **{"if-match": told["etag"]}))
    refused(shop.ask("GET", "/journeys/hello"), 404, "not_found")


def test_a_changed_shipped_journey_is_as_shipped_once_its_draft_is_dropped(shop: Shop) -> None:
    shipped = journey_files.shipped_texts()["birthday"]
    draft(shop, shipped.replace("name:", "name: Our", 1), "birthday")
    assert ok(shop.ask("GET", "/journeys/birthday"))["draft"]["by"] != "beckon"
    ok(shop.delete("/journeys/birthday/draft"))
    assert ok(shop.ask("GET", "/journeys/birthday/yaml"))["yaml"] == shipped


def test_a_journey_is_duplicated_under_another_id(shop: Shop) -> None:
    publish(shop)
    told = ok(shop.ask("POST", "/journeys/hello/duplicate", {"id": "hello_again"}))
    assert (told["definition"]["id"], told["definition"]["name"]) == ("hello_again", "Hello (copy)")
    refused(shop.ask("POST", "/journeys/hello/duplicate", {"id": "hello_again"}), 409, "taken")
    refused(shop.ask("POST", "/journeys/hello/duplicate", {"id": "Hello!"}), 400, "invalid_journey")


def test_journeys_and_their_steps_are_switched(shop: Shop) -> None:
    publish(shop, state="paused")
    assert ok(shop.ask("GET", "/journeys/hello"))["state"] == "paused"
    ok(shop.ask("POST", "/journeys/hello/state", {"state": "live"}))
    ok(shop.ask("POST", "/journeys/hello/steps/welcome/state", {"state": "review"}))
    refused(shop.ask("POST", "/journeys/hello/steps/pause/state", {"state": "review"}), 400, "invalid_choice")
    refused(shop.ask("POST", "/journeys/hello/steps/none/state", {"state": "paused"}), 404, "not_found")
    refused(shop.ask("POST", "/journeys/hello/state", {"state": "draft"}), 400, "invalid_choice")
    shown = ok(shop.ask("GET", "/journeys/hello"))
    assert (shown["state"], shown["steps"]["welcome"]["state"]) == ("live", "review")
    assert [each.why for each in journey_definitions.publications()] == [
        "welcome of hello: review",
        "hello switched on",
        "hello published: published",
    ]


def test_a_segment_that_a_journey_asks_about_is_not_deleted(shop: Shop) -> None:
    publish(shop)
    answer = refused(shop.delete("/segments/new_subscribers"), 409, "in_use")
    assert "journey hello" in answer["detail"]


def test_whoever_tries_a_segment_is_told_how_many_emails_it_starts(shop: Shop) -> None:
    people(shop, 2)
    when = {"kind": "not", "of": {"kind": "first_seen", "within": "1s"}}
    tried = {"id": "new_subscribers", "when": when}
    assert ok(shop.ask("POST", "/segments/estimate", tried))["mails_started"] == 0, "no journey is switched on"
    publish(shop)
    told = ok(shop.ask("POST", "/segments/estimate", tried))
    assert told["mails_started"] == told["entering"]["number"]


# ── people ──


def keep(run: Run) -> None:
    """Stores a run as its contact's transaction would, and counts it as the stream would."""
    journey = journey_definitions.journeys()[run.journey].journey
    write = contact_runs.write(run, journey, (), recorded=len(run.records), profile=1)
    contacts.client("dynamodb").transact_write_items(TransactItems=[write])
    run_counts.record(Kept(run, len(run.records), 1, journey.runs_on, journey.topic, ()), run.since)


def people(shop: Shop, count: int = 6) -> list[str]:
    for number in range(1, count + 1):
        shop.customer(number)
    shop.passes(MINUTE)
    return [profile.contact for profile in shop.profiles()]


def runs_in(shop: Shop) -> list[str]:
    """Six people: two in the pause, one whose email is held, one whose email was skipped and who went on to the pause,
    one who reached the goal, and one who went all the way."""
    contacts_ = people(shop)
    t = shop.now()

    def run(number: int, *records: tuple[str, str, str | None], **parts: Any) -> None:
        told = tuple(Record(t, step, what, why) for step, what, why in records)  # type: ignore[arg-type]
        keep(Run(contacts_[number], "hello", 1, 1, t, t, "cause", since=t, records=told, **parts))

    began, welcomed = ("", "began", "segment"), (("welcome", "entered", None), ("welcome", "sent", None))
    for number in (0, 1):
        run(number, began, *welcomed, ("pause", "entered", None), step="pause", wake_at=t + 7 * DAY)
    run(2, began, ("welcome", "entered", None), ("welcome", "held", None), step="welcome", held=True)
    skipped = (("welcome", "entered", None), ("welcome", "skipped", "no_consent"))
    run(3, began, *skipped, ("pause", "entered", None), step="pause", wake_at=t + 7 * DAY)
    goal = (("pause", "entered", None), ("pause", "goal", "Order Completed"), ("pause", "ended", "goal"))
    run(4, began, *welcomed, *goal, step="pause", outcome="goal", ended=t, reached_goal=True)
    rest = (
        ("pause", "entered", None),
        ("pause", "passed", None),
        *((("check_in", what, None)) for what in ("entered", "sent")),
    )
    run(5, began, *welcomed, *rest, ("", "ended", "completed"), step="check_in", outcome="completed", ended=t)
    return contacts_


def test_the_numbers_of_a_journey_agree_and_each_leads_to_its_people(shop: Shop) -> None:
    publish(shop, state="paused")
    contacts_ = runs_in(shop)
    shown = ok(shop.ask("GET", "/journeys/hello"))
    assert shown["counts"] == {"entered": 6, "waiting": 4, "ended": {"goal": 1, "completed": 1}, "goals": 1}
    assert shown["counts"]["entered"] == shown["counts"]["waiting"] + sum(shown["counts"]["ended"].values())
    assert shown["steps"]["welcome"] == {
        "state": "live",
        "entered": 6,
        "waiting": 1,
        "held": 1,
        "sent": 4,
        "skipped": {"no_consent": 1},
        "left": 5,
    }
    for each in shown["steps"].values():
        assert each["entered"] == each["waiting"] + each["left"]
    assert sum(each["waiting"] for each in shown["steps"].values()) == shown["counts"]["waiting"]
    assert shown["days"][-1] == {
        "day": iso(shop.now())[:10],
        "entered": 6,
        "sent": 5,
        "skipped": 1,
        "ended": 2,
        "goals": 1,
    }
    (listed,) = [each for each in ok(shop.ask("GET", "/journeys"))["journeys"] if each["id"] == "hello"]
    assert (listed["waiting"], listed["sent"], listed["goals"]) == (4, 5, 1)
    for query, who in {
        "step=pause&what=waiting": (0, 1, 3),
        "step=welcome&what=held": (2,),
        "outcome=goal": (4,),
        "what=ended": (4, 5),
        "what=goal": (4,),
        "what=sent&step=welcome": (0, 1, 4, 5),
        "what=sent": (0, 1, 4, 5),
        "what=skipped&step=welcome&reason=no_consent": (3,),
        "what=skipped&reason=capped": (),
        "what=entered&step=check_in": (5,),
        "what=entered&step=pause": (0, 1, 3, 4, 5),
        "what=left&step=pause": (4, 5),
        "": range(6),
    }.items():
        told = ok(shop.ask("GET", f"/journeys/hello/runs?{query}"))
        assert {each["contact"] for each in told["runs"]} == {contacts_[number] for number in who}, query
        assert all(each["email"] and each["name"] for each in told["runs"])
    refused(shop.ask("GET", "/journeys/hello/runs?what=none"), 400, "invalid_choice")
    today, before = run_counts.day_of(shop.system.world.now()), run_counts.day_of(shop.system.world.now(), ago=400)
    since = ok(shop.ask("GET", "/journeys"))["since"]
    for what, who in {"started": range(6), "sent": (0, 1, 4, 5), "goal": (4,), "ended": (4, 5)}.items():
        for days, some in ((f"from={since}", who), (f"from={since}&to={today}", who), (f"to={before}", ())):
            told = ok(shop.ask("GET", f"/journeys/hello/runs?what={what}&{days}"))
            assert {each["contact"] for each in told["runs"]} == {contacts_[number] for number in some}, (what, days)
    assert since == run_counts.day_of(shop.system.world.now(), ago=29)
    refused(shop.ask("GET", "/journeys/hello/runs?what=sent&from=yesterday"), 400, "invalid_day")
    refused(shop.ask("GET", f"/journeys/hello/runs?what=waiting&from={today}"), 400, "invalid_choice")


def test_the_people_of_a_journey_are_paged(shop: Shop) -> None:
    publish(shop, state="paused")
    contacts_ = runs_in(shop)
    found, cursor = [], ""
    while True:
        told = ok(shop.ask("GET", f"/journeys/hello/runs?limit=2{cursor}"))
        found += [each["contact"] for each in told["runs"]]
        if told["cursor"] is None:
            break
        cursor = f"&cursor={told['cursor']}"
    assert sorted(found) == contacts_


def test_a_run_is_told_in_words(shop: Shop) -> None:
    publish(shop, state="paused")
    contacts_ = runs_in(shop)
    (run,) = ok(shop.ask("GET", f"/contacts/{contacts_[3]}/runs"))["runs"]
    assert (run["journey"], run["name"], run["step"], run["outcome"]) == ("hello", "Hello", "pause", None)
    assert run["wake_at"] == shop.now() + 7 * DAY
    assert [each["words"] for each in run["records"]] == [
        "Began by a change of segment.",
        "Came to this step.",
        "The email was skipped. The contact does not agree to email about this topic, or not any more.",
        "Came to this step.",
    ]
    refused(shop.ask("GET", "/contacts/nobody/runs"), 404, "not_found")


def test_a_dry_run_says_who_waits_where_no_step_is_any_more(shop: Shop) -> None:
    publish(shop, state="paused")
    runs_in(shop)
    draft(shop, WELCOME.replace("  - {id: pause, kind: wait, for: 7d}\n", "  - {id: rest, kind: wait, for: 2d}\n"))
    told = ok(shop.ask("POST", "/journeys/hello/dry-run"))
    assert (told["under_way"], told["versions"], told["finished"]) == (4, {"1": 4}, 1)
    assert told["gone"] == [{"step": "pause", "waiting": 3, "goes_to": "check_in"}]
    assert told["present"] == len(shop.members("new_subscribers"))
    assert (told["problems"], told["more"]) == ([], False)


# ── what is decided, and done by the real functions ──


def under_way(shop: Shop, count: int = 3, text: str = WELCOME) -> list[str]:
    """So many who have signed up since the journey was published, and wait in its pause."""
    publish(shop, text)
    found = people(shop, count)
    shop.passes(2 * MINUTE)
    return found


def where(shop: Shop, journey: str = "hello") -> dict[str, tuple[str, str | None]]:
    """By contact, at which step their newest run is, and how it ended."""
    return {
        kept.run.contact: (kept.run.step, kept.run.outcome)
        for profile in shop.profiles()
        for kept in contact_runs.of_contact(profile.contact, journey)
    }


def test_who_signs_up_goes_the_way_and_is_counted(shop: Shop) -> None:
    contacts_ = under_way(shop)
    assert where(shop) == dict.fromkeys(contacts_, ("pause", None))
    shown = ok(shop.ask("GET", "/journeys/hello"))
    assert shown["counts"] == {"entered": 3, "waiting": 3, "ended": {}, "goals": 0}
    assert (shown["steps"]["welcome"]["sent"], shown["steps"]["pause"]["waiting"]) == (3, 3)
    shop.order(1)
    shop.passes(2 * MINUTE)
    shown = ok(shop.ask("GET", "/journeys/hello"))
    assert shown["counts"] == {"entered": 3, "waiting": 2, "ended": {"goal": 1}, "goals": 1}


def done(shop: Shop, job: str | None) -> int:
    """How many people a job was done for."""
    assert job is not None
    shop.passes(2 * MINUTE)
    told = ok(shop.ask("GET", f"/jobs/{job}"))
    assert told["status"] == "done"
    shop.passes(2 * MINUTE)
    return int(told["people"])


def test_all_at_a_step_are_moved_by_a_job_and_told_who_did_it(shop: Shop) -> None:
    contacts_ = under_way(shop)
    asked = {"journey": "hello", "from": "pause", "to": "check_in"}
    assert ok(shop.ask("POST", "/runs/move", {**asked, "dry_run": True})) == {"people": 3, "more": False, "job": None}
    assert where(shop) == dict.fromkeys(contacts_, ("pause", None)), "nothing was done"
    assert done(shop, ok(shop.ask("POST", "/runs/move", asked))["job"]) == 3
    assert where(shop) == dict.fromkeys(contacts_, ("check_in", "completed"))
    (run,) = ok(shop.ask("GET", f"/contacts/{contacts_[0]}/runs"))["runs"]
    assert "Moved by a person." in [each["words"] for each in run["records"]]
    shown = ok(shop.ask("GET", "/journeys/hello"))
    assert shown["counts"] == {"entered": 3, "waiting": 0, "ended": {"completed": 3}, "goals": 0}
    refused(shop.ask("POST", "/runs/move", {**asked, "to": "none"}), 400, "invalid_choice")
    refused(shop.ask("POST", "/runs/move", {"journey": "hello", "to": "pause"}), 400, "invalid_choice")
    refused(shop.ask("GET", "/jobs/journey-none"), 404, "not_found")


def test_one_run_is_moved_or_stopped_at_once(shop: Shop) -> None:
    first, second, third = under_way(shop)
    one = {"journey": "hello", "contact": first, "run": 1}
    assert ok(shop.ask("POST", "/runs/stop", one)) == {"people": 1, "more": False, "job": None}
    run = {"journey": "hello", "contact": second, "run": f"{second}-hello-1", "to": "check_in"}
    ok(shop.ask("POST", "/runs/move", run))
    shop.passes(2 * MINUTE)
    assert where(shop) == {
        first: ("pause", "stopped"),
        second: ("check_in", "completed"),
        third: ("pause", None),
    }
    refused(shop.ask("POST", "/runs/stop", one), 409, "ended")
    refused(shop.ask("POST", "/runs/stop", {**one, "run": 7}), 404, "not_found")


def test_everybody_is_stopped_by_a_job(shop: Shop) -> None:
    contacts_ = under_way(shop)
    assert done(shop, ok(shop.ask("POST", "/runs/stop", {"journey": "hello", "all": True}))["job"]) == 3
    assert where(shop) == dict.fromkeys(contacts_, ("pause", "stopped"))


def test_emails_under_review_are_held_until_a_person_lets_them_go(shop: Shop) -> None:
    publish(shop)
    ok(shop.ask("POST", "/journeys/hello/steps/welcome/state", {"state": "review"}))
    contacts_ = people(shop, 2)
    shop.passes(2 * MINUTE)
    shown = ok(shop.ask("GET", "/journeys/hello"))["steps"]["welcome"]
    assert (shown["waiting"], shown["held"], shown["sent"]) == (2, 2, 0)
    asked = {"journey": "hello", "from": "welcome"}
    assert ok(shop.ask("POST", "/runs/release", {**asked, "dry_run": True}))["people"] == 2
    ok(shop.ask("POST", "/runs/release", {"journey": "hello", "contact": contacts_[0], "run": 1}))
    shop.passes(2 * MINUTE)
    assert where(shop)[contacts_[0]] == ("pause", None)
    assert done(shop, ok(shop.ask("POST", "/runs/release", asked))["job"]) == 1
    assert where(shop) == dict.fromkeys(contacts_, ("pause", None))
    assert ok(shop.ask("GET", "/journeys/hello"))["steps"]["welcome"]["sent"] == 2


def test_who_has_paused_what_and_since_when_is_told_until_it_is_live_again(shop: Shop) -> None:
    publish(shop)
    asked = shop.now()
    ok(shop.ask("POST", "/journeys/hello/state", {"state": "paused"}))
    shop.passes(HOUR)
    ok(shop.ask("POST", "/journeys/hello/steps/welcome/state", {"state": "review"}))
    told = ok(shop.ask("GET", "/journeys/hello"))["switched"]
    assert {step: each["at"] for step, each in told.items()} == {"": asked, "welcome": asked + HOUR}
    assert len({each["by"] for each in told.values()}) == 1
    assert all(each["by"] for each in told.values())
    publish(shop, WELCOME)  # another version changes nothing of that
    assert ok(shop.ask("GET", "/journeys/hello"))["switched"] == told
    ok(shop.ask("POST", "/journeys/hello/state", {"state": "live"}))
    ok(shop.ask("POST", "/journeys/hello/steps/welcome/state", {"state": "live"}))
    assert ok(shop.ask("GET", "/journeys/hello"))["switched"] == {}


def test_who_waits_before_a_step_or_journey_that_is_paused_goes_on_as_soon_as_it_is_live(shop: Shop) -> None:
    publish(shop)
    ok(shop.ask("POST", "/journeys/hello/steps/welcome/state", {"state": "paused"}))
    contacts_ = people(shop, 2)
    shop.passes(DAY)
    assert where(shop) == dict.fromkeys(contacts_, ("welcome", None))
    ok(shop.ask("POST", "/journeys/hello/state", {"state": "paused"}))
    ok(shop.ask("POST", "/journeys/hello/steps/welcome/state", {"state": "live"}))
    shop.passes(10 * MINUTE)
    assert where(shop) == dict.fromkeys(contacts_, ("welcome", None)), "the journey is paused as a whole"
    assert done(shop, ok(shop.ask("POST", "/journeys/hello/state", {"state": "live"}))["job"]) == 2
    assert where(shop) == dict.fromkeys(contacts_, ("pause", None))


SHORTER = WELCOME.replace("{id: pause, kind: wait, for: 7d}", "{id: rest, kind: wait, for: 2d}")


@pytest.mark.parametrize(
    ("under_way_", "after"),
    [
        ("finish", ("pause", None)),
        ("move", ("check_in", "completed")),
        ("stop", ("pause", "journey_changed")),
    ],
)
def test_people_under_way_finish_move_or_stop_as_who_publishes_decides(
    shop: Shop, under_way_: str, after: tuple[str, str | None]
) -> None:
    contacts_ = under_way(shop)
    told = publish(shop, SHORTER, under_way=under_way_)
    assert told["version"] == 2
    if told["job"] is not None:
        assert done(shop, told["job"]) == 3
    assert where(shop) == dict.fromkeys(contacts_, after)


def test_a_shorter_wait_is_recounted_from_its_beginning_for_those_who_are_moved(shop: Shop) -> None:
    contacts_ = under_way(shop)
    shop.passes(3 * DAY)
    assert done(shop, publish(shop, WELCOME.replace("7d", "2d"), under_way="move")["job"]) == 3
    assert where(shop) == dict.fromkeys(contacts_, ("check_in", "completed"))


def test_publishing_takes_in_those_who_qualify_already_where_they_would_stand(shop: Shop) -> None:
    early = people(shop, 1)
    shop.passes(2 * DAY)
    shop.customer(2)
    shop.passes(MINUTE)
    both = [profile.contact for profile in shop.profiles()]
    draft(shop)
    assert ok(shop.ask("POST", "/journeys/hello/dry-run"))["present"] == 2
    told = ok(shop.ask("POST", "/journeys/hello/publish", {"include_present": True}))
    assert done(shop, told["job"]) == 2
    assert set(where(shop)) == set(both)
    shop.passes(5 * DAY + HOUR)
    assert [where(shop)[contact][1] for contact in early] == ["completed"], "two of the seven days had passed"
    shop.passes(2 * DAY)
    assert {outcome for _, outcome in where(shop).values()} == {"completed"}
    assert ok(shop.ask("GET", "/journeys/hello"))["steps"]["welcome"]["entered"] == 0, (
        "they have had that, or are past it"
    )


def test_finished_runs_go_on_where_steps_were_appended(shop: Shop) -> None:
    contacts_ = under_way(shop)
    shop.passes(8 * DAY)
    assert {outcome for _, outcome in where(shop).values()} == {"completed"}
    longer = WELCOME + "  - {id: later, kind: wait, for: 3d}\n  - {id: getting_started, kind: send}\n"
    draft(shop, longer)
    assert ok(shop.ask("POST", "/journeys/hello/dry-run"))["finished"] == 3
    told = ok(shop.ask("POST", "/journeys/hello/publish", {"continue_finished": "60d"}))
    assert done(shop, told["job"]) == 3
    assert where(shop) == dict.fromkeys(contacts_, ("later", None))


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({"include_present": True}, "include_present"),
        ({"continue_finished": "60d"}, "continue_finished"),
        ({"under_way": "mov"}, "under_way"),
        ({"over": "2"}, "over"),
        ({"underway": "move"}, "underway"),
    ],
)
def test_a_choice_that_makes_no_sense_publishes_nothing(shop: Shop, choices: dict[str, Any], field: str) -> None:
    draft(shop, WELCOME.replace("{kind: segment, segment: new_subscribers}", "{kind: hand}"))
    answer = refused(shop.ask("POST", "/journeys/hello/publish", choices), 400, "invalid_choice")
    assert answer["field"] == field
    assert journey_definitions.journeys() == {}


def test_who_published_and_got_no_further_publishes_again_and_it_is_done(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts_ = under_way(shop)
    shop.passes(8 * DAY)
    draft(shop, WELCOME + "  - {id: later, kind: wait, for: 3d}\n  - {id: getting_started, kind: send}\n")
    choices = {"continue_finished": "60d"}
    with monkeypatch.context() as broken:
        broken.setattr(refreshes, "start", lambda *_: 1 / 0)
        assert shop.ask("POST", "/journeys/hello/publish", choices)[0] == 500
    assert journey_definitions.publication().journeys["hello"].version == 2
    told = ok(shop.ask("POST", "/journeys/hello/publish", choices))
    assert told["version"] == 2
    assert done(shop, told["job"]) == 3
    assert where(shop) == dict.fromkeys(contacts_, ("later", None))


def test_people_are_moved_to_a_version_that_says_the_same_as_the_newest(shop: Shop) -> None:
    contacts_ = under_way(shop)
    publish(shop, SHORTER)
    assert where(shop) == dict.fromkeys(contacts_, ("pause", None))
    told = publish(shop, SHORTER, under_way="move")
    assert told["version"] == 3
    assert done(shop, told["job"]) == 3
    assert where(shop) == dict.fromkeys(contacts_, ("check_in", "completed"))


def test_a_comment_that_is_changed_is_a_version_of_its_own(shop: Shop) -> None:
    publish(shop)
    assert publish(shop, WELCOME.replace("# Ours.", "# Theirs."))["version"] == 2
    assert ok(shop.ask("GET", "/journeys/hello/yaml"))["yaml"].startswith("# Theirs.")


def test_a_journey_is_started_by_hand_for_contacts_or_a_segment(shop: Shop) -> None:
    contacts_ = people(shop, 3)
    publish(shop, WELCOME.replace("{kind: segment, segment: new_subscribers}", "{kind: hand}"))
    assert ok(shop.ask("POST", "/journeys/hello/start", {"contacts": contacts_[:1]}))["people"] == 1
    shop.passes(2 * MINUTE)
    assert where(shop) == {contacts_[0]: ("pause", None)}
    asked = {"segment": "new_subscribers", "over": "2h"}
    assert ok(shop.ask("POST", "/journeys/hello/start", {**asked, "dry_run": True})) == {"people": 3, "job": None}
    assert done(shop, ok(shop.ask("POST", "/journeys/hello/start", asked))["job"]) == 3
    shop.passes(2 * HOUR)
    assert where(shop) == dict.fromkeys(contacts_, ("pause", None)), "who has it already does not begin again"
    refused(shop.ask("POST", "/journeys/hello/start", {}), 400, "invalid_choice")
    ok(shop.ask("POST", "/journeys/hello/state", {"state": "paused"}))
    refused(shop.ask("POST", "/journeys/hello/start", asked), 409, "paused")


# ── what would happen ──


def test_what_would_happen_is_played_and_kept(shop: Shop) -> None:
    people(shop, 5)
    draft(shop)
    told = ok(shop.ask("POST", "/journeys/hello/simulate", {"sample": 5, "days": 10, "seed": "7"}))
    assert (told["contacts"], told["began"], sum(told["emails"])) == (
        5,
        5,
        told["steps"]["welcome"]["sent"] + told["steps"]["check_in"]["sent"],
    )
    assert ok(shop.ask("GET", "/journeys/hello"))["simulation"] == told
    assert where(shop) == {}
    again = ok(shop.ask("POST", "/journeys/hello/simulate", {"sample": 5, "days": 10, "seed": "7"}))
    assert again["emails"] == told["emails"]
    held = ok(shop.ask("GET", "/settings"))
    day = {"quiet_hours": {"from": "00:00", "to": "23:59"}}
    ok(shop.ask("PUT", "/settings", held["settings"] | day, **{"if-match": held["etag"]}))
    shop_settings.forget()
    quiet = ok(shop.ask("POST", "/journeys/hello/simulate", {"sample": 5, "days": 10, "seed": "7"}))
    assert quiet["delayed"] >= 5 > told["delayed"]
    for wrong in ({"days": 0}, {"rates": {"open": 2}}, {"rates": {"opens": 0.5}}, {"sample": 5_000}, {"what": 1}):
        refused(shop.ask("POST", "/journeys/hello/simulate", wrong), 400, "invalid_choice")


def test_make_run_switches_on_what_ships_and_leaves_what_is_published(shop: Shop) -> None:
    ok(shop.ask("POST", "/journeys/birthday/publish", {"state": "paused"}))
    launching.switch_on(shop.system)
    launching.switch_on(shop.system)
    states = {id_: (each.state, each.version) for id_, each in journey_definitions.publication().journeys.items()}
    assert states.pop("birthday") == ("paused", 1)
    assert set(states.values()) == {("live", 1)}
    on_wake_ups = {id_ for id_, journey in journey_files.shipped().items() if journey.runs_on == "wake_ups"}
    assert states.keys() >= on_wake_ups - {"birthday"}


# ── played for one person ──


def test_a_journey_is_played_for_one_person_with_why_they_go_one_way(shop: Shop) -> None:
    branching = WELCOME.replace(
        "  - {id: check_in, kind: send}\n",
        "  - {id: which, kind: branch, ways: [{when: {kind: orders, within: this_run}, next: end}], next: check_in}\n"
        "  - {id: check_in, kind: send}\n",
    ).replace("exits:\n  - {on: {kind: event, events: [Order Completed]}, goal: true}\n", "")
    draft(shop, branching)
    shop.customer(1)
    shop.passes(MINUTE)
    (contact,) = (each["contact"] for each in ok(shop.ask("GET", "/contacts"))["contacts"])
    for body in ({"contact": contact}, {}):
        told = ok(shop.ask("POST", "/journeys/hello/play", {**body, "days": 10}))
        assert (told["who"]["contact"], told["began"]) == (contact, True)
        steps = [(each["step"], each["what"]) for each in told["moments"]]
        assert [step for step, what in steps if what == "sent"] == ["welcome", "check_in"]
        assert steps[-1][1] == "ended"
        (taken,) = (each for each in told["moments"] if each["ways"])
        assert (taken["step"], taken["why"]) == ("which", "check_in")
        assert [(each["to"], each["holds"]) for each in taken["ways"]] == [("end", False)]
        assert "order" in taken["ways"][0]["why"]["asks"]
        assert {each["template"] for each in told["moments"] if each["what"] == "sent"} == {"welcome", "check_in"}
    buying = {"open": 1, "click": 1, "order": 1}
    told = ok(shop.ask("POST", "/journeys/hello/play", {"contact": contact, "rates": buying}))
    (taken,) = (each for each in told["moments"] if each["ways"])
    assert (taken["why"], [each["holds"] for each in taken["ways"]]) == ("end", [True])
    assert journey_definitions.simulation("hello") is None, "nothing is kept"
    refused(shop.ask("POST", "/journeys/hello/play", {"contact": "nobody"}), 404, "not_found")
    refused(shop.ask("POST", "/journeys/hello/play", {"rates": 7}), 400, "invalid_choice")
    refused(shop.ask("POST", "/journeys/hello/play", {"sample": 7}), 400, "invalid_choice")


def test_who_has_gone_which_way_is_counted(shop: Shop) -> None:
    publish(shop)
    shop.customer(1)
    shop.customer(2)
    shop.passes(HOUR)
    told = ok(shop.ask("GET", "/journeys/hello"))
    flows = {(each["after"], each["way"]): each["people"] for each in told["flows"]}
    assert flows == {(None, "next"): 2, ("welcome", "next"): 2, ("pause", "next"): 0, ("check_in", "next"): 0}
    shop.order(1)
    shop.passes(8 * DAY)
    told = ok(shop.ask("GET", "/journeys/hello"))
    flows = {(each["after"], each["way"]): each["people"] for each in told["flows"]}
    assert flows["pause", "next"] == told["steps"]["check_in"]["entered"] == 1, "who left at it has gone no way"
