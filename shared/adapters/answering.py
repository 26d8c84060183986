"""Who follows a link, what holds of their consent, and how an answer of theirs is taken down.

Every answer is recorded as it was given. It is confirmed once its event is on the queue and it stands at the contact's
address (see `addresses`), where the next page and the gate read it: the profile, which is behind by all that still
waits on the queue, is never compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from shared.adapters import addresses, contacts, identities, messages
from shared.adapters.clock import now
from shared.adapters.events_queue import put_events
from shared.adapters.shop_settings import settings
from shared.adapters.tokens import Token
from shared.domain.addresses import Address, newest_answer, paused_until
from shared.domain.events import (
    ALL,
    TRACKING,
    ConsentChange,
    Event,
    Frequency,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Type,
    event_id,
)
from shared.domain.messages.digests import frequency
from shared.domain.messages.gate import suppressed
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped

MAX_TRIES = 5
"""How often an answer is given a later instant, because another one came to its address meanwhile."""

Answers = Mapping[str, Literal["subscribed", "unsubscribed"] | Frequency]
"""By topic, or what stands in the place of one."""


class GoneError(Exception):
    """The contact was erased: nothing is known of them, and nothing can be changed."""


class ChangingError(Exception):
    """Others change the contact's answers all the time."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the token is for: their profile, what holds for its address (`own`: its hash), and what was said at the
    addresses (by their hashes) that an answer of theirs is about: the profile's, and the one that the mail with the
    link went to."""

    profile: Profile
    own: str
    address: Address
    said: Mapping[str, Mapping[str, Stamped]]

    def answer(self, topic: str) -> Stamped | None:
        return newest_answer(self.profile, topic, self.address.consent)

    def later_than_others(self, answers: Answers, heard: Instant) -> Instant:
        """The instant of what was `heard` now: later than that of every other answer, wherever it stands."""
        for held in (self.profile.consent, *self.said.values()):
            for topic in answers.keys() & held.keys():
                heard = max(heard, held[topic].time + (held[topic].value != answers[topic]))
            if ALL in held and ALL not in answers and held[ALL].value == "unsubscribed":
                heard = max(heard, held[ALL].time + 1)
        return heard

    def subscribed(self) -> set[str]:
        """The topics that they get mails about, and what else they have agreed to."""
        return {
            topic
            for topic in asked_about()
            if (answer := self.answer(topic)) is not None
            and answer.value == "subscribed"
            and suppressed(self.address.suppression, answer) is None
        }

    def frequency(self, topic: str) -> str:
        """How often they get emails about the topic, if they get any."""
        return frequency(self.profile, topic, self.address.consent)

    @property
    def paused_until(self) -> Instant | None:
        return paused_until(self.profile, self.address.consent, now())

    @property
    def unreachable(self) -> Refusal | None:
        """Why no answer of theirs can bring them mail."""
        refusal = suppressed(self.address.suppression, None)
        return None if refusal is Refusal.SUPPRESSED_ERASURE else refusal


def asked_about() -> list[str]:
    """What the preference page has a box for: the shop's topics, and tracking where consent to it decides anything."""
    shop = settings()
    asks = "with_consent" in (shop.tracking.opens, shop.tracking.clicks)
    return [*(topic.id for topic in shop.topics), *([TRACKING] if asks else [])]


def standing(contact: str) -> Profile:
    """The profile of a contact, or of the one that it has joined."""
    while (stored := contacts.read(contact)) is not None and stored.profile.merged_into is not None:
        contact = stored.profile.merged_into
    return stored.profile if stored is not None else Profile(contact)


def read(token: Token) -> Reader:
    """GoneError when the contact was erased."""
    profile = standing(token.contact)
    if profile.erased:
        raise GoneError
    # Whose address was taken away has no other place for what they say.
    own = identities.address_hash(profile.email) if profile.email is not None else profile.contact
    address = addresses.read(own)
    said = {own: address.consent}
    mailed = messages.address(token.contact, token.message)
    if mailed is not None and mailed != own:
        said[mailed] = addresses.consent(mailed)
    return Reader(profile, own, address, said)


def record(
    token: Token, id_: str, answers: Answers, *, wording: str | None = None, network: str | None = None
) -> Reader:
    """Puts the answers on the queue, and stores them at the contact's address; gives the reader as they were before.
    `id_`: of what they
    said it by; `wording`: which words they have answered to; `network`: the address that it came from.

    Their instant is later than that of every answer there is, whatever the clocks of other Lambdas say, so that what
    is said last holds. The event comes first: a yes holds only if its record is safe. Its id is of the request, not of
    the token: who unsubscribes, comes back and unsubscribes again has done three things.
    """
    for _ in range(MAX_TRIES):
        reader = read(token)
        heard = now()
        instant = reader.later_than_others(answers, heard)
        changes = tuple(
            ConsentChange(topic=topic, state=state, wording=wording, network=network)
            for topic, state in answers.items()
        )
        put_events([_event(token, id_, reader, Type.CONSENT_CHANGED, instant, heard, consent=changes)])
        newest = [addresses.answer(hashed, answers, instant, "preference") for hashed in reader.said]
        if all(newest):
            break
    else:
        raise ChangingError
    for topic, state in answers.items():
        held, name = reader.answer(topic), _COUNTED.get(state)
        if name is not None and (held is None or held.value != state):
            with single_metric(name=name, unit=MetricUnit.Count, value=1):
                pass
    return reader


_COUNTED = {"subscribed": "Resubscribed", "unsubscribed": "Unsubscribed"}


def tell(token: Token, id_: str, reader: Reader, type_: str, **fields: Any) -> None:
    """Puts what they said besides on the queue."""
    put_events([_event(token, id_, reader, type_, now(), now(), **fields)])


def tell_once(token: Token, reader: Reader, type_: str, **fields: Any) -> None:
    """The same of what the token's email asked for: however often it is said, it has happened once."""
    told = _event(token, token.message, reader, type_, now(), now(), as_of=now(), **fields)
    id_ = event_id("preference", token.purpose, token.message)
    put_events([told.model_copy(update={"id": id_, "stated": token.issued})])


def _event(
    token: Token, id_: str, reader: Reader, type_: str, instant: Instant, heard: Instant, **fields: Any
) -> Event:
    contact = Identity(kind=IdentityKind.CONTACT, value=reader.profile.contact)
    properties: dict[str, Json] = {"message": token.message, **fields.pop("properties", {})}
    return Event(
        id=event_id("preference", id_, type_, str(instant)),
        type=type_,
        time=instant,
        stated=instant,
        received=heard,
        source="preference",
        identities=(contact, *fields.pop("identities", ())),
        properties=properties,
        **fields,
    )
