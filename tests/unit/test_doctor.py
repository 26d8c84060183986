"""What a shop's email needs from outside: each thing that can be missing is found and comes with what adds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from shared.domain.doctor import Account, Finding, Identity, Record, Setup, UnansweredError, findings

DOMAIN = "news.shop.example"
RECORDS: Mapping[tuple[str, str], Sequence[str]] = {
    ("CNAME", f"t1._domainkey.{DOMAIN}"): ["t1.dkim.amazonses.com"],
    ("CNAME", f"t2._domainkey.{DOMAIN}"): ["T2.dkim.amazonses.com"],
    ("MX", f"bounce.{DOMAIN}"): ["10 feedback-smtp.eu-west-1.amazonses.com"],
    ("TXT", f"bounce.{DOMAIN}"): ["google-site-verification=x", "v=spf1 include:amazonses.com ~all"],
    ("TXT", "_dmarc.shop.example"): ["v=DMARC1; p=quarantine; rua=mailto:d@shop.example"],
    ("MX", "shop.example"): ["1 aspmx.l.google.com"],
}
GOOD = Setup(
    domain=DOMAIN,
    replies="hello@shop.example",
    region="eu-west-1",
    website="https://shop.example",
    account=Account(production=True, sending=True, status="HEALTHY", quota=50_000, rate=14),
    identity=Identity(verified=True, signed=True, tokens=("t1", "t2"), mail_from=f"bounce.{DOMAIN}"),
    secrets=(),
    heard={"shopify": 1_795_500_000_000, "segment": 1_795_500_000_000},
)


def found(setup: Setup = GOOD, **records: Sequence[str] | None) -> dict[str, Finding]:
    """What was found, by what was looked at; `records`: other records than the good ones, as MX__shop_DOT_example."""
    changed = dict(RECORDS)
    for name, values in records.items():
        type_, _, rest = name.partition("__")
        changed[type_, rest.replace("_DOT_", ".")] = values or ()
    return {each.check: each for each in findings(setup, lambda type_, name: changed.get((type_, name), ()))}


def test_where_all_is_there_nothing_is_missing() -> None:
    states = {check: each.state for check, each in found().items()}
    assert states.pop("One-click unsubscribe") == "look"  # nobody but its recipient sees an email's signature
    assert set(states.values()) == {"ok"}


def test_a_domain_that_ses_does_not_know_comes_with_the_command() -> None:
    told = found(replace(GOOD, identity=None))
    assert told["DKIM"].command == f"aws sesv2 create-email-identity --region eu-west-1 --email-identity {DOMAIN}"
    assert told["One-click unsubscribe"].state == "missing"


def test_records_that_are_missing_are_named() -> None:
    unverified = replace(GOOD, identity=Identity(False, False, ("t1", "t9"), f"bounce.{DOMAIN}"))
    told = found(unverified)["DKIM"]
    assert (told.state, told.records) == (
        "missing",
        (Record("CNAME", f"t9._domainkey.{DOMAIN}", "t9.dkim.amazonses.com"),),
    )


def test_records_that_are_there_and_not_seen_yet_need_patience() -> None:
    assert found(replace(GOOD, identity=Identity(False, False, ("t1",), None)))["DKIM"].state == "look"


def test_a_record_that_is_gone_is_wrong_while_ses_still_signs() -> None:
    told = found(replace(GOOD, identity=Identity(True, True, ("t1", "t9"), None)))["DKIM"]
    assert (told.state, len(told.records)) == ("wrong", 1)


def test_spf() -> None:
    missing = found(**{"TXT__bounce_DOT_news_DOT_shop_DOT_example": None})["MAIL FROM and SPF"]
    assert missing.records == (Record("TXT", f"bounce.{DOMAIN}", "v=spf1 include:amazonses.com ~all"),)
    two = ["v=spf1 include:amazonses.com ~all", "v=spf1 -all"]
    assert found(**{"TXT__bounce_DOT_news_DOT_shop_DOT_example": two})["MAIL FROM and SPF"].state == "wrong"
    none = found(replace(GOOD, identity=Identity(True, True, (), None)))["MAIL FROM and SPF"]
    assert none.command is not None
    assert {record.type for record in none.records} == {"MX", "TXT"}


@pytest.mark.parametrize(
    ("policy", "state", "said"),
    [
        (["v=DMARC1; p=none; rua=mailto:d@shop.example"], "ok", "quarantine"),
        (["v=DMARC1;p=reject"], "ok", "rua="),
        (["v=DMARC1; p=reject; sp=none; rua=mailto:d@shop.example"], "ok", "p=none"),  # what holds below it
        (["v=DMARC1; rua=mailto:d@shop.example"], "wrong", "nothing"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "wrong", "2 DMARC records"),
        (["v=DMARC10; p=none"], "missing", "Gmail"),
        ([], "missing", "Gmail"),
    ],
)
def test_dmarc(policy: list[str], state: str, said: str) -> None:
    told = found(**{"TXT___dmarc_DOT_shop_DOT_example": policy})["DMARC"]
    assert told.state == state
    assert said in told.text


@pytest.mark.parametrize("servers", [[], ["0 ."]])  # RFC 7505: a domain that takes no email says so
def test_replies_that_nobody_gets(servers: list[str]) -> None:
    assert found(**{"MX__shop_DOT_example": servers})["Replies"].state == "missing"


def test_the_account() -> None:
    sandbox = found(replace(GOOD, account=Account(False, True, "HEALTHY", 200, 1)))["Sandbox"]
    assert sandbox.state == "missing"
    assert "put-account-details" in (sandbox.command or "")
    assert found(replace(GOOD, account=Account(True, False, "SHUTDOWN", 200, 1)))["SES account"].state == "wrong"
    assert found(replace(GOOD, account=Account(True, True, "PROBATION", 200, 1)))["SES account"].state == "wrong"
    assert "any number of" in found(replace(GOOD, account=Account(True, True, "HEALTHY", -1, 14)))["Sandbox"].text


def test_what_was_never_heard_of() -> None:
    told = found(replace(GOOD, heard={}, secrets=("The secret token_key: there is none.",)))
    assert (told["Storefront"].state, told["Website"].state, told["Secrets"].state) == ("missing", "look", "wrong")


def test_what_is_wrong_comes_first() -> None:
    order = [each.state for each in findings(replace(GOOD, heard={}), lambda *_: ())]
    assert order == sorted(order, key=("missing", "wrong", "look", "ok").index)


def test_a_dns_that_does_not_answer_is_no_missing_record() -> None:
    def silent(type_: str, name: str) -> Sequence[str]:
        raise UnansweredError(f"{name}: LifetimeTimeout")

    states = {each.check: each.state for each in findings(GOOD, silent)}
    assert {states[check] for check in ("DKIM", "MAIL FROM and SPF", "DMARC", "Replies")} == {"look"}
