"""Several workers of one campaign at once, as threads: they die, and lose their leases while they live."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

import pytest

from functions.campaign import going_on, sending
from functions.campaign.going_on import Next, Work
from infra.local.aws.calls import Call
from infra.local.system import ProcessDied
from shared.adapters import campaigns
from shared.domain.campaigns import ledger
from shared.domain.campaigns.states import Kept, State
from shared.domain.events import HOUR, MINUTE, SECOND
from tests.integration.shop import Shop
from tests.integration.test_campaigns import mails, progress, recipients

CUSTOMERS, WORKERS = 40, 5


@pytest.fixture(scope="module")
def shop() -> Shop:
    made = Shop()
    for number in range(1, CUSTOMERS + 1):
        made.customer(number)
    made.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    made.passes(30 * MINUTE)
    return made


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_gets_it_twice_nobody_is_lost_and_the_sums_agree(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(ledger, "MAX_CHUNK", 6)
    id_, work = f"workers_{seed}", sending.send
    body = {"id": id_, "name": "News", "template": "check_in", "segments": ["everybody"]}
    assert shop.ask("POST", "/campaigns", body)[0] == 201
    assert shop.ask("POST", f"/campaigns/{id_}/send")[0] == 202
    with monkeypatch.context() as held:
        held.setattr(sending, "send", _waits)
        shop.passes(2 * MINUTE)
    kept = campaigns.read(id_)
    assert (
        kept is not None and kept.state is State.SENDING and len(campaigns.chunks(id_, kept.frozen)) >= CUSTOMERS // 6
    )

    drawn, dead, met = random.Random(seed), threading.local(), Counter[str]()

    def fault(call: Call, perform: Any) -> Any:
        """Of the workers only: who is dead does nothing more, not even give its chunk up."""
        if not getattr(dead, "worker", False):
            return perform()
        if dead.died:
            raise ProcessDied
        if call.operation != "SendEmail":
            return perform()
        what = drawn.random()
        if what < 0.1:
            met["before"] += 1
            dead.died = True
            raise ProcessDied
        answer = perform()
        if what < 0.2:
            met["after"] += 1
            dead.died = True
            raise ProcessDied
        if what < 0.3:  # it stalls: the leases run out, and others take its chunk
            met["stalled"] += 1
            shop.system.world.turn(shop.now() + ledger.LEASE + SECOND)
        return answer

    def worker(number: int) -> None:
        dead.worker, dead.died = True, False
        try:
            while True:
                now = campaigns.read(id_)
                if now is None or now.state is not State.SENDING:
                    return
                following = work(Work(campaign=id_, run=now.run, worker=number), now, lambda: True)
                if following.next in ("wait", "done"):
                    return
        except ProcessDied:
            return

    shop.fault = fault
    monkeypatch.setattr(sending, "send", _waits)  # the executions of the campaign's own leave it to these
    for round_ in range(60):
        several = [threading.Thread(target=worker, args=(round_ * WORKERS + each,)) for each in range(WORKERS)]
        for each in several:
            each.start()
        for each in several:
            each.join()
        stands = progress(shop, id_)
        if stands["state"] == "done":
            break
        shop.passes(2 * MINUTE)
    shop.fault = lambda _, perform: perform()
    shop.passes(HOUR)
    stands = progress(shop, id_)
    everybody = shop.members("everybody")
    assert (stands["state"], stands["waiting"]) == ("done", 0)
    assert mails(shop, id_) == dict.fromkeys(everybody, 1)
    assert {each["contact"] for each in recipients(shop, id_, "&status=sent")} == everybody
    assert stands["sent"] == stands["audience"] == CUSTOMERS
    assert all(met[each] for each in ("before", "after", "stalled")), met


def _waits(work: Work, kept: Kept, goes_on: Any) -> Next:
    return going_on.wait(work, kept.since + 10 * HOUR)
