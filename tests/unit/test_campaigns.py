"""Campaigns: the definition, its life, whose turn is when, who gets which variant, the ledger and the breaker."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain import calendars
from shared.domain.campaigns import breaker, ledger, rounds, states, timing, variants
from shared.domain.campaigns.audience import Explained, loaded, sentence
from shared.domain.campaigns.definition import Campaign
from shared.domain.campaigns.ledger import LEASE, Chunk, Outcome
from shared.domain.campaigns.states import Kept, State, after
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, SECOND, Instant, iso, parse_instant
from shared.domain.profiles import Profile, Stamped
from shared.domain.refusals import RefusedError

SHOP = ZoneInfo("Europe/London")
NOW = parse_instant("2026-11-28T09:00:00Z")


def campaign(**parts: object) -> Campaign:
    given = {"id": "spring", "name": "Spring", "template": "spring_news", "segments": ("customers",), **parts}
    return Campaign.model_validate(given)


def kept(state: State = State.DRAFT, **parts: object) -> Kept:
    return Kept(campaign=campaign(), id="spring", state=state, **parts)  # type: ignore[arg-type]


def living(zone: str | None = None, best_hour: int | None = None) -> Profile:
    profile = Profile("c")
    if zone is not None:
        profile.traits["timezone"] = Stamped(zone, 0)
    if best_hour is not None:
        profile.traits["best_hour"] = Stamped(best_hour, 0)
    return profile


# ── the definition ──


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"segments": []}, "at least 1"),
        ({"segments": ["a"], "without": ["a"]}, "in `segments` and in `without`"),
        ({"variants": [{"id": "a"}]}, "at least two variants"),
        ({"variants": [{"id": "a"}, {"id": "a"}]}, "the same id"),
        ({"follow_up": {"after": "3d"}}, "another `template` or `subject`"),
        ({"follow_up": {"who": "not_opened", "subject": "Again"}}, "not_clicked"),
        ({"schedule": {"kind": "at", "day": "2026-02-30", "at": "09:00"}}, "no such day"),
        ({"spread": "4h", "schedule": {"kind": "local", "day": "2026-12-01", "at": "09:00"}}, "exclude each other"),
        ({"spread": 4}, "a duration is a text"),
    ],
)
def test_what_makes_no_campaign_says_why(wrong: dict[str, object], told: str) -> None:
    given = {"id": "spring", "name": "Spring", "template": "news", "segments": ["customers"], **wrong}
    with pytest.raises(ValidationError, match=told):
        Campaign.model_validate_json(json.dumps(given))


def test_who_did_not_open_is_refused_with_the_reason_and_who_did_not_click_is_offered() -> None:
    with pytest.raises(ValidationError, match=r"Apple.*not_clicked"):
        campaign(follow_up={"who": "not_opened", "after": 3 * DAY, "subject": "Did you see this?"})
    assert campaign(follow_up={"subject": "Did you see this?"}).follow_up.who == "not_clicked"  # type: ignore[union-attr]


# ── its life ──


def test_each_act_is_for_some_states_and_the_refusal_says_for_which() -> None:
    life = kept()
    for act, state in (
        ("schedule", State.SCHEDULED),
        ("freeze", State.FREEZING),
        ("frozen", State.GRACE),
        ("begin", State.SENDING),
        ("pause", State.PAUSED),
        ("resume", State.SENDING),
        ("finish", State.DONE),
    ):
        before, life = life, after(life, act, NOW, "me")
        assert (life.state, life.number, life.since) == (state, before.number + 1, NOW)
    assert life.ended == NOW
    for act in states.ACTS:
        with pytest.raises(RefusedError, match="has been sent"):
            after(life, act, NOW, "me")


@given(st.lists(st.sampled_from(sorted(states.ACTS)), max_size=30))
def test_what_has_ended_stays_so_whatever_is_asked(acts: list[str]) -> None:
    life, ended = kept(), False
    for act in acts:
        try:
            life = after(life, act, NOW, "me")
        except RefusedError:
            continue
        assert not ended
        ended = life.state in states.ENDED


# ── whose turn is when ──


def test_a_day_begins_at_the_edge_of_the_world_and_each_contact_s_hour_comes_by_their_own_clock() -> None:
    schedule = campaign(schedule={"kind": "local", "day": "2026-12-01", "at": "09:00"}).schedule
    began = timing.begins_at(schedule, NOW, SHOP)
    assert iso(began) == "2026-11-30T19:00:00.000Z"  # in Kiribati it is nine
    turns = {
        zone: iso(timing.turn_of(schedule, living(zone), began, SHOP))[:16]
        for zone in ("Pacific/Kiritimati", "Europe/Berlin", "America/New_York", None)
    }
    assert turns == {
        "Pacific/Kiritimati": "2026-11-30T19:00",
        "Europe/Berlin": "2026-12-01T08:00",
        "America/New_York": "2026-12-01T14:00",
        None: "2026-12-01T09:00",
    }


@pytest.mark.parametrize(("past", "turn"), [("now", "2026-12-01T10:00"), ("tomorrow", "2026-12-02T08:00")])
def test_whose_hour_is_past_gets_it_at_once_or_tomorrow(past: str, turn: str) -> None:
    schedule = campaign(schedule={"kind": "local", "day": "2026-12-01", "at": "09:00", "past": past}).schedule
    late = parse_instant("2026-12-01T10:00:00Z")
    assert timing.begins_at(schedule, late, SHOP) == late
    assert iso(timing.turn_of(schedule, living("Europe/Berlin"), late, SHOP))[:16] == turn
    assert iso(timing.turn_of(schedule, living("America/New_York"), late, SHOP))[:16] == "2026-12-01T14:00"


def test_the_best_hour_is_the_contact_s_own_or_else_the_campaign_s() -> None:
    schedule = campaign(schedule={"kind": "best_hour", "day": "2026-12-01", "otherwise": "10:30"}).schedule
    began = timing.begins_at(schedule, NOW, SHOP)
    assert iso(timing.turn_of(schedule, living("Europe/Berlin", 20), began, SHOP))[:16] == "2026-12-01T19:00"
    assert iso(timing.turn_of(schedule, living("Europe/Berlin", 24), began, SHOP))[:16] == "2026-12-01T09:30"
    assert iso(timing.turn_of(schedule, living(None), began, SHOP))[:16] == "2026-12-01T10:30"


@given(
    st.sampled_from(["local", "best_hour"]),
    st.sampled_from(["now", "tomorrow"]),
    st.integers(0, 60),
    st.sampled_from([None, "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/New_York"]),
    st.sampled_from([None, 0, 13, 23]),
)
def test_nobody_s_turn_is_before_the_campaign_begins_or_more_than_two_days_later(
    kind: str, past: str, hours: int, zone: str | None, best: int | None
) -> None:
    parts = {"at": "02:30", "past": past} if kind == "local" else {"otherwise": "02:30"}
    schedule = campaign(schedule={"kind": kind, "day": "2026-10-25", **parts}).schedule  # the clocks go back
    began = timing.begins_at(schedule, parse_instant("2026-10-24T00:00:00Z") + hours * HOUR, SHOP)
    turn = timing.turn_of(schedule, living(zone, best), began, SHOP)
    assert began <= turn <= began + 2 * DAY + HOUR
    local = calendars.local(turn, ZoneInfo(zone) if zone else SHOP)
    wanted = (best, 0) if kind == "best_hour" and best is not None else (2, 30)
    assert (local.hour, local.minute) == wanted or (past == "now" and turn == began)


def test_a_weekly_campaign_stays_at_its_hour_and_a_monthly_one_at_its_day() -> None:
    weekly = campaign(repeat="weekly", schedule={"kind": "at", "day": "2026-10-20", "at": "09:00"})
    held = Kept(campaign=weekly, id="spring", day_of_month=20)
    at = timing.begins_at(weekly.schedule, 0, SHOP)
    following = rounds.next_round_of(held, at, SHOP)
    assert following is not None
    assert (following.id, following.parent, following.round, following.state) == ("spring-2", "spring", 2, "scheduled")
    assert iso(following.begins or 0) == "2026-10-27T09:00:00.000Z"  # was 08:00 UTC a week before
    third = rounds.next_round_of(following, following.begins or 0, SHOP)
    assert third is not None
    assert (third.id, third.parent) == ("spring-3", "spring")

    monthly = campaign(repeat="monthly", schedule={"kind": "at", "day": "2026-12-31", "at": "09:00"})
    round_: Kept | None = Kept(campaign=monthly, id="spring", day_of_month=31)
    days = []
    for _ in range(4):
        assert round_ is not None
        round_ = rounds.next_round_of(round_, NOW, SHOP)
        assert round_ is not None
        days.append(round_.campaign.schedule.day)  # type: ignore[union-attr]
    assert days == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


def test_a_campaign_without_repetition_has_one_round_and_a_follow_up_has_none() -> None:
    assert rounds.next_round_of(kept(), NOW, SHOP) is None
    held = Kept(campaign=campaign(follow_up={"template": "reminder", "after": 3 * DAY}, repeat="weekly"), id="spring")
    follow_up = rounds.follow_up_of(held, NOW)
    assert follow_up is not None
    assert (follow_up.id, follow_up.follows, follow_up.begins) == ("spring-f", "spring", NOW + 3 * DAY)
    assert (follow_up.campaign.template, follow_up.campaign.recheck) == ("reminder", False)
    assert rounds.follow_up_of(follow_up, NOW) is None
    assert rounds.next_round_of(follow_up, NOW, SHOP) is None


# ── variants ──


def test_variants_get_their_weights_and_a_contact_always_the_same() -> None:
    test = campaign(variants=[{"id": "a", "weight": 3}, {"id": "b", "template": "other"}, {"id": "c", "subject": "Hi"}])
    drawn = Counter(variants.email_for(test, "spring", f"contact-{n}") for n in range(10_000))
    shares = {email.variant: count for email, count in drawn.items()}
    assert 5_800 < shares["a"] < 6_200
    assert 1_800 < shares["b"] < 2_200
    assert {email.template for email in drawn if email.variant == "b"} == {"other"}
    assert {email.subject for email in drawn} == {None, "Hi"}
    assert drawn == Counter(variants.email_for(test, "spring", f"contact-{n}") for n in range(10_000))
    again = sum(
        variants.email_for(test, "spring", f"contact-{n}") == variants.email_for(test, "spring-2", f"contact-{n}")
        for n in range(1_000)
    )
    assert 300 < again < 600  # another round draws anew


# ── the ledger ──


def test_chunks_hold_all_in_order_and_what_is_spread_comes_in_small_parts() -> None:
    ids = [f"c{n:05}" for n in range(1_001)]
    parts = ledger.chunked(ids, ledger.chunk_size(1_001, None))
    assert [len(part) for part in parts] == [250, 250, 250, 250, 1]
    assert [contact for part in parts for contact in part] == ids
    assert ledger.chunk_size(1_001, 4 * HOUR) == 21  # 48 parts in four hours
    assert ledger.chunk_size(3, 4 * HOUR) == 1
    assert ledger.chunk_size(1_000_000, HOUR) == 250
    assert [timing.due_of(n, 4, 0, 4 * HOUR) for n in range(4)] == [0, HOUR, 2 * HOUR, 3 * HOUR]
    assert timing.due_of(3, 4, 5, None) == 5


outcomes = st.one_of(
    st.builds(Outcome, st.just("sent"), st.just(NOW)),
    st.builds(Outcome, st.just("skipped"), st.just(NOW), st.sampled_from(["no_consent", "rejected"])),
    st.builds(Outcome, st.just("delayed"), st.integers(NOW, NOW + DAY), st.none()),
)


@given(st.lists(st.none() | outcomes, min_size=1, max_size=12), st.booleans())
def test_a_chunk_s_sums_are_those_of_its_recipients(each: list[Outcome | None], leaves: bool) -> None:
    ids = [f"c{n}" for n in range(len(each))]
    known = {contact: outcome for contact, outcome in zip(ids, each, strict=True) if outcome is not None}
    held = ledger.leased(Chunk(1, len(ids), NOW), "w", NOW)
    told = ledger.told(held, ids, known, NOW, leaves=leaves)
    final = [outcome for outcome in known.values() if outcome.is_final]
    assert told.sent == sum(outcome.status == "sent" for outcome in final)
    assert told.waiting == len(ids) - len(final)
    assert told.version == held.version + 1
    waiting = [known[contact].at if contact in known else NOW for contact in ids if known.get(contact) not in final]
    if waiting:
        assert told.due == min(waiting)
        assert (told.holder is None) == leaves
        assert told.free_at() == (told.due if leaves else max(told.due, NOW + LEASE))
    else:
        assert told.is_done
        assert told.free_at() == NEVER
    assert set(ledger.to_do(ids, known, NOW)) == {
        contact for contact in ids if contact not in known or (not known[contact].is_final and known[contact].at <= NOW)
    }


class Post:
    """What the ledger rests on: an email is claimed by its key before it is sent, whoever dies where."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.claimed: set[str] = set()

    def deliver(self, contact: str, verdict: str, t: Instant) -> Outcome:
        if verdict == "skip":
            return Outcome("skipped", t, "no_consent")
        if verdict.startswith("delay") and t < NOW + int(verdict[5:]) * MINUTE:
            return Outcome("delayed", NOW + int(verdict[5:]) * MINUTE)
        if contact not in self.claimed:
            self.claimed.add(contact)
            self.sent[contact] += 1
        return Outcome("sent", t)


verdicts = st.sampled_from(["send", "send", "send", "skip", "delay1", "delay3", "delay90"])


@given(
    st.lists(verdicts, min_size=1, max_size=40),
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 4)), max_size=30),
)
def test_whoever_dies_where_nobody_is_skipped_or_mailed_twice_and_the_sums_always_agree(
    each: list[str], size: int, crashes: list[tuple[int, bool, int]]
) -> None:
    """Two workers take turns, and die after so many recipients, before or after what they know is stored."""
    wanted = {f"c{n:02}": verdict for n, verdict in enumerate(each)}
    parts = ledger.chunked(sorted(wanted), size)
    stored = {n: Chunk(n, len(ids), NOW) for n, ids in enumerate(parts)}
    known: dict[int, dict[str, Outcome]] = {n: {} for n in stored}
    post, t, dying = Post(), NOW, iter(crashes)

    def checked() -> None:
        sums = ledger.sums(stored.values())
        assert sums.audience == len(wanted) == sums.sent + sum(sums.skipped.values()) + sums.waiting
        assert sums.sent <= sum(post.sent.values())
        assert set(post.sent.values()) <= {1}

    for turn in range(10_000):
        if all(chunk.is_done for chunk in stored.values()):
            break
        free = [chunk for chunk in stored.values() if chunk.is_free(t)]
        if not free:
            t = ledger.next_due(stored.values())
            continue
        dies_after, stores, slow = next(dying, (10_000, True, 0))
        chunk = stored[free[0].number] = ledger.leased(free[0], f"w{turn % 2}", t)
        found = dict(known[chunk.number])
        for done, contact in enumerate(list(ledger.to_do(parts[chunk.number], found, t))):
            if done == dies_after:
                break
            t += slow * SECOND
            found[contact] = post.deliver(contact, wanted[contact], t)
            checked()
        if dies_after == 10_000 or stores:  # else it died before it could tell, and its lease runs out
            leaves = dies_after == 10_000
            told = ledger.told(chunk, parts[chunk.number], found, t, leaves=leaves)
            for contact, before in known[chunk.number].items():
                assert not before.is_final or found[contact] == before
            stored[chunk.number], known[chunk.number] = told, found
        checked()
    sums = ledger.sums(stored.values())
    assert sums.waiting == 0
    assert sums.sent == len(post.sent) == sum(verdict != "skip" for verdict in each)
    assert sums.skipped == ({"no_consent": each.count("skip")} if "skip" in each else {})


def test_the_pace_and_the_end_are_those_of_the_last_minutes() -> None:
    done = replace(Chunk(1, 250, NOW), sent=240, skipped={"no_consent": 10}, began=NOW, at=NOW + MINUTE)
    waiting = Chunk(2, 500, NOW)
    assert ledger.per_minute([done, waiting], NOW + MINUTE) == 250
    assert ledger.ends_at([done, waiting], NOW + MINUTE) == NOW + 3 * MINUTE
    later = replace(waiting, due=NOW + 5 * HOUR)
    assert ledger.ends_at([done, later], NOW + MINUTE) == NOW + 5 * HOUR
    assert ledger.ends_at([later], NOW) is None
    assert ledger.ends_at([done], NOW) is None


# ── the breaker ──


def test_the_breaker_trips_on_the_eleventh_failure_of_one_kind_and_says_why() -> None:
    assert breaker.tripped(150, {"rejected": 10, "template_failed": 10, "no_consent": 5_000}, {}) is None
    assert breaker.tripped(150, {"rejected": 11}, {}) == "SES did not take 11 of the first 161 emails"
    assert breaker.tripped(150, {"rejected": 20}, {"rejected": 11}) is None  # somebody has seen them, and resumed
    assert breaker.tripped(150, {"rejected": 22}, {"rejected": 11}) is not None
    assert breaker.tripped(100_000, {"rejected": 1_000}, {}) is None
    assert breaker.complained(2, {}) is None
    assert breaker.complained(3, {}) == "3 recipients have reported it as spam"
    assert breaker.complained(3, {"complaints": 3}) is None


# ── the audience explained ──


def test_the_audience_is_explained_in_a_sentence_whose_numbers_add_up() -> None:
    found = Explained(members=5_040, without=57)
    for reason, n in {None: 4_812, "no_consent": 131, "suppressed_bounce": 40}.items():
        for _ in range(n):
            found.add(reason)
    assert sentence(found) == (
        "5,040 in the segment: 4,812 will be mailed; 57 in a segment that is left out, 131 without consent, "
        "40 whose email came back for good."
    )
    assert found.audience == found.mailed + sum(found.refused.values())
    assert loaded(found.dumped()) == found


def test_a_day_that_is_past_everywhere_is_no_schedule() -> None:
    schedule = campaign(schedule={"kind": "at", "day": "2026-11-25", "at": "09:00"}).schedule
    assert timing.is_past(schedule, NOW)
    for day in ("2026-11-27", "2026-11-28", "2026-11-29"):
        assert not timing.is_past(campaign(schedule={"kind": "at", "day": day, "at": "09:00"}).schedule, NOW)
