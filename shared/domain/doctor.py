"""What a shop's email needs from outside: from SES, from the domain's DNS, from whoever sends us events. For each: is
it there, and if not, the record or the command that adds it.

Rules: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 and its successor (DMARC), RFC 7505 (an MX of "."), RFC 8058
(one-click); "Authenticating Email with …" and "Using a custom MAIL FROM domain" of the SES developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.domain.events import Instant, iso

State = Literal["ok", "missing", "wrong", "look"]
"""`look`: it cannot be seen from here; the text says where to look."""
Lookup = Callable[[str, str], Sequence[str]]
"""The values of a name's DNS records of a type (TXT joined, MX with its preference, names without the dot at their
end); none where there are none. UnansweredError."""
Storefronts = Mapping[str, Instant]

FEW = 200
"""Emails a day: what an account in the sandbox may send."""


class UnansweredError(Exception):
    """The DNS did not answer: what it has is not known."""


class Record(NamedTuple):
    """A DNS record to add."""

    type: str
    name: str
    value: str


class Finding(NamedTuple):
    """What was found of one thing that email needs, and how it is mended."""

    check: str
    state: State
    text: str
    records: tuple[Record, ...] = ()
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """SES's account in the region. `status`: its EnforcementStatus; `quota`: emails in 24 hours (below 0: any number),
    `rate`: in a second."""

    production: bool
    sending: bool
    status: str
    quota: float
    rate: float


@dataclass(frozen=True, slots=True)
class Identity:
    """The sender's domain as SES knows it. `mail_from`: the domain bounces come back to, None where it is SES's own."""

    verified: bool
    signed: bool
    tokens: tuple[str, ...] = ()
    mail_from: str | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """`domain`: the sender's; `replies`: the address that an answer to an email goes to; `secrets`: what is wrong with
    the secrets, a sentence each; `heard`: when each source was last heard of; `website`: the address of the shop."""

    domain: str
    replies: str
    region: str
    website: str
    account: Account
    identity: Identity | None
    secrets: Sequence[str]
    heard: Storefronts


def findings(setup: Setup, lookup: Lookup) -> list[Finding]:
    """All that was looked at, what is wrong first."""
    found = [
        *_checked(_identity(setup, lookup), "DKIM"),
        *_checked(_mail_from(setup, lookup), "MAIL FROM and SPF"),
        *_checked(_dmarc(setup, lookup), "DMARC"),
        *_checked(_replies(setup, lookup), "Replies"),
        _one_click(setup),
        *_account(setup),
        *_secrets(setup),
        *_heard(setup),
    ]
    return sorted(found, key=lambda each: ("missing", "wrong", "look", "ok").index(each.state))


def _checked(found: Iterator[Finding], check: str) -> Iterator[Finding]:
    try:
        yield from found
    except UnansweredError as error:
        yield Finding(check, "look", f"The DNS did not answer ({error}). Try again in a minute.")


def _identity(setup: Setup, lookup: Lookup) -> Iterator[Finding]:
    domain, identity = setup.domain, setup.identity
    if identity is None:
        told = f"SES in {setup.region} does not know {domain}: it takes no email from it."
        command = f"aws sesv2 create-email-identity --region {setup.region} --email-identity {domain}"
        yield Finding("DKIM", "missing", told, command=command)
        return
    wanted = [
        Record("CNAME", f"{token}._domainkey.{domain}", f"{token}.dkim.amazonses.com") for token in identity.tokens
    ]
    absent = tuple(each for each in wanted if each.value not in map(str.lower, lookup("CNAME", each.name)))
    if absent and not identity.verified:
        yield Finding("DKIM", "missing", f"{domain} is not verified: add these records, and SES finds them.", absent)
    elif absent:
        told = f"{len(absent)} of {len(wanted)} records are gone, and SES will stop signing. Add them again."
        yield Finding("DKIM", "wrong", told, absent)
    elif not identity.verified:
        yield Finding("DKIM", "look", "The records are there, and SES has not seen them yet. It can take a few hours.")
    elif not identity.signed:
        told = f"{domain} is verified, but its emails are not signed with DKIM: Gmail and Yahoo refuse them in bulk."
        command = f"aws sesv2 put-email-identity-dkim-attributes --email-identity {domain} --signing-enabled"
        yield Finding("DKIM", "wrong", told, command=command)
    else:
        yield Finding("DKIM", "ok", f"{domain} is verified, and its emails are signed.")


def _mail_from(setup: Setup, lookup: Lookup) -> Iterator[Finding]:
    check, wanted = "MAIL FROM and SPF", f"bounce.{setup.domain}"
    name = setup.identity.mail_from if setup.identity is not None else None
    server, policy = f"10 feedback-smtp.{setup.region}.amazonses.com", "v=spf1 include:amazonses.com ~all"
    if name is None:
        told = "Bounces go to a domain of SES’s, so SPF says nothing about yours. DKIM alone carries DMARC then."
        attributes = f"--email-identity {setup.domain} --mail-from-domain {wanted}"
        command = f"aws sesv2 put-email-identity-mail-from-attributes {attributes}"
        yield Finding(check, "missing", told, (Record("MX", wanted, server), Record("TXT", wanted, policy)), command)
        return
    absent = []
    servers = [each.lower() for each in lookup("MX", name)]
    if not any(each.endswith(server.split()[1]) for each in servers):
        absent.append(Record("MX", name, server))
    policies = [each for each in lookup("TXT", name) if re.match(r"v=spf1( |$)", each, re.IGNORECASE)]
    if not any("include:amazonses.com" in each.lower() for each in policies):
        absent.append(Record("TXT", name, policy))
    if len(policies) > 1:
        told = f"{name} has {len(policies)} SPF records, and only one is allowed: receivers take none of them."
        yield Finding(check, "wrong", told)
    elif absent:
        yield Finding(
            check, "missing", f"{name} lacks records, so emails go out from a domain of SES’s.", tuple(absent)
        )
    else:
        yield Finding(check, "ok", f"Bounces come back to {name}, and SPF lets SES send for it.")


def _dmarc(setup: Setup, lookup: Lookup) -> Iterator[Finding]:
    labels = setup.domain.split(".")
    for start in range(len(labels) - 1):  # the domain's own, or else the one above it
        name = f"_dmarc.{'.'.join(labels[start:])}"
        policies = [each for each in lookup("TXT", name) if re.match(r"v=DMARC1\s*(;|$)", each, re.IGNORECASE)]
        if len(policies) > 1:
            yield Finding("DMARC", "wrong", f"{name} has {len(policies)} DMARC records: receivers take none of them.")
            return
        if policies:
            yield _dmarc_of(name, policies[0], inherited=start > 0)
            return
    own = Record("TXT", f"_dmarc.{setup.domain}", f"v=DMARC1; p=none; rua=mailto:dmarc@{'.'.join(labels[-2:])}")
    told = "Gmail, Yahoo and Outlook want a DMARC record of everybody who sends in bulk."
    yield Finding("DMARC", "missing", told, (own,))


def _dmarc_of(name: str, policy: str, *, inherited: bool) -> Finding:
    pairs = (part.partition("=") for part in policy.split(";"))
    tags = {tag.strip().lower(): value.strip().lower() for tag, _, value in pairs}
    asked = tags.get("sp", tags.get("p")) if inherited else tags.get("p")
    if asked not in ("none", "quarantine", "reject"):
        return Finding("DMARC", "wrong", f"{name} says p={asked or 'nothing'}: it must be none, quarantine or reject.")
    advice = " After some weeks of clean reports, ask for p=quarantine." if asked == "none" else ""
    reports = "" if "rua" in tags else " It names no address for reports (rua=mailto:…), so nobody sees what fails."
    return Finding("DMARC", "ok", f"{name} asks receivers for p={asked}.{reports}{advice}")


def _replies(setup: Setup, lookup: Lookup) -> Iterator[Finding]:
    domain = setup.replies.rpartition("@")[2]
    servers = [each for each in lookup("MX", domain) if each.split()[-1] != "."]
    if servers:
        yield Finding("Replies", "ok", f"Answers to your emails go to a mailbox at {domain}.")
        return
    told = f"Nothing takes email for {domain}, so answers to your emails are lost. Set a Reply-To that is read."
    yield Finding("Replies", "missing", told, command="beckon settings set FILE, with senders.reply_to")


def _one_click(setup: Setup) -> Finding:
    signed = setup.identity is not None and setup.identity.signed
    if not signed:
        told = "One-click unsubscribing counts only where its two headers are signed: set up DKIM first."
        return Finding("One-click unsubscribe", "missing", told)
    told = (
        "Every marketing email has both headers. Whether the signature covers them shows in one that was received: in "
        "Gmail, “Show original”; in DKIM-Signature, h= must name List-Unsubscribe and List-Unsubscribe-Post."
    )
    return Finding("One-click unsubscribe", "look", told)


def _account(setup: Setup) -> Iterator[Finding]:
    account = setup.account
    if not account.production:
        told = f"SES is in its sandbox: {FEW} emails a day, and only to addresses that are verified."
        command = (
            "aws sesv2 put-account-details --production-access-enabled --mail-type MARKETING "
            f"--website-url {setup.website} --use-case-description '…'"
        )
        yield Finding("Sandbox", "missing", told, command=command)
    if not account.sending or account.status == "SHUTDOWN":
        told = "SES has paused the account’s sending. The email to the account’s owner, and the support case, say why."
        yield Finding("SES account", "wrong", told, command="aws sesv2 get-account")
    elif account.status == "PROBATION":
        told = "SES reviews the account, for bounces or complaints: it may pause sending. Answer the support case."
        yield Finding("SES account", "wrong", told, command="aws sesv2 get-account")
    if account.production:
        quota = "any number of" if account.quota < 0 else f"{account.quota:,.0f}"
        yield Finding("Sandbox", "ok", f"SES takes {quota} emails in 24 hours, {account.rate:,.0f} a second.")


def _secrets(setup: Setup) -> Iterator[Finding]:
    for problem in setup.secrets:
        yield Finding("Secrets", "wrong", problem)
    if not setup.secrets:
        yield Finding("Secrets", "ok", "All secrets are stored, each in its form.")


def _heard(setup: Setup) -> Iterator[Finding]:
    storefronts = {name: at for name, at in setup.heard.items() if name in STOREFRONTS}
    for name, at in sorted(storefronts.items()):
        yield Finding("Storefront", "ok", f"{STOREFRONTS[name]} was heard of on {_day(at)}.")
    if not storefronts:
        told = (
            "No storefront has sent a webhook yet. Add them in Shopify or WooCommerce, with the address in the stack’s "
            "outputs, and place a test order."
        )
        yield Finding("Storefront", "missing", told)
    website = setup.heard.get("segment")
    told = "No website has sent an event yet: visits are not seen, and nobody is inactive for want of them."
    if website is not None:
        yield Finding("Website", "ok", f"The website was heard of on {_day(website)}.")
    else:
        yield Finding("Website", "look", told)


STOREFRONTS = {"shopify": "Shopify", "woocommerce": "WooCommerce"}


def _day(at: Instant) -> str:
    return iso(at)[:10]
