"""How sending stands: what SES says of the account, as the pace of all that is sent; and what pauses it."""

from __future__ import annotations

import logging
from itertools import pairwise
from typing import Any

import pytest

from functions.refresh import sending
from shared.adapters import pace, sent_counts, shop_settings
from shared.adapters.clients import client
from shared.domain.events import DAY, HOUR, MINUTE
from shared.domain.messages.pace import Wait, take
from shared.domain.settings import ShopSettings
from tests.integration.conftest import NOW

ACCOUNT: dict[str, Any] = {
    "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 46_000.0},
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
}


@pytest.fixture(autouse=True)
def account(aws: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    told = {**ACCOUNT}
    monkeypatch.setattr(client("sesv2"), "get_account", lambda: told)
    return told


def refused(lane: Any, *, marketing: bool = True, now: int = NOW) -> str:
    with pytest.raises(pace.NoSlotError) as error:
        pace.slot(lane, now, marketing=marketing)
    return str(error.value.why)


def test_without_a_look_the_pace_is_not_known_and_nobody_waits() -> None:
    assert pace.slot("journeys", NOW, marketing=True) is None


def test_the_quota_s_share_is_kept_from_campaigns(account: dict[str, Any]) -> None:
    sending.look(NOW)  # 4,000 left, 5,000 kept
    assert refused("campaigns") == "quota"
    assert pace.slot("journeys", NOW, marketing=True) is not None
    account["SendQuota"] = {**ACCOUNT["SendQuota"], "SentLast24Hours": 50_000.0}
    sending.look(NOW)
    assert refused("confirm", marketing=False) == "quota"


def test_slots_follow_each_other_whoever_takes_them(account: dict[str, Any]) -> None:
    account["SendQuota"] = {"Max24HourSend": -1.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    sending.look(NOW)
    slots = [pace.slot("campaigns", NOW, marketing=True) or 0 for _ in range(7)]
    assert [later - earlier for earlier, later in pairwise(slots)] == [73] * 6
    assert refused("campaigns") == "rate"
    assert pace.slot("journeys", NOW, marketing=True) == slots[-1] + 73
    sending.look(NOW + MINUTE)  # a look moves no slot
    assert (found := pace.pace()) is not None
    assert found.tat > NOW * 1000


def test_an_account_that_ses_has_stopped_sends_nothing_until_it_is_well(account: dict[str, Any]) -> None:
    account["SendingEnabled"] = False
    sending.look(NOW)
    assert refused("confirm", marketing=False) == "stopped"
    account["SendingEnabled"] = True
    assert pace.slot("confirm", NOW + sending.UNTIL_NEXT, marketing=False) is not None


def test_too_many_complaints_pause_marketing_until_a_person_lifts_it() -> None:
    sent_counts.add(NOW // DAY, {"sent": 999, "complained": 9})
    sending.look(NOW)
    assert pace.slot("journeys", NOW, marketing=True) is not None, "among so few it says nothing"
    sent_counts.add(NOW // DAY, {"sent": 1})
    sending.look(NOW)
    assert refused("journeys") == "paused"
    assert pace.slot("journeys", NOW, marketing=False) is not None
    pace.lift(NOW)
    sending.look(NOW + MINUTE)
    assert pace.slot("journeys", NOW + MINUTE, marketing=True) is not None


def test_what_lasts_is_said_once_when_it_begins_and_again_when_it_comes_back(
    account: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Sending is looked at every five minutes, for as long as it takes."""

    def said(at: int) -> list[str]:
        caplog.clear()
        for number in range(3):
            sending.look(at + number * 5 * MINUTE)
        return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]

    sent_counts.add(NOW // DAY, {"sent": 1_000, "complained": 1})
    assert said(NOW) == ["complaints"]
    assert said(NOW + DAY) == []
    assert said(NOW + 31 * DAY) == []
    sent_counts.add(NOW // DAY + 32, {"sent": 1_000, "complained": 2})
    assert said(NOW + 32 * DAY) == ["complaints"]
    sent_counts.add(NOW // DAY + 32, {"complained": 1})
    assert said(NOW + 32 * DAY + HOUR) == ["marketing paused"]
    assert said(NOW + 33 * DAY) == []
    account["SendingEnabled"] = False
    assert said(NOW + 34 * DAY) == ["sending stopped"]
    account["SendingEnabled"] = True
    assert said(NOW + 34 * DAY + HOUR) == []
    account["SendingEnabled"] = False
    assert said(NOW + 35 * DAY) == ["sending stopped"]


def test_a_new_domain_sends_a_hundred_on_its_first_day_and_confirmations_besides(account: dict[str, Any]) -> None:
    account["SendQuota"] = {"Max24HourSend": -1.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    shop_settings.save(ShopSettings(warm_up=True), 0, "a test")
    sent_counts.add(NOW // DAY, {"sent": 99})
    sending.look(NOW)
    assert refused("campaigns") == "warm_up"
    assert pace.slot("journeys", NOW, marketing=True) is not None
    assert refused("journeys") == "warm_up"
    assert pace.slot("confirm", NOW, marketing=False) is not None


def test_what_the_domain_decides_and_what_the_item_s_conditions_allow_is_the_same() -> None:
    for left in (0, 10, 11):
        for warm in (0, 1, 2):
            for ahead in (0, 400, 900, 3_000):
                pace.told(
                    {
                        "interval": 73_000,
                        "left": left,
                        "kept": 10,
                        "warm": warm,
                        "warm_kept": 1,
                        "tat": (NOW + ahead) * 1000,
                        "stopped_until": 0,
                    },
                    NOW,
                )
                for lane in ("confirm", "journeys", "campaigns"):
                    before = pace.pace()
                    assert before is not None
                    wanted = take(before, lane, NOW, marketing=True)  # type: ignore[arg-type]
                    if isinstance(wanted, Wait):
                        assert refused(lane) == wanted.why
                        assert pace.pace() == before
                    else:
                        assert pace.slot(lane, NOW, marketing=True) == wanted[1]  # type: ignore[arg-type]
                        assert pace.pace() == wanted[0]
