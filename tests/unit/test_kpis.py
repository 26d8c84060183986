"""What came of emails: the committed SQL held against figures by hand and against the same in Python, the sums, and
what is said of shares of emails that the same people got."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.queries import question
from shared.domain.events import DAY, HOUR, ConsentChange, Event, Identity, IdentityKind, Type, iso, parse_instant
from shared.domain.experiments.rates import Arm, wilson
from shared.domain.reports import kpis
from shared.domain.reports.limits import of_shares, of_values
from shared.domain.reports.shares import Compared, Summed, benjamini_hochberg, beside_all, design_effect, effective
from shared.domain.segments import compile_segments
from shared.domain.settings import EmailCosts
from tests.unit.online_retail import SAMPLE
from tests.unit.sql_lake import PASS, Lake

NOW = parse_instant("2026-11-24T04:00:00Z")
UTC = ZoneInfo("UTC")
SCORES = pa.schema([("contact_number", pa.int64()), ("score", pa.string()), ("value", pa.float64())])


def contact_of(n: int) -> str:
    return f"c{n:015x}{0:016x}"


def event(n: int, type_: Type, at: int, contact: str, **properties: Any) -> Event:
    return Event(
        id=f"{n:032x}",
        type=type_,
        time=at,
        received=at,
        source="ses" if type_.startswith("Email") else "shopify",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties=properties,
    )


class Story:
    """Events of contacts, and what the queries and the report say of them at NOW."""

    def __init__(self) -> None:
        self.events: dict[str, list[Event]] = defaultdict(list)
        self.values: dict[int, float] = {}
        self.number = 0

    def tell(self, type_: Type, at: int, contact: int, **properties: Any) -> None:
        self.number += 1
        self.events[contact_of(contact)].append(event(self.number, type_, at, contact_of(contact), **properties))

    def email(self, message: str, at: int, contact: int, came: str = "delivered", **tags: Any) -> None:
        tags = {"message": message, "topic": "marketing", **tags}
        self.tell(Type.EMAIL_SENT, at, contact, **tags)
        if came == "delivered":
            self.tell(Type.EMAIL_DELIVERED, at + 1000, contact, **tags)
        if came == "bounced":
            self.tell(Type.EMAIL_BOUNCED, at + 1000, contact, permanent=True, **tags)

    def click(self, message: str, at: int, contact: int, human: bool = True) -> None:
        self.tell(Type.EMAIL_CLICKED, at, contact, message=message, human=human)

    def order(self, order: str, at: int, contact: int, total: float) -> None:
        self.tell(Type.ORDER_COMPLETED, at, contact, order_id=order, total=total)

    def unsubscribe(self, message: str, at: int, contact: int) -> None:
        self.tell(Type.CONSENT_CHANGED, at, contact, message=message)
        told = self.events[contact_of(contact)]
        told[-1] = told[-1].model_copy(
            update={"consent": (ConsentChange(topic="marketing", state="unsubscribed"),), "source": "preference"}
        )

    def lake(self) -> Lake:
        found = Lake([], self.events, compile_segments([]), NOW)
        rows = [{"contact_number": n, "score": "value", "value": value} for n, value in self.values.items()]
        found.tables["scores"] = pa.Table.from_pylist(rows, SCORES)
        return found

    def report(self) -> dict[str, Any]:
        begins = [kpis.days_before(NOW, days, UTC).first for days in kpis.PERIODS]
        by_day = kpis.days_before(NOW, kpis.DAYS, UTC)
        lake = self.lake()
        over = (NOW - 370 * DAY, NOW)
        groups = lake.rows(*question("kpis", PASS, *begins, by_day.last, over=over))
        return kpis.report(NOW, UTC, groups, lake.rows(*question("kpis_by_day", *by_day, over=over)))


def group(told: dict[str, Any], called: str, days: int = 30) -> dict[str, Any]:
    period = next(each for each in told["periods"] if each["days"] == days)
    return next(each for each in period["groups"] if each["called"] == called)


# ── by hand ──


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Three people; two emails of a journey, one of a campaign, one of neither, and one of forty days ago."""
    story, at = Story(), NOW - 10 * DAY
    story.email("m1", at, 1, journey="welcome")
    story.email("m2", at, 2, journey="welcome")
    story.email("m3", at + DAY, 1, campaign="spring")
    story.email("m4", at + DAY, 3, came="bounced", campaign="spring")
    story.email("m5", at + 2 * DAY, 3, came="waiting", topic="service")
    story.email("old", NOW - 40 * DAY, 1, campaign="spring")
    story.tell(Type.EMAIL_OPENED, at + HOUR, 1, message="m1", human=True)
    story.tell(Type.EMAIL_OPENED, at + HOUR, 2, message="m2", human=False)
    story.click("m1", at + HOUR, 1)
    story.click("m1", at + 2 * HOUR, 1)
    story.click("m2", at + HOUR, 2, human=False)
    story.order("o1", at + 3 * HOUR, 1, 100.0)  # of m1
    story.click("m3", at + DAY + HOUR, 1)
    story.order("o2", at + 2 * DAY, 1, 50.0)  # of m3, which was clicked last
    story.tell(Type.ORDER_REFUNDED, at + 3 * DAY, 1, order_id="o2", amount=20.0, refund_id="r1")
    story.order("o3", at + 9 * DAY, 1, 999.0)  # too late for any
    story.order("o4", at + 2 * DAY + HOUR, 1, 70.0)
    story.tell(Type.ORDER_CANCELLED, at + 2 * DAY + 2 * HOUR, 1, order_id="o4")
    story.order("o5", at + 2 * HOUR, 2, 10.0)  # after a machine's click
    story.unsubscribe("m2", at + 2 * DAY, 2)
    story.tell(Type.EMAIL_COMPLAINED, at + 2 * DAY, 1, message="m3")
    story.email("today", NOW - HOUR, 1, campaign="spring")  # of no whole day
    story.values = {int(contact_of(1)[1:16], 16): 120.0, int(contact_of(2)[1:16], 16): 40.0}
    return story.report()


def counts(of: dict[str, Any]) -> dict[str, Any]:
    return {name: of[name] for name in (*kpis.COUNTS, "waiting") if of[name]}


def test_each_figure_is_as_counted_by_hand(told: dict[str, Any]) -> None:
    assert counts(group(told, "journey:welcome")) == {
        **{"sent": 2, "delivered": 2, "opened": 1, "opened_raw": 2, "clicked": 1, "converted": 1},
        **{"unsubscribed": 1, "orders": 1, "revenue": 100.0},
    }
    assert counts(group(told, "campaign:spring")) == {
        **{"sent": 2, "delivered": 1, "bounced": 1, "clicked": 1, "converted": 1, "complained": 1},
        **{"orders": 1, "revenue": 30.0},
    }
    assert counts(group(told, "other")) == {"sent": 1, "waiting": 1}
    assert counts(group(told, "topic:service")) == {"sent": 1, "waiting": 1}
    everything = group(told, "all")
    assert counts(everything) == {
        **{"sent": 5, "delivered": 3, "bounced": 1, "waiting": 1, "opened": 1, "opened_raw": 2, "clicked": 2},
        **{"converted": 2, "unsubscribed": 1, "complained": 1, "orders": 2, "revenue": 130.0},
    }
    assert (everything["people"], everything["revenue_per_email"]) == (3, 130 / 3)
    assert (everything["value"], everything["valued"]) == (80.0, 2)
    assert everything["rates"]["clicked"]["share"] == 2 / 3
    assert everything["rates"]["bounced"]["share"] == 1 / 5


def test_a_period_is_of_whole_days_up_to_yesterday(told: dict[str, Any]) -> None:
    assert [(each["days"], each["first"], each["last"]) for each in told["periods"]] == [
        (30, "2026-10-25", "2026-11-23"),
        (90, "2026-08-26", "2026-11-23"),
        (365, "2025-11-24", "2026-11-23"),
    ]
    assert [group(told, "campaign:spring", days)["sent"] for days in kpis.PERIODS] == [2, 3, 3]
    zone = ZoneInfo("America/Los_Angeles")  # where it is still the day before
    assert kpis.days_before(NOW, 1, zone) == ("2026-11-22", "2026-11-22")


def test_days_add_up_to_the_period(told: dict[str, Any]) -> None:
    for called in ("all", "journey:welcome", "campaign:spring", "other"):
        of_days, of_period = told["days"][called], group(told, called, 90)
        for name in (*kpis.COUNTS, "waiting"):
            assert sum(each[name] for each in of_days) == pytest.approx(of_period[name]), (called, name)


def test_an_event_that_is_there_twice_counts_once() -> None:
    """As it is when a history has joined another contact."""
    story, at = Story(), NOW - 3 * DAY
    for contact in (1, 2):
        story.number = 0
        story.email("m1", at, contact, journey="welcome")
        story.click("m1", at + HOUR, contact)
        story.order("o1", at + 2 * HOUR, contact, 80.0)
    found = group(story.report(), "all")
    assert (found["sent"], found["clicked"], found["orders"], found["revenue"]) == (1, 1, 1, 80.0)


def test_each_figure_leads_to_the_people_behind_it() -> None:
    story, at = Story(), NOW - 10 * DAY
    for contact in (1, 2, 3):
        story.email(f"m{contact}", at, contact, journey="welcome", came="bounced" if contact == 3 else "delivered")
    story.email("again", at + DAY, 1, journey="welcome")
    story.click("m1", at + HOUR, 1)
    story.click("again", at + 2 * DAY, 1)
    story.order("o1", at + 2 * DAY + HOUR, 1, 30.0)
    lake, found = story.lake(), group(story.report(), "journey:welcome")
    days = kpis.days_before(NOW, 30, UTC)
    of_days = ("", *[days.first] * 3, days.last)
    for figure in (*kpis.COUNTS, "waiting"):
        asked = question("kpi_people", *of_days, figure, "journey:welcome", over=(NOW - 60 * DAY, NOW))
        rows = lake.rows(*asked)
        total = sum(int(row["n"]) for row in rows)
        assert total / (100 if figure == "revenue" else 1) == found[figure], figure
        assert all((row["total"], row["contacts"]) == (total, len(rows)) for row in rows)
    asked = question("kpi_people", *of_days, "clicked", "journey:welcome", over=(NOW - 60 * DAY, NOW))
    assert [(row["contact_number"], row["n"]) for row in lake.rows(*asked)] == [(1, 2)]


# ── the sums ──

some_emails = st.lists(
    st.tuples(
        st.integers(1, 6),  # the contact
        st.integers(1, 80),  # days ago
        st.sampled_from(["journey:a", "journey:b", "campaign:c", "other"]),
        st.sampled_from(["delivered", "bounced", "waiting"]),
        st.lists(st.integers(0, 200), max_size=3),  # clicks, hours after it
    ),
    min_size=1,
    max_size=12,
)
some_orders = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 80 * 24), st.integers(1, 900)), max_size=10)


@given(some_emails, some_orders)
def test_the_parts_are_the_whole_and_are_as_python_finds_them(emails: list[Any], orders: list[Any]) -> None:
    story, clicks, sender = Story(), list[tuple[int, int, str]](), dict[str, str]()
    for n, (contact, ago, called, came, hours) in enumerate(emails):
        kind, _, id_ = called.partition(":")
        at, message = NOW - ago * DAY, f"m{n:02}"
        sender[message] = called
        story.email(message, at, contact, came, **({kind: id_} if id_ else {}))
        for after in hours:
            story.click(message, at + after * HOUR, contact)
            clicks.append((contact, at + after * HOUR, message))
    worth: dict[str, int] = defaultdict(int)
    for n, (contact, ago, euros) in enumerate(orders):
        at = NOW - ago * HOUR
        story.order(f"o{n}", at, contact, float(euros))
        before = [
            (-when, message)
            for who, when, message in clicks
            if who == contact and when <= NOW and 0 <= at - when < 5 * DAY
        ]
        if before:
            worth[sender[min(before)[1]]] += euros
    found = story.report()
    groups = {each["called"]: each for each in found["periods"][1]["groups"]}
    parts = [
        each for called, each in groups.items() if called.startswith(("journey:", "campaign:")) or called == "other"
    ]
    for name in (*kpis.COUNTS, "waiting"):
        assert sum(each[name] for each in parts) == pytest.approx(groups["all"][name])
    for each in groups.values():
        assert each["sent"] == each["delivered"] + each["bounced"] + each["waiting"]
    assert {called: each["revenue"] for called, each in groups.items() if called in sender.values()} == {
        called: worth[called] for called in groups if called in sender.values()
    }


def test_the_parts_of_a_real_shop_s_revenue_are_never_more_than_it() -> None:
    """Orders of Online Retail II, with an email to each customer before each of their orders, every other of which is
    clicked."""
    story, revenue, number = Story(), 0, 0
    with gzip.open(SAMPLE / "order_lines.csv.gz", "rt", encoding="utf-8") as file:
        orders: dict[tuple[int, int], int] = defaultdict(int)
        for row in csv.DictReader(file):
            if int(row["quantity"]) > 0:
                key = int(row["customer"]), parse_instant(row["time"])
                orders[key] += round(100 * float(row["price"])) * int(row["quantity"])
    newest = max(at for _, at in orders)
    credited = 0
    for (customer, then), total in sorted(orders.items()):
        number, at = number + 1, then + NOW - DAY - newest
        if at - 7 * DAY < NOW - 360 * DAY:
            continue
        story.email(f"m{number}", at - 2 * DAY - number, customer, campaign=f"c{number % 7}")
        if number % 2:
            story.click(f"m{number}", at - HOUR - number, customer)
            credited += total
        story.order(f"o{number}", at, customer, total / 100)
        revenue += total
    groups = {each["called"]: each for each in story.report()["periods"][2]["groups"]}
    of_parts = sum(round(100 * each["revenue"]) for called, each in groups.items() if called.startswith("campaign:"))
    assert of_parts == round(100 * groups["all"]["revenue"])
    assert credited <= of_parts <= revenue  # more: an order within five days after another's click
    assert sum(each["people"] for each in groups.values()) > groups["all"]["people"] > 100


# ── shares ──


def summed(emails: np.ndarray, hits: np.ndarray) -> Summed:
    return Summed(
        len(emails),
        int(emails.sum()),
        int(hits.sum()),
        int((emails**2).sum()),
        int((hits**2).sum()),
        int((emails * hits).sum()),
    )


def some_people(random: np.random.Generator, people: int, share: float, alike: float) -> Summed:
    """Each got 1 to 8 emails and clicks in a share of their own; `alike`: how alike emails of one person are."""
    emails = random.integers(1, 9, people)
    one = (1 - alike) / alike
    return summed(emails, random.binomial(emails, random.beta(share * one, (1 - share) * one, people)))


def test_where_each_got_one_email_the_interval_is_wilson_s() -> None:
    hits = np.array([1] * 12 + [0] * 88)
    one = summed(np.ones(100, dtype=int), hits)
    assert effective(one).people == pytest.approx(100, rel=0.02)  # the variance over people divides by one less
    (found,) = beside_all([Compared(one, one)])
    assert found.interval == pytest.approx(wilson(Arm(100, 12)), abs=0.003)


def test_the_design_effect_is_the_ratio_s_variance_over_people() -> None:
    random = np.random.default_rng(1)
    emails = random.integers(1, 9, 300)
    hits = random.binomial(emails, random.beta(0.5, 2, 300))
    share = hits.sum() / emails.sum()
    variance = ((hits - share * emails) ** 2).sum() / emails.sum() ** 2 * 300 / 299
    assert design_effect(summed(emails, hits)) == pytest.approx(variance / (share * (1 - share) / emails.sum()))
    assert design_effect(summed(emails, emails)) == (emails**2).sum() / emails.sum()  # nobody can tell: all of one's
    assert design_effect(summed(emails, emails * 0)) == (emails**2).sum() / emails.sum()


def test_intervals_hold_the_true_share_19_times_in_20_where_the_same_people_got_several_emails() -> None:
    random = np.random.default_rng(2)
    held = naive = 0
    for _ in range(1000):
        one = some_people(random, 150, 0.15, 0.4)
        low, high = wilson(effective(one))
        held += low <= 0.15 <= high
        low, high = wilson(Arm(one.emails, one.hits))
        naive += low <= 0.15 <= high
    assert 0.93 <= held / 1000 <= 0.975
    assert naive / 1000 < 0.85  # as if each email went to somebody else


def test_of_a_shop_where_nothing_differs_one_in_twenty_has_a_word_at_most() -> None:
    random = np.random.default_rng(3)
    shops = naive = 0
    for _ in range(400):
        parts = [some_people(random, int(random.integers(30, 300)), 0.1, 0.3) for _ in range(15)]
        whole = Summed(*(sum(each) for each in zip(*parts, strict=True)))
        words = [each.word for each in beside_all([Compared(whole, part) for part in parts])]
        shops += any(word in ("better", "worse") for word in words)
        alone = [beside_all([Compared(whole, part)])[0].word for part in parts]
        naive += any(word in ("better", "worse") for word in alone)
    assert shops / 400 <= 0.06
    assert naive / 400 > 0.3  # each looked at by itself


def test_a_group_that_is_better_is_found_and_told_in_the_direction_of_its_rate() -> None:
    random = np.random.default_rng(4)
    parts = [some_people(random, 300, share, 0.3) for share in (0.2, 0.05, 0.1, 0.1, 0.1, 0.1)]
    whole = Summed(*(sum(each) for each in zip(*parts, strict=True)))
    clicks = [each.word for each in beside_all([Compared(whole, part) for part in parts])]
    bounces = [each.word for each in beside_all([Compared(whole, part, more_is_better=False) for part in parts])]
    assert clicks[:2] == ["better", "worse"]
    assert bounces[:2] == ["worse", "better"]
    few = some_people(random, 12, 0.9, 0.3)
    assert beside_all([Compared(whole, few)])[0].word == "too_few"
    assert beside_all([Compared(few, few)])[0].word == "too_few"  # there are no others


def test_benjamini_hochberg_is_statsmodels_s() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    values = np.random.default_rng(5).uniform(size=40) ** 3
    assert benjamini_hochberg(values.tolist()) == pytest.approx(multitest.multipletests(values, method="fdr_bh")[1])


def test_what_is_said_names_what_it_goes_by(told: dict[str, Any]) -> None:
    assert group(told, "campaign:spring")["rates"]["clicked"]["words"] == "too few people to compare, or too few others"
    assert group(told, "all")["rates"]["clicked"]["word"] is None
    assert group(told, "campaign:spring")["rates"]["opened"]["word"] is None  # opens say nothing
    random = np.random.default_rng(6)
    emails = np.ones(400, dtype=int)
    row = _row("journey:a", emails, random.binomial(1, 0.1, 400))
    whole = _row("all", np.ones(4000, dtype=int), random.binomial(1, 0.1, 4000))
    period = kpis.report(NOW, UTC, [whole, row], [])["periods"][0]
    rate = next(each for each in period["groups"] if each["called"] == "journey:a")["rates"]["clicked"]  # type: ignore[index, union-attr]
    hits = int(str(row["clicked"]))
    assert rate["word"] == "no_better"
    assert rate["words"].startswith(("no better than the average of ", "no worse than the average of "))
    assert rate["words"].endswith(f", as far as {hits} clicks can say")


def _row(called: str, emails: np.ndarray, hits: np.ndarray) -> dict[str, Any]:
    """Of a group, as the query gives it: all were delivered, and the hits are clicks."""
    n = int(emails.sum())
    several: dict[str, Any] = dict.fromkeys(kpis.COUNTS, 0) | {"called": called, "days": 30, "people": len(emails)}
    several |= {"sent": n, "delivered": n, "value": None, "valued": 0}
    several |= {"sent_squared": int((emails**2).sum()), "delivered_squared": int((emails**2).sum())}
    for rate in kpis.RATES.values():
        several |= {f"{rate.hits}_squared": 0, f"{rate.hits}_by_{rate.of}": 0}
    several |= {"clicked": int(hits.sum()), "clicked_squared": int((hits**2).sum())}
    return several | {"clicked_by_delivered": int((emails * hits).sum())}


# ── days ──


def test_the_individuals_chart_is_as_by_hand() -> None:
    days = [10.0, 12.0] * 10  # a mean of 11, and 2 from day to day
    limits = of_values(days)
    assert limits[0] == pytest.approx((11 - 6 / 1.128, 11 + 6 / 1.128, False))
    assert [each.outside for each in of_values([*days, 40.0]) if each] == [False] * 20 + [True]
    assert of_values(days[:19]) == [None] * 19
    assert of_values([0.0] * 30 + [120.0]) == [None] * 31  # where an order is seldom, it is no outlier


def test_laney_s_limits_are_wider_where_days_differ_more_than_by_chance() -> None:
    random = np.random.default_rng(7)
    by_chance = [(1000, int(random.binomial(1000, 0.1))) for _ in range(90)]
    first = of_shares(by_chance)[0]
    average = sum(hits for _, hits in by_chance) / 90_000
    sigma = (average * (1 - average) / 1000) ** 0.5
    assert first is not None
    assert (first.high - average) / (3 * sigma) == pytest.approx(1, abs=0.15)
    apart = [(1000, int(random.binomial(1000, random.uniform(0.05, 0.15)))) for _ in range(90)]
    z = [(hits / 1000 - sum(h for _, h in apart) / 90_000) for _, hits in apart]
    wider = np.mean(np.abs(np.diff(z))) / 1.128
    found = of_shares(apart)[0]
    assert found is not None
    assert found.high - sum(h for _, h in apart) / 90_000 == pytest.approx(3 * wider)
    assert not any(each.outside for each in of_shares(apart) if each)


def test_a_day_unlike_the_others_is_outside_and_a_single_report_of_spam_is_not() -> None:
    usual = [(500, 50)] * 45 + [(500, 52)] * 44
    assert [each.outside for each in of_shares([*usual, (500, 5)]) if each][-1]
    quiet = [(200, 0)] * 60 + [(4, 1)] + [(200, 1)] * 10
    assert not any(each.outside for each in of_shares(quiet) if each)
    assert of_shares([(0, 0), *usual])[0] is None


def test_quiet_shops_have_few_days_outside_by_chance() -> None:
    random = np.random.default_rng(8)
    days = [of_shares([(80, int(random.binomial(80, 0.05))) for _ in range(90)]) for _ in range(100)]
    assert sum(each.outside for shop in days for each in shop if each) / 9000 < 0.01


def test_the_report_says_which_days_are_outside() -> None:
    story = Story()
    for ago in range(1, 31):
        for n in range(20):
            message = f"m{ago}_{n}"
            story.email(message, NOW - ago * DAY, n, journey="welcome", came="bounced" if ago == 3 else "delivered")
    days = story.report()["days"]["journey:welcome"]
    gone = iso(NOW - 3 * DAY)[:10]
    assert [each["day"] for each in days if "bounced" in each["outside"]] == [gone]
    assert date.fromisoformat(days[0]["day"]) < date.fromisoformat(days[-1]["day"])


# ── money ──


def test_what_emails_return_is_their_margin_over_what_they_cost() -> None:
    costs = EmailCosts(margin=40, a_thousand=0.1, a_month=30)
    found = kpis.returned(costs, 90, 2000, 8000, 500.0)
    assert found.cost == pytest.approx(0.2 + 90 * 0.25)  # three months, a quarter of all emails
    assert (found.profit, found.roi) == (pytest.approx(200.0), pytest.approx((200 - 22.7) / 22.7))
    assert kpis.returned(EmailCosts(margin=40, a_thousand=0, a_month=0), 30, 10, 10, 5.0).roi is None
