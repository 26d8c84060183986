"""What the shop's own people and systems tell of somebody: an operator on the contact's page, a CRM by the API.

It is told by who keeps the record, so it counts as the storefront's word does: the newest of several holds. What nobody
has said is not taken for said: a record without a consent says nothing of consent, and a yes needs its proof, that is
when it was given and where.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.domain.events import (
    ALL,
    TOPIC_ID,
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Source,
    Strict,
    Type,
    counted_time,
    event_id,
    normal_email,
    parse_instant,
)
from shared.domain.properties import is_small
from shared.domain.sources.payload import country, cut

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
Proof = Annotated[str, Field(min_length=8, max_length=200, pattern=r"^[^\r\n]*$")]
TRAIT = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = ("email", "tags", "lists", "dormant", "sunset", "promised_code")
"""Traits that have their own field, or that only the product sets."""
LIFETIME_VALUE, ACQUISITION_COST = "lifetime_value", "acquisition_cost"
INTERACTIONS = (
    *("Support Ticket Opened", "Support Ticket Solved", "Call Held", "Meeting Held", "Chat Held", "Note Written"),
    *("Quote Sent", "Complaint Received"),
)
"""Names for what a CRM knows of; others are taken, too, but none that the product gives a meaning to."""
EXTERNAL = "crm:"
"""Before an id of another system, among user ids."""
MAX_RECORDS = 500
"""Of one request."""


class Consent(Strict):
    """An answer of the person's: `at`, when they gave it, and for a yes the `proof` of it, where and how they did."""

    topic: Annotated[str, Field(pattern=TOPIC_ID)] = "marketing"
    state: Literal["subscribed", "unsubscribed"]
    at: str | None = None
    proof: Proof | None = None

    @model_validator(mode="after")
    def _proved(self) -> "Consent":
        if self.at is not None:
            parse_instant(self.at)
        if self.state == "subscribed" and (self.at is None or self.proof is None):
            raise ValueError(
                "consent: a yes needs its proof: at, when it was given, and proof, where and how, in a few words"
            )
        if self.state == "subscribed" and self.topic == ALL:
            raise ValueError("consent: a yes is to one topic")
        return self


class Interaction(Strict):
    """Something that happened between the person and the shop: one of INTERACTIONS, or a name of the shop's own. `id`
    is that of the system that tells it, so that it counts once however often it is told."""

    event: Annotated[str, Field(min_length=2, max_length=100, pattern=r"^[^\r\n]*$")]
    id: Line
    at: str
    properties: dict[str, Json] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="after")
    def _ours_or_theirs(self) -> "Interaction":
        parse_instant(self.at)
        if self.event in list(Type):
            raise ValueError(f"event: {self.event} is told by the storefront, the website or Beckon itself")
        return self


class Changes(Strict):
    """What is told of somebody, beside who it is. A trait told as null has no value any more."""

    traits: dict[str, Json] = Field(default_factory=dict, max_length=100)
    tags_added: tuple[Line, ...] = Field(default=(), max_length=50)
    tags_removed: tuple[Line, ...] = Field(default=(), max_length=50)
    lists_added: tuple[Line, ...] = Field(default=(), max_length=50)
    lists_removed: tuple[Line, ...] = Field(default=(), max_length=50)
    consent: tuple[Consent, ...] = Field(default=(), max_length=30)

    @model_validator(mode="after")
    def _names(self) -> "Changes":
        for name, value in self.traits.items():
            if TRAIT.fullmatch(name) is None or name in RESERVED:
                raise ValueError(f"traits: {name[:40]} is no trait that can be set: small letters, digits and _")
            if value is not None and (isinstance(value, dict) or not is_small({name: value})):
                raise ValueError(f"traits: {name} must be a text, a number, yes or no, or a short list of texts")
        return self


class Record(Changes):
    """Somebody, as a CRM has them: known by one at least of `email`, `user` (the site's user id) and `external_id` (the
    CRM's own). `cltv` and `cac` are amounts in the shop's currency, and become the traits `lifetime_value` and
    `acquisition_cost`. `updated_at`: when the record was so; left out, now."""

    email: Annotated[str, Field(max_length=254)] | None = None
    user: Line | None = None
    external_id: Line | None = None
    cltv: float | None = Field(default=None, allow_inf_nan=False)
    cac: float | None = Field(default=None, allow_inf_nan=False)
    interactions: tuple[Interaction, ...] = Field(default=(), max_length=200)
    updated_at: str | None = None

    @model_validator(mode="after")
    def _somebody(self) -> "Record":
        if self.email is None and self.user is None and self.external_id is None:
            raise ValueError("email: one of email, user and external_id is required")
        for name, reads in (("email", normal_email), ("updated_at", parse_instant)):
            text = getattr(self, name)
            try:
                if text is not None:
                    reads(text)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return self

    @property
    def identities(self) -> tuple[Identity, ...]:
        named = []
        if self.user is not None:
            named.append(Identity(kind=IdentityKind.USER, value=self.user))
        if self.external_id is not None:
            named.append(Identity(kind=IdentityKind.USER, value=f"{EXTERNAL}{self.external_id}"))
        if self.email is not None:
            named.append(Identity(kind=IdentityKind.EMAIL, value=normal_email(self.email)))
        return tuple(named)


def together(several: Iterable[Record]) -> dict[Identity, tuple[Identity, ...]]:
    """By each identity that records of one request name, all that they name with it. Queues keep no order: what one
    record says of whose an id is has to stand in each event about that id."""
    found: dict[Identity, set[Identity]] = {}
    for record in several:
        named = set(record.identities).union(*(found.get(each, ()) for each in record.identities))
        found |= dict.fromkeys(named, named)
    return {each: tuple(sorted(named, key=lambda i: (i.kind, i.value))) for each, named in found.items()}


def events_of(
    record: Record, received: Instant, by: str, identities: tuple[Identity, ...] | None = None
) -> Iterator[Event]:
    """What a CRM's record tells, as events: the same for each time that it is sent. `identities`: all that its request
    names of the person (`together`)."""
    named = record.identities if identities is None else identities
    stated = parse_instant(record.updated_at) if record.updated_at is not None else None
    traits = dict(record.traits)
    if record.email is not None:
        traits["email"] = normal_email(record.email)
    amounts = {LIFETIME_VALUE: record.cltv, ACQUISITION_COST: record.cac}
    traits |= {name: amount for name, amount in amounts.items() if amount is not None}
    yield from changed(record, named, traits, "crm", received, by, stated)
    for each in record.interactions:
        at = parse_instant(each.at)
        yield Event(
            id=event_id("crm", each.event, each.id),
            type=each.event,
            time=counted_time(at, received),
            stated=at,
            received=received,
            source="crm",
            identities=named,
            properties=each.properties,
        )


def _value(name: str, value: Json) -> Json:
    if not isinstance(value, str):
        return value
    return (name == "country" and country(value)) or cut(" ".join(value.split())) or None


def changed(
    changes: Changes,
    identities: tuple[Identity, ...],
    traits: Mapping[str, Json],
    source: Source,
    received: Instant,
    by: str,
    stated: Instant | None = None,
    type_: Type = Type.CONTACT_UPDATED,
) -> Iterator[Event]:
    """One event for what has changed, and one for each answer, at the instant of it; `by` stands in the ledger."""
    told = {name: _value(name, value) for name, value in traits.items()}
    named = ("tags_added", "tags_removed", "lists_added", "lists_removed")
    several = {name: list(getattr(changes, name)) for name in named if getattr(changes, name)}
    whole = json.dumps([told, several, stated], sort_keys=True, default=str)
    who = [f"{each.kind}#{each.value}" for each in identities]
    if told or several or type_ is Type.CONTACT_CREATED:
        yield Event(
            id=event_id(source, type_, *who, whole, "" if stated is not None else str(received)),
            type=type_,
            time=counted_time(stated, received),
            stated=stated if stated is not None else received,
            received=received,
            as_of=stated,
            source=source,
            identities=identities,
            traits=told,
            properties={**several, "by": by},
        )
    for answer in changes.consent:
        at = parse_instant(answer.at) if answer.at is not None else received
        yield Event(
            id=event_id(source, "consent", *who, answer.topic, answer.state, str(at)),
            type=Type.CONSENT_CHANGED,
            time=counted_time(at, received),
            stated=at,
            received=received,
            source=source,
            identities=identities,
            consent=(
                ConsentChange(topic=answer.topic, state=answer.state, wording=answer.proof, actor=by[:128] or None),
            ),
        )
