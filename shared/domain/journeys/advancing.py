"""Advancing: the one meaning of a journey. What a run does at an instant, by what happens and by time.

Who stores runs, simulates them or draws them asks here; Step Functions walks the steps of those journeys that say so,
asks here for what takes knowing (`choose`, `wakes_at`), and tells what became of each step (`Settled`).

An email or an update is asked for and waited for: its outcome is a happening. So an exit that comes before it is final,
and what comes after it sees what it has changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from shared.domain.draws import drawn
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import NEVER, Instant, iso, parse_instant
from shared.domain.journeys import arms, timing
from shared.domain.journeys.acts import Act
from shared.domain.journeys.arms import SharesOf, at_first
from shared.domain.journeys.compiling import Journeys, Path
from shared.domain.journeys.definition import (
    END,
    Branch,
    End,
    EventHappens,
    Exit,
    Journey,
    Notify,
    Occasion,
    Published,
    SegmentChange,
    Send,
    Split,
    StartJourney,
    Unsubscribes,
    Update,
    Wait,
    WaitFor,
)
from shared.domain.journeys.moving import place_in
from shared.domain.journeys.runs import (
    ASK_AGAIN,
    BY_US,
    LEAVING,
    MAX_RECORDS,
    Effect,
    Happening,
    Moved,
    NotifyOthers,
    Record,
    Run,
    SendEmail,
    Settled,
    StartAnother,
    TakePart,
    UpdateContact,
    What,
)
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import BY_TIME, LATE, Transition, is_act

MAX_PASSES = 1_000
"""How often a run comes to one step: a circle that nobody meant ends there."""
MAX_STEPS = 100
"""As that, of all that a run does at one instant: as many as a journey has steps."""
TIMED_OUT = "timed_out"
BY_HAND, BY_CHECK = "by_hand", "machine_failed"


def advance(
    shop: Journeys,
    published: Published,
    run: Run,
    profile: Profile,
    t: Instant,
    happening: Happening | None = None,
    *,
    heard: Instant | None = None,
    shares_of: SharesOf = at_first,
) -> tuple[tuple[Effect, ...], Run]:
    """What a run asks for at `t`, and the run as it is then; `run.wake_at` is when time alone moves it.

    `profile` is as it is after what happened. Silence, on which waits end, is asserted up to `heard` only (see
    `segments.absorb`; `t`, when left out). `shares_of`: by which an adaptive split draws the contact.
    HistoryNeededError: as `segments.absorb`.
    """
    until = min(t, heard) if heard is not None else t
    play = _Play(shop, published, profile, max(t, run.since), until, run, shares_of)
    play.left = _has_left(run)
    if run.goes_on and play.path.journey.runs_on == "step_functions":
        play.catch_up()
    if isinstance(happening, Settled):
        play.settle(happening)
    if run.goes_on:
        play.adopt()
        if isinstance(happening, Moved) and happening.run == run.id:
            play.move(happening)
        elif isinstance(happening, Act | Transition):
            play.answer(happening)
        if says_no(profile, play.path.journey):
            play.end("unsubscribed")
        play.go_on()
    return tuple(play.effects), play.run


def wakes_at(shop: Journeys, journey: Journey, run: Run, profile: Profile, t: Instant, step: str) -> Instant:
    """Until when a run waits that came to this step at `t`. ValueError: it is no wait."""
    found = Path(journey).steps[step]
    if not isinstance(found, Wait):
        raise ValueError(f"{step} is no wait")
    return timing.waits_until(found, profile, t, shop.zone)


def choose(
    shop: Journeys,
    journey: Journey,
    run: Run,
    profile: Profile,
    t: Instant,
    step: str,
    shares_of: SharesOf = at_first,
) -> tuple[str, str]:
    """Where a run goes from a branch or a split (END: it ends), and why, in a word. HistoryNeededError: as
    `advance`. ValueError: there is nothing to choose."""
    path = Path(journey)
    found = path.steps[step]
    if not isinstance(found, Branch | Split):
        raise ValueError(f"{step} has one way only")
    to = _way(shop, path, found, run, profile, t, shares_of)
    return to, to


def taken_part(
    step: Branch | Split, run: Run, profile: Profile, occurrence: int, shares_of: SharesOf = at_first
) -> TakePart | None:
    """What a run tells that goes one of the ways of an experiment."""
    arm = arms.of_split(step, run.contact, shares_of) if isinstance(step, Split) else None
    if arm is None or not arm.counts:
        return None
    return TakePart(step.id, occurrence, arm.experiment, arm.variant, arms.among(arm.segments, profile), arm.shares)


def effect_of(
    step: Update | Notify | StartJourney, occurrence: int, run: Run
) -> UpdateContact | NotifyOthers | StartAnother:
    """What the step asks for when a run comes to it for the `occurrence`-th time (from 0)."""
    match step:
        case Update():
            lists = step.add_lists, step.remove_lists
            return UpdateContact(step.id, occurrence, step.traits, step.add_tags, step.remove_tags, *lists)
        case Notify():
            return NotifyOthers(step.id, occurrence, step.subject, step.to)
        case StartJourney():
            return StartAnother(step.journey, step.id, occurrence, run.trigger)


def ended(run: Run, t: Instant, outcome: str) -> Run:
    """The run, ended from outside: its contact was erased, or has joined another."""
    if not run.goes_on:
        return run
    record = Record(t, run.step, "ended", outcome)
    return replace(run, outcome=outcome, ended=t, wake_at=NEVER, held=False, records=_with(run.records, record))


def placed(
    shop: Journeys, published: Published, run: Run, profile: Profile, t: Instant, shares_of: SharesOf = at_first
) -> Run | None:
    """Where a run would stand at `t` that began when it did (`Run.began`), if all that it asks for on the way there had
    been passed over; None: it would have ended. In a wait, Step Functions goes on with it when that ends, at what
    follows."""
    alone = shop.on_wake_ups(published)
    live = alone.published[run.journey]
    ahead = replace(run, since=run.began, not_before=run.began, records=())
    at = run.began
    while ahead.goes_on and at <= t:
        _, ahead = advance(alone, live, ahead, profile, at, shares_of=shares_of)
        if ahead.goes_on and ahead.asked != NEVER:
            passed = Settled(at, ahead.id, ahead.step, ahead.passes[ahead.step], "skipped", "before")
            _, ahead = advance(alone, live, ahead, profile, at, passed, shares_of=shares_of)
        at = max(ahead.wake_at, at + 1)
    if not ahead.goes_on:
        return None
    stands = replace(ahead, records=(*run.records, Record(run.started, ahead.step, "entered")))
    if published.journey.runs_on == "wake_ups":
        return stands
    path = shop.path(run.journey, run.version)
    if isinstance(path.steps[stands.step], Wait):
        return replace(stands, begins_at=path.following[stands.step], not_before=stands.wake_at, wake_at=NEVER)
    return replace(stands, begins_at=stands.step, not_before=run.not_before, wake_at=NEVER)


def says_no(profile: Profile, journey: Journey) -> bool:
    """Whether the contact's newest answer to what the journey's emails are about is no."""
    answer = profile.consent.get(journey.topic)
    return answer is not None and answer.value == "unsubscribed"


def due_at(shop: Journeys, published: Published, run: Run, profile: Profile, t: Instant) -> Instant:
    """When time alone moves a run, as far as is known at `t`: by the definitions, the traits and the time zone as they
    are now. It may be past, of a run that was paused or moved."""
    if not run.goes_on:
        return NEVER
    path = shop.path(run.journey, run.version)
    if path.journey.runs_on == "step_functions" and run.step:
        return _wait_of_machine(shop, path, run, profile, t)
    if is_paused(published, run.step):
        return NEVER
    step = path.steps.get(run.step)
    match step:
        case None:
            return run.not_before if not run.step else run.since
        case Wait():
            return _until(shop, step, run, profile)
        case WaitFor():
            return run.since + step.within
        case Send() | Update() if run.asked != NEVER:
            return run.asked + ASK_AGAIN
        case Send() if is_held(published, run):
            return NEVER
        case Send():
            earliest = max(run.since, run.released, run.delayed, t)
            return timing.opens_at(path.journey.hours, profile, earliest, shop.zone)
        case _:
            return run.since


def _wait_of_machine(shop: Journeys, path: Path, run: Run, profile: Profile, t: Instant) -> Instant:
    """When a machine has come through the wait that the run is at: it tells nothing of waits, so the contact's own
    wake-up says so. NEVER: it is at none, or that is over, and the machine is to tell what comes next."""
    step = path.steps.get(run.step)
    if not isinstance(step, Wait) or _has_left(run):
        return NEVER
    until = _until(shop, step, run, profile)
    return until if until > t else NEVER


def _until(shop: Journeys, step: Wait, run: Run, profile: Profile) -> Instant:
    again = run.passes.get(step.id, 0) > 0
    return timing.waits_until(step, profile, run.since, shop.zone, again=again)


def is_paused(published: Published, step: str) -> bool:
    return published.state == "paused" or published.steps.get(step) == "paused"


def is_held(published: Published, run: Run) -> bool:
    return published.steps.get(run.step) == "review" and not run.released


@dataclass(slots=True)
class _Play:
    """A run that is being moved at `t`."""

    shop: Journeys
    published: Published
    profile: Profile
    t: Instant
    heard: Instant
    run: Run
    shares_of: SharesOf
    effects: list[Effect] = field(default_factory=list)
    left: bool = False
    """Whether it has left its step, and is at none."""

    @property
    def path(self) -> Path:
        return self.shop.path(self.run.journey, self.run.version)

    # ── what happens ──

    def catch_up(self) -> None:
        """The waits that a machine has come through by now: it tells nothing of them."""
        now = self.t
        while isinstance(step := self.path.steps.get(self.run.step), Wait) and not self.left:
            until = timing.waits_until(step, self.profile, self.run.since, self.shop.zone)
            following = self.path.following[step.id]
            if until > now or following == END:
                break
            self.t = until
            self.leave("passed")
            self.enter(following)
        self.t = now

    def answer(self, happening: Act | Transition) -> None:
        """An exit, or what a step waits for. What began the run, and all that this made so, is none of both: who signs
        up by ordering has not ordered since."""
        cause = happening.event.id if isinstance(happening, Act) else happening.cause
        if cause == self.run.cause:
            return
        for exit_ in self.path.journey.exits:
            if self._is_exit(exit_, happening):
                self._take(exit_, happening)
                return
        if _occurs(self.shop, Unsubscribes(topic=self.path.journey.topic), happening, self.run):
            self.end("unsubscribed")
            return
        step = self.path.steps.get(self.run.step)
        if isinstance(step, WaitFor) and self._is_awaited(step, happening):
            self.leave("passed", called(happening))
            self.enter(self.path.following[step.id])

    def _is_exit(self, exit_: Exit, happening: Act | Transition) -> bool:
        run = self.run
        if exit_.go_to is not None and exit_.go_to in run.passes:
            return False  # it has led there already
        if isinstance(happening, Act):
            # History says nothing of now. What happened shortly before the run began is told late, or by a clock that
            # is a little off: the order of the cart that the run is about.
            if happening.time - happening.happened > LATE and happening.happened < run.began:
                return False
        elif not is_act(happening) and (exit_.go_to or exit_.start or exit_.goal):
            return False  # such an exit answers something, and there is nothing to answer
        return _occurs(self.shop, exit_.on, happening, run)

    def _take(self, exit_: Exit, happening: Act | Transition) -> None:
        why = called(happening)
        at = happening.happened if isinstance(happening, Act) else happening.happened or happening.time
        reached = exit_.goal and at >= self.run.began
        if reached:
            self.record("goal", why)
            self.run = replace(self.run, reached_goal=True)
        if exit_.start is not None:
            occurrence = self.run.passes.get("", 0)
            self.run = replace(self.run, passes={**self.run.passes, "": occurrence + 1})
            self.effects.append(StartAnother(exit_.start, "", occurrence, self.run.trigger))
        if exit_.go_to is None:
            self.end("goal" if reached else why)
        else:
            self.leave("moved", why)
            self.enter(exit_.go_to)

    def _is_awaited(self, step: WaitFor, happening: Act | Transition) -> bool:
        begin = self.run.began if self._looks_back(step) else self.run.since
        end = self.run.since + step.within
        if isinstance(happening, Act):
            in_time = happening.event.received < end and happening.happened >= begin
        else:
            in_time = happening.time < end and is_act(happening)
        return in_time and any(_occurs(self.shop, occasion, happening, self.run) for occasion in step.on)

    def _looks_back(self, step: WaitFor) -> bool:
        """When it comes round again, what it has been answered by is no answer any more."""
        return step.since_start and self.run.passes[step.id] == 0

    def settle(self, settled: Settled) -> None:
        """What has become of what a step asked for; of a step that it is no longer at, it is noted only."""
        run = self.run
        if settled.run != run.id:
            return
        if run.goes_on and self.path.journey.runs_on == "step_functions":
            self._walked(settled)
        elif run.step == settled.step and run.passes.get(run.step) == settled.occurrence and run.asked != NEVER:
            if run.goes_on and settled.outcome == "delayed":
                self._note("delayed", settled.reason)
                self.run = replace(self.run, asked=NEVER, delayed=parse_instant(settled.reason or ""))
            elif run.goes_on:
                self.leave(_left_by(settled), settled.reason)
                self.run = replace(self.run, asked=NEVER)  # told again, it is known
                self.enter(self.path.following[settled.step])
            elif settled.outcome == "sent":
                self.record("sent_after", settled.reason, settled.step)
                self.run = replace(self.run, asked=NEVER)

    def _walked(self, settled: Settled) -> None:
        """A step of a run that Step Functions moves, which comes to each but once. What it tells may come in any order,
        and again."""
        if settled.outcome == "ended":
            if settled.step != self.run.step:
                self.leave("passed")
                if settled.step:
                    self.enter(settled.step)
            self.end(settled.reason or "completed")
            return
        is_here = settled.step == self.run.step and not self.left
        is_new = settled.step not in self.run.passes and settled.time >= self.run.since
        if not is_here and is_new and settled.step in self.path.steps:
            self.leave("passed")
            self.enter(settled.step)
            is_here = True
        if is_here:
            step = self.path.steps[settled.step]
            self.leave(_left_by(settled), settled.reason)
            chosen = settled.reason if isinstance(step, Branch | Split) else None
            to = chosen or self.path.following[settled.step]
            if to != END:
                self.enter(to)
        elif settled.outcome == "sent" and not self._was_sent(settled.step):
            self.record("sent_after", settled.reason, settled.step)

    def _was_sent(self, step: str) -> bool:
        return any(each.step == step and each.what in ("sent", "sent_after") for each in self.run.records)

    def move(self, moved: Moved) -> None:
        """A person has decided. A step that there is none of is a slip, and moves nothing; nor does what is not newer
        than their last decision: it is told again, or was overtaken."""
        earlier = (each for each in self.run.records if each.why in (BY_HAND, BY_CHECK))
        if any(each.time >= moved.time for each in earlier):
            return
        if moved.release:
            if isinstance(self.path.steps.get(self.run.step), Send) and moved.step in (None, self.run.step):
                self.run = replace(self.run, released=self.t, held=False)
        elif moved.step is None:
            self.end("stopped")
        elif moved.step in self.path.steps:
            why = BY_CHECK if moved.by == BY_US else BY_HAND
            if self.left:  # by its machine, which has not told yet where it is: it is moved from nowhere
                self.record("moved", why)
            self.leave("moved", why)
            self.enter(moved.step)

    def adopt(self) -> None:
        """What whoever published a newer version decided for those under way on an older one."""
        run, newest = self.run, self.published
        if run.version < newest.stopped:
            self.end("journey_changed")
        elif run.version < newest.moved:
            older, newer = self.path, Path(newest.journey)
            self.run = replace(run, version=newest.version)
            if not run.step:
                return
            place = place_in(newer, older, run.step)
            if place == run.step and newer.steps[place].kind == older.steps[place].kind:
                return  # and waits are counted from their beginning, by the newer rule
            self.leave("moved", "journey_changed")
            self.enter(place)

    # ── by time ──

    def go_on(self) -> None:
        """Does steps until there is something to wait for."""
        for _ in range(MAX_STEPS):
            if not self.run.goes_on:
                return
            if not self._moves():
                self.run = replace(self.run, wake_at=due_at(self.shop, self.published, self.run, self.profile, self.t))
                return
        self.end("endless")

    def _moves(self) -> bool:
        """Does the step that the run is at, and goes on from it; False: it stays."""
        run = self.run
        if not run.step:
            if self.t < run.not_before or self.published.state == "paused":
                return False
            self.enter(run.begins_at if run.begins_at in self.path.steps else self.path.first)
            return True
        if self.path.journey.runs_on == "step_functions":
            return False
        step = self.path.steps[run.step]
        if is_paused(self.published, step.id):
            return False
        match step:
            case Wait():
                if not self._is_over(_until(self.shop, step, run, self.profile)):
                    return False
                self.leave("passed")
            case WaitFor():
                if self._looks_back(step) and (occasion := self._happened_before(step)) is not None:
                    self.leave("passed", occasion)
                elif self._is_over(run.since + step.within):
                    self.leave("passed", TIMED_OUT)
                    self.enter(step.otherwise or self.path.following[step.id])
                    return True
                else:
                    return False
            case Branch() | Split():
                to = _way(self.shop, self.path, step, run, self.profile, self.t, self.shares_of)
                if (part := taken_part(step, run, self.profile, run.passes[step.id], self.shares_of)) is not None:
                    self.effects.append(part)
                self.leave("passed", to)
                self.enter(to)
                return True
            case Send():
                if not self._sends(step):
                    return False
            case Update():
                if run.asked == NEVER or self.t >= run.asked + ASK_AGAIN:
                    self._ask(effect_of(step, run.passes[step.id], run))
                return False
            case Notify():
                self.effects.append(effect_of(step, run.passes[step.id], run))
                self.leave("passed")
            case StartJourney():
                self.effects.append(effect_of(step, run.passes[step.id], run))
                self.leave("passed", step.journey)
            case End():
                self.end(step.outcome)
                return True
        self.enter(self.path.following[step.id])
        return True

    def _is_over(self, until: Instant) -> bool:
        return until <= max(self.run.since, self.heard)

    def _sends(self, step: Send) -> bool:
        """Whether an email is passed over; else it is asked for, once it may go."""
        run = self.run
        if run.asked != NEVER and self.t < run.asked + ASK_AGAIN:
            return False
        best_before = NEVER if step.best_before is None else run.since + step.best_before
        if run.asked == NEVER:
            if self.t > best_before:
                self.leave("skipped", "too_late")
                return True
            if is_held(self.published, run):
                self._note("held")
                self.run = replace(self.run, held=True)
                return False
            opens = timing.opens_at(self.path.journey.hours, self.profile, max(self.t, run.delayed), self.shop.zone)
            if opens > self.t:
                self._note("delayed", iso(opens) if opens != NEVER else None)
                return False
        email = SendEmail(*self._key, step.template or step.id, step.pin, run.since, best_before)
        self._ask(email._replace(mail_class=step.class_, priority=step.priority))
        return False

    def _happened_before(self, step: WaitFor) -> str | None:
        """What a step waits for, where that has happened since the run began; by its name."""
        begin, here, profile = self.run.began, self.run.since, self.profile
        for occasion in step.on:
            match occasion:
                case SegmentChange():
                    held = profile.memberships.get(occasion.segment)
                    as_wanted = held is not None and held.number and held.member == (occasion.when == "enters")
                    if as_wanted and held is not None and begin <= held.since <= here and not occasion.by:
                        return occasion.segment
                case EventHappens():
                    passes = self.shop.passes_occurrence(occasion, self.run)
                    for type_ in occasion.events:
                        history = profile.histories.get(type_)
                        newest = history.newest if history is not None else []
                        cut = history is not None and history.total > len(newest)
                        if cut and (not newest or newest[0].time > begin):
                            raise HistoryNeededError(type_)
                        if any(begin <= each.time <= here and passes(each.properties) for each in newest):
                            return type_
        return None

    # ── parts ──

    @property
    def _key(self) -> tuple[str, int]:
        """Of what the step asks for: its id, and for which time."""
        return self.run.step, self.run.passes[self.run.step]

    def _ask(self, effect: Effect) -> None:
        self.effects.append(effect)
        self.run = replace(self.run, asked=self.t, held=False)

    def _note(self, what: What, why: str | None = None) -> None:
        """Once for each time that the run is here."""
        here = (each for each in reversed(self.run.records) if each.step == self.run.step)
        last = next((each for each in here if each.what in (what, "entered")), None)
        if last is None or last.what == "entered":
            self.record(what, why)

    def record(self, what: What, why: str | None = None, step: str | None = None) -> None:
        record = Record(self.t, ("" if self.left else self.run.step) if step is None else step, what, why)
        self.run = replace(self.run, records=_with(self.run.records, record))

    def leave(self, what: What, why: str | None = None) -> None:
        if self.run.step and not self.left:
            self.record(what, why)
        self.left = True

    def enter(self, step: str) -> None:
        if not self.run.goes_on:
            return
        if step == END:
            self.end("completed")
            return
        run = self.run
        occurrence = run.passes[step] + 1 if step in run.passes else 0
        if occurrence >= MAX_PASSES:
            self.end("endless")
            return
        self.run = replace(
            run,
            step=step,
            since=self.t,
            passes={**run.passes, step: occurrence},
            asked=NEVER,
            delayed=0,
            held=False,
            released=0,
        )
        self.left = False
        self.record("entered")

    def end(self, outcome: str) -> None:
        if not self.run.goes_on:
            return
        self.record("ended", outcome)
        self.run = replace(self.run, outcome=outcome, ended=self.t, wake_at=NEVER, held=False)


def _has_left(run: Run) -> bool:
    """Whether it has left the step that it is at, and the machine that walks it has yet to tell where it is now."""
    return bool(run.records) and run.records[-1].step == run.step and run.records[-1].what in LEAVING


def _left_by(settled: Settled) -> What:
    return "passed" if settled.outcome == "ended" else settled.outcome


def _with(records: tuple[Record, ...], record: Record) -> tuple[Record, ...]:
    records = (*records, record)
    return records if len(records) <= MAX_RECORDS else (records[0], *records[2:])


def called(happening: Act | Transition) -> str:
    """What ended or moved a run, in a word or two."""
    if isinstance(happening, Act):
        return happening.name or "unsubscribed"
    return f"{'entered' if happening.entered else 'left'} {happening.segment}"


def _way(
    shop: Journeys, path: Path, step: Branch | Split, run: Run, profile: Profile, t: Instant, shares_of: SharesOf
) -> str:
    """Where it goes. Conditions are asked of the profile as it is, at the instant up to which that is decided: what is
    known by then counts, also where a wake-up is a little late."""
    if isinstance(step, Branch):
        asked_at = max(t, profile.decided)
        ways: Iterable[str] = (way.next for way in step.ways if shop.holds(way.when, run, profile, asked_at))
        return next(iter(ways), path.following[step.id])
    if (way := arms.way_of(step, run.contact, shares_of)) is not None:
        return way
    return step.ways[drawn(f"{run.id}:{step.id}", [way.weight for way in step.ways])].next


def _occurs(shop: Journeys, occasion: Occasion, happening: Act | Transition, run: Run) -> bool:
    match occasion, happening:
        case EventHappens(), Act(name=str() as name):
            fits = name in occasion.events and (happening.first or not occasion.first)
            return fits and shop.passes(occasion, run.trigger)(happening)
        case SegmentChange(), Transition():
            return changes(occasion, happening)
        case Unsubscribes(), Act():
            # A no that is told late, from before the run, is asked of the profile: they may have said yes since.
            return happening.event.stamp.time >= run.began and any(
                change.topic == occasion.topic and change.state == "unsubscribed" and not change.undated
                for change in happening.event.consent
            )
    return False


def changes(occasion: SegmentChange, transition: Transition) -> bool:
    """Whether it is this change of membership."""
    if occasion.segment != transition.segment or (occasion.when == "enters") != transition.entered:
        return False
    made_by = "time" if transition.cause == BY_TIME else transition.event
    return not occasion.by or made_by in occasion.by
