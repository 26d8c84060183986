"""Signing up: what is asked of whoever sends a form before anything is mailed, and what becomes of a sign-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from shared.adapters import addresses, form_counts, form_traffic, identities, messages_queue, sign_ups, tokens
from shared.adapters.events_queue import put_events
from shared.adapters.shop_settings import settings
from shared.adapters.tokens import Token
from shared.domain import forms
from shared.domain.addresses import mailbox_of
from shared.domain.events import (
    ALL,
    SECOND,
    TRACKING,
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Type,
    event_id,
)
from shared.domain.forms import Form, SignUp
from shared.domain.messages.asked import SystemMessage
from shared.domain.refusals import RefusedError
from shared.domain.shop_traits import PROMISED

FASTEST = 2 * SECOND
"""Nobody has read a form and filled it in sooner than this after it was shown."""
PRESSED = "p"
LOOKED = "l"
"""How the number of a token begins: it was got by pressing the button of a page that said what it is for, or by
looking at the form."""


class Sent(NamedTuple):
    """A form that was sent in: `kept`, as it is published; `given`, by the names of its fields; `id`, the request's
    own; `network`, where it came from; `by_script`: from one of the shop's pages."""

    kept: forms.Kept
    form: Form
    given: Mapping[str, Sequence[str]]
    id: str
    network: str
    by_script: bool

    def one(self, name: str) -> str:
        values = self.given.get(name, ())
        return values[0] if values else ""


Outcome = Literal["thanks", "press"]
"""`press`: nothing is sent until somebody presses a button, with a token of its own."""


def new_token(form: Form, id_: str, now: Instant, pressed: bool = False) -> str:
    """Good for one sign-up by the form. `id_`: of the request that asks for it."""
    number = f"{PRESSED if pressed else LOOKED}{event_id('form token', id_)[:20]}"
    return tokens.issue(Token("", form.id, number, purpose="form", issued=now))


def sign_up(sent: Sent, now: Instant) -> Outcome:
    """What is answered never says whether an address is known, or was written to. RefusedError: what to fix."""
    filled_in = forms.read(sent.form, settings().interests, sent.given)
    if sent.one("homepage"):
        _count("honeypot")
        return "thanks"
    token = tokens.read(sent.one("token"), "form")
    if token is None or token.topic != sent.form.id or token.has_expired(now) or _is_too_fast(token, now):
        _count("no_token")
        return "press"
    if not form_traffic.spend(token.message, now):
        _count("token_used")
        return "press"
    assert filled_in.email is not None
    try:
        steady = form_traffic.is_steady(sent.form.id, sent.network, filled_in.email.rpartition("@")[2], now)
    except form_traffic.TooManyError:
        _count("too_many")
        raise RefusedError("too_many", sent.form.words.try_again, status=429) from None
    if not steady and not token.message.startswith(PRESSED):
        _count("not_steady")
        return "press"
    form_counts.count(sent.form.id, sent.kept.version, "sent", "site" if sent.by_script else "page", now)
    if sent.form.double_opt_in or not _may_sign_up_at_once(filled_in):
        _ask_to_confirm(sent, filled_in, now)
    else:
        put_events([event(sent.kept, sent.form, filled_in, event_id("sign-up", sent.id), now, network(sent.network))])
    return "thanks"


def _is_too_fast(token: Token, now: Instant) -> bool:
    """Whether nobody can have read the form. To press a button takes no reading."""
    return token.message.startswith(LOOKED) and now < token.issued + FASTEST


def network(source: str) -> str | None:
    """The network address that is kept with an answer: only where the shop's law asks for it."""
    return source if settings().keep_network_address and 2 <= len(source) <= 45 else None


def _may_sign_up_at_once(filled_in: SignUp) -> bool:
    """Whoever has said no, or whose address is suppressed, has to confirm whatever the form says: anybody can type
    anybody's address, and nobody but its owner takes back their no."""
    assert filled_in.email is not None
    address = addresses.read(identities.address_hash(filled_in.email))
    asked = (*filled_in.topics, ALL, *([TRACKING] if filled_in.tracking else []))
    said = [address.consent[topic].value for topic in asked if topic in address.consent]
    return address.suppression is None and "unsubscribed" not in said


def _ask_to_confirm(sent: Sent, filled_in: SignUp, now: Instant) -> None:
    """Has the confirmation mailed, unless the address has had its share of them: then nothing new is kept either, so
    that what its owner confirms is what the email they have is about."""
    assert filled_in.email is not None
    hashed = identities.address_hash(filled_in.email)
    mailbox = identities.address_hash(mailbox_of(filled_in.email))
    if not sign_ups.may_write(mailbox, now):
        _count("asked_already")
        return
    id_ = event_id("sign-up", sent.id)[:20]
    try:
        kept = sign_ups.Kept(id_, hashed, sent.form.id, sent.kept.version, now, filled_in, mailbox=mailbox)
        sign_ups.keep(kept, filled_in.email)
        mail(hashed, id_, "confirm_signup", now)
    except Exception:
        sign_ups.give_back(mailbox)  # whoever is told to try again is not to wait for a day
        raise


def mail(hashed: str, id_: str, purpose: Literal["confirm_signup", "reminder"], now: Instant) -> None:
    message = SystemMessage(
        contact=sign_ups.place(hashed),
        purpose=purpose,
        id=id_,
        address=hashed,
        best_before=now + sign_ups.KEPT_FOR,
    )
    messages_queue.put_prompt(message, now)


def event(
    kept: forms.Kept,
    form: Form,
    filled_in: SignUp,
    id_: str,
    time: Instant,
    network: str | None,
    address: str | None = None,
    contact: str | None = None,
) -> Event:
    """The sign-up as an event: of the address that was only typed; or `address`, which was confirmed; or `contact`,
    whom the link is of."""
    level: Literal["single", "double"] = "single" if address is None and contact is None else "double"
    email = address or filled_in.email
    topics = (*filled_in.topics, *([TRACKING] if filled_in.tracking else []))
    told = {"email": email} if email is not None else {}
    source = {} if form.is_survey else {"signup_source": form.signup_source}
    promised = {PROMISED: form.promise} if form.promise is not None else {}
    choices = {each.trait for each in form.questions if each.choices}
    identity = (
        Identity(kind=IdentityKind.CONTACT, value=contact)
        if contact is not None
        else Identity(kind=IdentityKind.EMAIL, value=email or "")
    )
    return Event(
        id=id_,
        type=SURVEY if form.is_survey else Type.CONSENT_CHANGED,
        time=time,
        stated=time,
        received=time,
        source="form",
        claimed=level == "single",
        identities=(identity,),
        traits={**told, **source, **promised, **filled_in.traits},
        consent=tuple(
            ConsentChange(
                topic=topic,
                state="subscribed",
                wording=f"{form.id}-{kept.version}",
                level=level,
                network=network,
            )
            for topic in topics
        ),
        # Only what was chosen: what somebody has typed may say who they are.
        properties={
            "form": form.id,
            "form_version": kept.version,
            **{name: value for name, value in filled_in.traits.items() if name in choices},
        },
    )


SURVEY = "Survey Answered"


def _count(reason: str) -> None:
    with single_metric(name="SignUpsHeld", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("reason", reason)
