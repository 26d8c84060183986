"""Coupon codes: each contact gets their own, once, also when an email is tried again; an empty pool holds the email."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from functions.admin.health import _coupons
from shared.adapters import composing, contacts, coupons, ready_templates, template_definitions
from shared.adapters.coupons import NoCodeError
from shared.adapters.mail import NotSentError
from shared.domain.coupons import Pool
from shared.domain.events import DAY
from shared.domain.profiles import Profile, Stamped
from shared.domain.templates.stored import with_version
from tests.integration.conftest import NOW
from tests.integration.test_message import (  # noqa: F401 - `ses` is a fixture
    ADDRESS,
    Ses,
    ask,
    contact_profile,
    raising,
    ses,
    ses_error,
    store,
)


def names(written: str) -> None:
    """Publishes the email of the step anew, with that in its text part."""
    shipped = template_definitions.shipped("we_miss_you")
    compiled = {name: one.model_copy(update={"text": one.text + written}) for name, one in shipped.compiled.items()}
    version = shipped.model_copy(update={"number": 1, "compiled": compiled, "at": NOW})
    template_definitions.publish(with_version(template_definitions.publication(), version), version)


def pool_of(*codes: str, **about: Any) -> None:
    coupons.save(Pool(id="win_back", **about))
    coupons.add("win_back", codes)


def codes_sent(ses: Ses) -> list[str]:  # noqa: F811
    texts = [mail["Content"]["Simple"]["Body"]["Text"]["Data"] for mail in ses.sent]
    return [found[1] for text in texts if (found := re.search(r"Code: (\S*)!", text))]


# ── giving ──


def test_each_owner_gets_a_code_of_their_own_and_the_same_again(aws: None) -> None:
    pool_of("A-1", "B-2", "C-3", days=7)
    given = {owner: coupons.claim("win_back", owner, "c01", NOW) for owner in ("x", "y", "z")}
    assert {code for code, _ in given.values()} == {"A-1", "B-2", "C-3"}
    assert {until for _, until in given.values()} == {NOW + 7 * DAY}
    assert {owner: coupons.claim("win_back", owner, "c01", NOW + DAY) for owner in given} == given
    assert (coupons.left("win_back"), coupons.counts("win_back", NOW)) == (0, (3, 0, 0, 3))
    assert coupons.counts("win_back", NOW + 7 * DAY) == (3, 0, 3, 0)
    assert coupons.counts("win_back", NOW, most=3) == (3, None, None, None)
    with pytest.raises(NoCodeError):
        coupons.claim("win_back", "one more", "c01", NOW)


def test_who_meets_another_at_a_code_gets_another_code(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pool_of("A-1", "B-2")
    found = coupons._next
    stale = found("win_back", "")
    coupons.claim("win_back", "first", "c01", NOW)
    answers = iter([stale])
    monkeypatch.setattr(coupons, "_next", lambda *given: next(answers, None) or found(*given))
    monkeypatch.setattr(coupons, "pause", lambda tries: None)
    second, _ = coupons.claim("win_back", "second", "c02", NOW)
    assert {second, coupons.claim("win_back", "first", "c01", NOW)[0]} == {"A-1", "B-2"}


def test_a_code_that_was_given_is_not_given_again_though_it_is_added_again(aws: None) -> None:
    pool_of("A-1")
    assert coupons.claim("win_back", "x", "c01", NOW)[0] == "A-1"
    coupons.add("win_back", ["A-1"])
    with pytest.raises(NoCodeError):
        coupons.claim("win_back", "y", "c02", NOW)
    assert coupons.left("win_back") == 0


def test_a_code_is_one_in_whatever_letters_and_what_was_given_is_not_among_what_is_left(aws: None) -> None:
    pool_of("Back-1", "Back-2")
    given, _ = coupons.claim("win_back", "x", "c01", NOW)
    assert coupons.add("win_back", ["BACK-1", "back-2", "BACK-3"]) == 1
    assert (coupons.left("win_back"), coupons.counts("win_back", NOW).given) == (2, 1)
    others = {coupons.claim("win_back", owner, "c02", NOW)[0].casefold() for owner in ("y", "z")}
    assert others | {given.casefold()} == {"back-1", "back-2", "back-3"}
    with pytest.raises(NoCodeError):
        coupons.claim("win_back", "one more", "c02", NOW)
    dry = coupons.pool("win_back")
    assert coupons.add("win_back", ["back-1"]) == 0
    assert coupons.pool("win_back") == dry, "emails wait still"


def test_a_change_of_an_empty_pool_does_not_make_it_known_to_have_codes(aws: None) -> None:
    pool_of("A-1")
    coupons.claim("win_back", "x", "c01", NOW)
    with pytest.raises(NoCodeError):
        coupons.claim("win_back", "y", "c01", NOW)
    coupons.save(Pool(id="win_back", days=3))
    assert coupons.pool("win_back") == (Pool(id="win_back", days=3), NOW)
    coupons.save(Pool(id="win_back", code="FOR-ALL"))
    assert coupons.pool("win_back") == (Pool(id="win_back", code="FOR-ALL"), None)


def test_a_reminder_says_the_first_email_s_code_and_day_though_the_pool_has_one_for_all_now(aws: None) -> None:
    coupons.save(Pool(id="hello", code="HELLO10", days=7))
    first = coupons.claim("hello", "run", "c01", NOW)
    assert first == ("HELLO10", NOW + 7 * DAY)
    coupons.save(Pool(id="hello", code="HELLO15", days=30))
    assert coupons.claim("hello", "run", "c01", NOW + 3 * DAY) == first
    assert coupons.claim("hello", "another", "c02", NOW) == ("HELLO15", NOW + 30 * DAY)


def test_nothing_but_the_contacts_own_partition_says_whose_a_code_is(aws: None) -> None:
    pool_of("A-1")
    coupons.claim("win_back", "win_back_c01-win_back-7", "c01", NOW)
    assert [each["kind"]["S"] for each in contacts.items("c01", "COUPON#")] == [
        "COUPON#win_back#win_back_c01-win_back-7"
    ]
    stored = coupons.client("dynamodb").scan(TableName=coupons.table())["Items"]
    assert "c01" not in json.dumps(stored)


def test_who_has_gone_is_given_nothing(aws: None) -> None:
    pool_of("A-1")
    store(Profile("c01", erased=True))
    with pytest.raises(NoCodeError):
        coupons.claim("win_back", "x", "c01", NOW)
    assert coupons.left("win_back") == 1


# ── in emails ──


def test_an_email_that_is_tried_again_has_the_same_code_and_so_has_the_reminder_of_its_run(ses: Ses) -> None:  # noqa: F811
    pool_of(*(f"CODE-{n}" for n in range(50)))
    names("\nCode: {{ coupon.win_back }}!")
    ses.before = raising(ses_error("TooManyRequestsException", 429))
    with pytest.raises(NotSentError):
        ask()
    ses.before = lambda: None
    assert ask()["status"] == "sent"
    assert ask(1)["status"] == "sent"  # of the same run
    first, reminder = codes_sent(ses)
    assert first == reminder
    assert first.startswith("CODE-")
    assert coupons.counts("win_back", NOW).given == 1


def test_a_code_that_is_not_shown_is_not_given(ses: Ses) -> None:  # noqa: F811
    pool_of("A-1")
    names("\n{% if traits.vip %}Code: {{ coupon.win_back }}!{% endif %}")
    ask()
    assert coupons.left("win_back") == 1


def test_an_empty_pool_holds_the_email_until_there_are_codes(ses: Ses) -> None:  # noqa: F811
    pool_of("A-1", low=5)
    coupons.claim("win_back", "somebody", "c02", NOW)
    names("\nCode: {{ coupon.win_back }}!")
    assert ask()["status"] == "delayed"
    assert ses.sent == []
    facts, (problem,) = _coupons(NOW)
    assert facts == {"coupons_left": {"win_back": 0}}
    assert problem.startswith("No code of the pool win_back is left. Emails that name it wait.")
    coupons.add("win_back", ["B-2"])
    assert _coupons(NOW)[1] == ["The pool win_back has only 1 code left."]
    assert ask()["status"] == "sent"
    assert codes_sent(ses) == ["B-2"]


def test_one_code_for_all_and_until_when_it_is_good(ses: Ses) -> None:  # noqa: F811
    coupons.save(Pool(id="win_back", code="BACK10", days=7))
    names("\nCode: {{ coupon.win_back }}! {{ coupon.win_back.until | date: 'until %Y' }}")
    ask()
    assert codes_sent(ses) == ["BACK10"]
    assert "until 20" in ses.sent[0]["Content"]["Simple"]["Body"]["Text"]["Data"]


def test_a_code_that_all_get_is_counted_once_for_each_run_and_nobody_knows_whose(ses: Ses) -> None:  # noqa: F811
    coupons.save(Pool(id="win_back", code="BACK10", days=7))
    names("\nCode: {{ coupon.win_back }}!")
    ask()
    ask(1)
    assert coupons.counts("win_back", NOW) == (1, 0, 0, 1)
    stored = coupons.client("dynamodb").scan(TableName=coupons.table())["Items"]
    assert "c01" not in json.dumps(stored)


def test_what_a_form_has_promised_is_of_the_pool_that_it_named(ses: Ses) -> None:  # noqa: F811
    pool_of("A-1")
    names("\nCode: {{ coupon.promised }}!")
    ask()
    promised = {"email": Stamped(ADDRESS, 1), "promised_code": Stamped("win_back", 1)}
    store(contact_profile(traits=promised))
    ask(1)
    assert codes_sent(ses) == ["", "A-1"]


def test_a_preview_gives_no_code(ses: Ses) -> None:  # noqa: F811
    pool_of("A-1")
    names("\nCode: {{ coupon.win_back }}!")
    shown = composing.preview(ready_templates.ready("we_miss_you"), contact_profile(), NOW)
    assert "Code: BACK-7Q4M!" in shown.text
    assert coupons.left("win_back") == 1
