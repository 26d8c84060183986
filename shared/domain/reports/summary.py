"""What operators are sent of a week or a month: what came of the emails, beside the time before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from html import escape
from typing import Any, Literal, NamedTuple

from shared.domain.events import Json
from shared.domain.tables import as_csv
from shared.domain.wording.texts import money, number

Every = Literal["week", "month"]
MOST = 5
"""Journeys and campaigns that are named."""


class Figure(NamedTuple):
    name: str
    now: float
    before: float
    words: Callable[[float], str] = number


class Summary(NamedTuple):
    subject: str
    text: str
    html: str
    csv: str
    """Every day and group of both spans."""


class Span(NamedTuple):
    """Whole days, both among them; and those before, with which they are compared."""

    first: date
    last: date
    first_before: date

    def has(self, day: Json) -> bool:
        return self.first.isoformat() <= str(day) <= self.last.isoformat()

    def had(self, day: Json) -> bool:
        return self.first_before.isoformat() <= str(day) < self.first.isoformat()

    @property
    def words(self) -> str:
        """`23 to 29 November 2026`."""
        year = f" {self.first.year}" if self.first.year != self.last.year else ""
        month = f" {self.first:%B}" if self.first.month != self.last.month else ""
        return f"{self.first.day}{month}{year} to {self.last.day} {self.last:%B %Y}"


def due(every: Every, today: date) -> date:
    """The newest day on which there was something to send: a Monday, or the first of a month."""
    return today - timedelta(days=today.weekday()) if every == "week" else today.replace(day=1)


def span(every: Every, due_on: date) -> Span:
    """The week, or the month, before the day on which it is due."""
    last = due_on - timedelta(days=1)
    first, first_before = due(every, last), due(every, due(every, last) - timedelta(days=1))
    return Span(first, last, first_before)


def summary(kpis: Mapping[str, Any], of: Span, names: Mapping[str, str], currency: str, link: str) -> Summary:
    """Of the report `kpis`; `names` of its groups; `link`: to the reports. Of a time in which nothing was sent it says
    so."""
    days = [
        {**each, "called": called}
        for called, several in sorted(kpis["days"].items())
        for each in several
        if of.has(each["day"]) or of.had(each["day"])
    ]
    figures = _figures(of, [each for each in days if each["called"] == "all"], currency)
    told = _most(of, days, names)
    sent, revenue, clicks = figures[0].now, figures[-1], figures[2].now
    what = (
        f"{revenue.words(revenue.now)} from {number(sent)} emails, {number(clicks)} clicked"
        if sent
        else "nothing was sent"
    )
    return Summary(
        subject=f"Your emails, {of.words}: {what}",
        text=_text(of, figures, told, link),
        html=_html(of, figures, told, link),
        csv=as_csv(
            [
                HEAD,
                *([each["day"], _name(each["called"], names), *(each[column] for column in COLUMNS)] for each in days),
            ]
        ),
    )


COLUMNS = (
    *("sent", "delivered", "bounced", "opened", "clicked", "converted", "unsubscribed", "complained"),
    *("orders", "revenue"),
)
HEAD = ("day", "of", *COLUMNS)


def _figures(of: Span, days: Iterable[Mapping[str, Any]], currency: str) -> list[Figure]:
    several = list(days)

    def figure(name: str, column: str, words: Callable[[float], str] = number) -> Figure:
        now = sum(each[column] for each in several if of.has(each["day"]))
        return Figure(name, now, sum(each[column] for each in several if of.had(each["day"])), words)

    return [
        figure("Sent", "sent"),
        figure("Delivered", "delivered"),
        figure("Clicked by people", "clicked"),
        figure("Unsubscribed", "unsubscribed"),
        figure("Reported as spam", "complained"),
        figure("Orders after a click", "orders"),
        figure("Revenue after a click", "revenue", lambda value: f"{money(round(value, 2))} {currency}"),
    ]


def _most(of: Span, days: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[tuple[str, float, float]]:
    """The journeys and campaigns that brought most: name, revenue, emails clicked."""
    found: dict[str, list[float]] = {}
    for each in days:
        if of.has(each["day"]) and str(each["called"]).startswith(("journey:", "campaign:")):
            sums = found.setdefault(each["called"], [0.0, 0.0])
            sums[0] += each["revenue"]
            sums[1] += each["clicked"]
    ranked = sorted(found.items(), key=lambda each: (-each[1][0], -each[1][1], each[0]))
    return [(_name(called, names), revenue, clicked) for called, (revenue, clicked) in ranked[:MOST]]


def _name(called: str, names: Mapping[str, str]) -> str:
    return names.get(called, called)


LEAD = "An email counts on the day it was sent, with all that has come of it until now."


def _text(of: Span, figures: list[Figure], told: list[tuple[str, float, float]], link: str) -> str:
    lines = [f"Your emails, {of.words}", ""]
    lines += [f"{each.name}: {each.words(each.now)} ({each.words(each.before)} the time before)" for each in figures]
    lines += [
        "",
        *(f"{name}: {money(round(revenue, 2))} revenue, {number(clicked)} clicked" for name, revenue, clicked in told),
    ]
    return "\n".join([*lines, "", LEAD, link, ""])


def _html(of: Span, figures: list[Figure], told: list[tuple[str, float, float]], link: str) -> str:
    cell = 'style="padding:6px 16px 6px 0;border-bottom:1px solid #ddd;text-align:{}"'
    left, right = cell.format("left"), cell.format("right")

    def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
        def row(tag: str, cells: tuple[str, ...]) -> str:
            inner = "".join(f"<{tag} {right if at else left}>{escape(each)}</{tag}>" for at, each in enumerate(cells))
            return f"<tr>{inner}</tr>"

        body = "".join(row("td", each) for each in rows)
        return f'<table style="border-collapse:collapse">{row("th", head)}{body}</table>'

    most = table(
        ("Brought most", "Revenue", "Clicked"),
        ((name, money(round(revenue, 2)), number(clicked)) for name, revenue, clicked in told),
    )
    counted = table(
        ("", "Now", "The time before"), ((each.name, each.words(each.now), each.words(each.before)) for each in figures)
    )
    return (
        '<!doctype html><html lang="en"><body style="font-family:sans-serif;max-width:40em;margin:1em">'
        f'<h1 style="font-size:20px">Your emails, {escape(of.words)}</h1>{counted}'
        f"{'<p></p>' + most if told else ''}<p>{LEAD}</p>"
        f'<p><a href="{escape(link)}">See all reports</a></p></body></html>'
    )
