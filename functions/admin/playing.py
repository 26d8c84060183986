"""A journey played for one contact, day by day, before or after it is published: which step they are at when, what they
get, and why they go one way and not another. Nothing is written, and nothing is sent. Route of the admin's API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.admin import journey_drafts, run_words, views
from functions.admin.journey_drafts import text
from functions.admin.rest import ProblemsError, Request, left_out, route
from functions.admin.shapes import journeys as shapes
from functions.admin.simulating import GATE, definition_in, rates_in, whole_number
from shared.adapters import contacts, definitions, journeys, kept_arms
from shared.adapters.clock import now
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import Instant, Json
from shared.domain.journeys.arms import of_email
from shared.domain.journeys.definition import Branch, Journey, Send, WaitFor, Way
from shared.domain.journeys.filling import fill
from shared.domain.journeys.runs import LEAVING, Record, Run
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError

if TYPE_CHECKING:
    from shared.domain.segments import Definitions

TRIED = 50
"""Contacts of whom the first is taken that the journey starts for, where none is named."""
OPTIONS = ("yaml", "definition", "contact", "days", "rates", "seed")
IDLE = {"open": 0.0, "click": 0.0, "answer": 0.0, "order": 0.0, "unsubscribe": 0.0, "visits": 0.0, "orders": 0.0}
"""What somebody does who does nothing."""


@route(
    "POST",
    "/journeys/{journey}/play",
    role=Role.VIEWER,
    changes=False,
    keeps=False,
    takes=shapes.Play,
    gives=shapes.Played,
)
def play(request: Request, journey: str) -> Json:
    """Plays a definition (`yaml` or `definition`; the draft, or else what is published, when neither is sent) for one
    `contact`, from now, for so many `days`: all moments at once, in order. Without a `contact` it is somebody, drawn by
    lot, whom it starts for. `rates`: what they do (nothing, when left out), drawn by a `seed`."""
    from shared.domain.journeys.simulating import MAX_DAYS, simulate  # what no other request waits for

    body = request.json_with_text("yaml") if request.body else {}
    for name in body:
        if name not in OPTIONS:
            raise RefusedError("invalid_choice", f"it is none of {', '.join(OPTIONS)}", name)
    written = definition_in(body, journey)
    if wrong := journey_drafts.problems_of(written, unknown_events=True):
        raise ProblemsError(wrong)
    days, seed = whole_number(body, "days", 60, MAX_DAYS), text(body, "seed", "1")
    told = body.get("rates", {})
    rates_in(told)
    rates, shop, t = rates_in({**IDLE, **told}), definitions.segments(), now()
    seen = _Seen(written.journey, shop)
    for profile in _profiles(body, seed):
        seen.moments.clear()
        played = simulate(
            shop,
            written.journey,
            [profile],
            t,
            days=days,
            rates=rates,
            seed=seed,
            of_shop=journeys.of_shop,
            gate=GATE,
            look=seen.look,
        )
        if played.began or "contact" in body:
            return {
                "who": views.person(profile),
                "begin": t,
                "days": days,
                "began": played.began > 0,
                "left_out": played.left_out > 0,
                "moments": sorted(seen.moments, key=lambda moment: int(moment["time"])),
            }
    raise RefusedError("nobody", "it starts for none of the contacts that were tried: choose one", "contact", 409)


class _Seen:
    """The moments of a run, as they come."""

    def __init__(self, journey: Journey, shop: Definitions) -> None:
        self.journey = journey
        self.steps = {step.id: step for step in journey.steps}
        self.shop = shop
        self.moments: list[dict[str, Any]] = []

    def look(self, profile: Profile, run: Run, records: Sequence[Record]) -> None:
        for record in records:
            step = self.steps.get(record.step)
            told: dict[str, Any] = {
                **record._asdict(),
                "words": run_words.words(record, self.shop.compiler.zone),
                "leaves": record.what in LEAVING,
                "template": self._template(step, run) if isinstance(step, Send) else None,
                "ways": [],
            }
            if isinstance(step, Branch) and record.what == "passed":
                told["ways"] = [each for way in step.ways for each in self._why(way, profile, run, record.time)]
                if any(each["holds"] for each in told["ways"]):  # those below it are not asked
                    taken = next(n for n, each in enumerate(told["ways"]) if each["holds"])
                    told["ways"] = told["ways"][: taken + 1]
            if isinstance(step, WaitFor) and record.what == "passed":
                told["words"] = "It happened." if record.why != "timed_out" else "Nothing of it happened in time."
            self.moments.append(told)

    def _template(self, step: Send, run: Run) -> str:
        """As the contact's arm of an experiment has it."""
        arm = of_email(self.journey, step.id, run.contact, kept_arms.shares_of(run.contact))
        return (arm.template if arm is not None else None) or step.templates[0]

    def _why(self, way: Way, profile: Profile, run: Run, t: Instant) -> Sequence[dict[str, Any]]:
        from shared.domain.explanations import because

        condition = fill(way.when, run.trigger, run.began, journeys.of_shop)
        try:
            why = because(self.shop, condition, profile, max(t, profile.decided))
        except HistoryNeededError:  # what it would take all events to say
            return []
        return [{"to": way.next, "holds": why.holds, "why": views.explanation(why)}]


def _profiles(body: dict[str, Any], seed: str) -> Sequence[Profile]:
    named = body.get("contact")
    if named is not None:
        return [views.profile_of(str(named))]
    found, _ = contacts.page(contacts.Place(), TRIED)
    profiles = {stored.profile.contact: stored.profile for stored in contacts.read_all(found, left_out)}
    ordered = [profiles[each] for each in found if each in profiles]
    start = sum(seed.encode()) % max(len(ordered), 1)  # another seed is another person
    return ordered[start:] + ordered[:start]
