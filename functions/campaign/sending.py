"""Sending: a worker takes one chunk of the audience after the other, and asks for the email of each recipient in it.

It looks at the campaign every second: so a pause or a cancellation holds within two. What has become of whom is stored
as often, with the chunk's lease, which whoever comes after a worker that has died waits to run out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from aws_lambda_powertools import Logger

from functions.campaign import going_on, recipients, winning
from functions.campaign.going_on import Next, Work
from functions.campaign.recipients import NotNow
from shared.adapters import campaign_runs, campaigns, clock
from shared.adapters.campaigns import LeaseLostError
from shared.adapters.clients import client
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.domain.campaigns import breaker, ledger
from shared.domain.campaigns.ledger import Chunk, Outcome, Sums
from shared.domain.campaigns.rounds import follow_up_of
from shared.domain.campaigns.states import Kept, State, after
from shared.domain.events import NEVER, SECOND, Instant

LOOK = SECOND
"""How often the campaign is looked at, and told how far it is."""
SOON = 5 * SECOND
"""A slot that is free so soon is waited for."""
THREADS = 16
"""Of a worker: an email takes some 70 ms, most of it waiting for SES and DynamoDB."""

logger = Logger()


def send(work: Work, kept: Kept, goes_on: Callable[[], bool]) -> Next:
    """Sends what is due, until all is done, somebody stops it, or there is nothing to do for now."""
    while goes_on():
        chunks = campaigns.chunks(kept.id, kept.frozen)
        sums = ledger.sums(chunks)
        shows: dict[str, Any] = {"audience": sums.audience, "sent": sums.sent, "waiting": sums.waiting}
        if sums.waiting == 0:
            return _finish(work, kept, sums, now())
        t = now()
        kept = winning.decided(kept, t)
        free = min(
            (chunk for chunk in chunks if chunk.is_free(t)), key=lambda each: (each.due, each.number), default=None
        )
        if free is None:
            return going_on.wait(work, max(ledger.next_due(chunks), t), **shows)
        with suppress(LeaseLostError):  # another worker has it
            held = ledger.leased(free, work.name, t)
            campaigns.take(kept.id, held)
            stop = _Sending(kept, held, _without(sums, free)).run(goes_on)
            if stop is not None:
                if stop.why == "rate" and stop.until < now() + SOON and not clock.stands_still():
                    clock.wait_until(stop.until)
                    continue
                shows["why"] = stop.why
                return going_on.wait(work, stop.until, **shows) if stop.until < NEVER else Next(work, "again")
    return Next(work, "send")


def _without(sums: Sums, chunk: Chunk) -> Sums:
    """The sums of the other chunks."""
    skipped = {reason: n - chunk.skipped.get(reason, 0) for reason, n in sums.skipped.items()}
    return Sums(sums.audience - chunk.size, sums.sent - chunk.sent, skipped)


def _finish(work: Work, kept: Kept, sums: Sums, t: Instant) -> Next:
    follow_up = follow_up_of(kept, t)
    if follow_up is not None:
        campaign_runs.begin_child(follow_up)
    told = {"audience": sums.audience, "sent": sums.sent, "skipped": dict(sums.skipped)}
    campaigns.change(after(kept, "finish", t, kept.by, sums=told))
    logger.info("campaign sent", campaign=kept.id, audience=sums.audience, sent=sums.sent)
    return Next(work, "done", shows={"audience": sums.audience, "sent": sums.sent, "waiting": 0})


STOPPED = NotNow(NEVER, "stopped")
"""Somebody, or the breaker, has stopped the campaign."""


@dataclass
class _Sending:
    """One chunk being sent by whoever holds it."""

    kept: Kept
    chunk: Chunk
    others: Sums
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    stop: NotNow | None = None
    looked: Instant = 0

    def run(self, goes_on: Callable[[], bool]) -> NotNow | None:
        """Sends what is due of the chunk; what keeps it from going on, if anything does. LeaseLostError."""
        ids = campaigns.ids(self.kept.id, self.chunk.number)
        self.outcomes = campaigns.outcomes(self.kept.id, self.chunk.number)
        self.looked = now()
        todo = list(ledger.to_do(ids, self.outcomes, self.looked))
        work = recipients.of(self.kept, self.outcomes)

        def wanted() -> Iterator[str]:
            for contact in todo:
                if self.stop is not None or not goes_on():
                    return
                yield contact

        try:
            for contact, outcome in _each(work, wanted()):
                if isinstance(outcome, NotNow):
                    self.stop = self.stop or outcome
                elif outcome is not None:
                    self.outcomes[contact] = outcome
                    self._break_if_it_goes_wrong()
                if now() >= self.looked + LOOK:
                    self._look(ids)
        finally:
            self.chunk = ledger.told(self.chunk, ids, self.outcomes, now(), leaves=True)
            campaigns.tell(self.kept.id, self.chunk, self.outcomes)
        return self.stop

    def _look(self, ids: tuple[str, ...]) -> None:
        self.looked = now()
        self.chunk = ledger.told(self.chunk, ids, self.outcomes, self.looked, leaves=False)
        campaigns.tell(self.kept.id, self.chunk, self.outcomes)
        standing = campaigns.read(self.kept.id)
        if standing is None or standing.run != self.kept.run or standing.state is not State.SENDING:
            self.stop = STOPPED

    def _break_if_it_goes_wrong(self) -> None:
        skipped = dict(self.others.skipped)
        sent = self.others.sent
        for outcome in self.outcomes.values():
            if outcome.status == "skipped":
                skipped[outcome.reason or ""] = skipped.get(outcome.reason or "", 0) + 1
            sent += outcome.status == "sent"
        why = breaker.tripped(sent, skipped, self.kept.forgiven)
        if why is None or self.stop is STOPPED:
            return
        self.stop = STOPPED
        logger.error("campaign stopped by itself", campaign=self.kept.id, reason=why)
        with suppress(PublishedMeanwhileError):  # somebody has stopped it, too
            campaigns.change(after(self.kept, "pause", now(), "breaker", why))


Found = tuple[str, Outcome | NotNow | None]


def _each(work: Callable[[str], Outcome | NotNow], todo: Iterator[str]) -> Iterator[Found]:
    """Does the work for one after the other, as many at a time as there are threads, and gives what comes of each as it
    comes; in between, once a second, nothing (None). Where the clock stands still, nothing happens beside anything."""
    if clock.stands_still():
        for contact in todo:
            yield contact, work(contact)
        return
    for service in ("dynamodb", "sesv2", "ssm"):
        client(service)  # boto3's clients can be shared by threads, and cannot be made by several at a time
    with ThreadPoolExecutor(THREADS) as pool:
        running: dict[Future[Outcome | NotNow], str] = {
            pool.submit(work, contact): contact for contact in islice(todo, THREADS)
        }
        while running:
            done, _ = wait(running, timeout=LOOK / SECOND, return_when=FIRST_COMPLETED)
            if not done:
                yield "", None
            for future in done:
                yield running.pop(future), future.result()
                following = next(todo, None)
                if following is not None:
                    running[pool.submit(work, following)] = following
