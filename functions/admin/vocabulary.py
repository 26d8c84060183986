"""What a segment can be built from in this shop: the language with its labels, and the events, traits and values that
have come in, with how many contacts have each. Route of the admin's API."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import islice

from functions.admin.looking import look
from functions.admin.rest import Request, route
from functions.admin.shapes import segments as shapes
from shared.adapters import contacts, definitions, journey_definitions, template_definitions
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.shop_settings import settings
from shared.domain import estimates, language
from shared.domain.countries import country_name
from shared.domain.estimates import Estimate
from shared.domain.events import INTERNAL, SHOP_TYPES, TRACKING, Json, Type
from shared.domain.operators import Role
from shared.domain.personal import in_lake
from shared.domain.profiles.traits import KNOWN_TRAITS
from shared.domain.properties import DEVICES
from shared.domain.trials import experiment_of
from shared.domain.vocabulary import MAX_VALUES, Vocabulary

MAX_A_SHARD = 100
"""Contacts of each shard from which names and values are learnt, a thousand in all: what these do not have is rare."""
MAX_TOLD = 100
"""Values told of one trait or property: those that most have."""
EXAMPLES, MAX_EXAMPLES, EVENTS_OF_ONE = 2, 30, 40
"""Contacts with an event whose first events are read for the names of properties that nobody asks for yet."""
OPEN = frozenset({"gender"})
"""Traits that stay out of the lake, and of which operators, who see the contacts, are told the values."""
NOT_OFFERED = frozenset({*INTERNAL, *SHOP_TYPES, Type.CONTACT_DELETED, Type.CONTACTS_MERGED, Type.ERASURE_REQUESTED})
"""Events of which no segment is made: nothing that a contact has done, or nobody is left to be in it."""


class CurrencySettings(Settings):
    currency: str


@route("GET", "/vocabulary", role=Role.VIEWER, gives=shapes.VocabularyTold)
def show_vocabulary(request: Request) -> Json:
    """`schema`: the JSON Schema of a segment, labelled. `starts`: what a condition can begin as. `events`, `traits`,
    `properties`: those there are, each with `contacts`, how many have it, and its `values`, likewise. What was counted
    at some contacts only (not `exact`) is told of all. `forms`: the fields of a journey's steps and of its other parts,
    and `templates`, the emails that they can name."""
    from shared.domain.journeys.fields import forms  # which few requests wait for

    t = now()
    found = Vocabulary([topic.id for topic in settings().topics])
    looked_at = 0

    examples: dict[str, None] = {}  # contacts, in the order in which they were met
    seen = Counter[str]()

    def take(profile: Json) -> None:
        nonlocal looked_at
        found.add(profile)
        looked_at += 1
        for type_ in profile.histories:
            if seen[type_] < EXAMPLES and len(examples) < MAX_EXAMPLES:
                seen[type_] += 1
                examples[profile.contact] = None

    drawn = look(take, MAX_A_SHARD)
    for contact in examples:
        for event in islice(contacts.events(contact), EVENTS_OF_ONE):
            found.learn(event)
    exact = all(each.whole for each in drawn)
    everybody = estimates.contacts(drawn)
    scale = _Scale(looked_at, everybody, exact)
    shop_definitions = definitions.segments()
    known = shop_definitions.segments
    journeys = {id_: journey.journey.name for id_, journey in journey_definitions.journeys().items()}
    events = _events(found, scale)
    traits = _traits(found, scale)
    return {
        "schema": language.schema(),
        "starts": language.starts((each["name"] for each in events), (each["name"] for each in traits)),
        "events": events,
        "traits": traits,
        "properties": _properties(found, scale, journeys),
        "segments": [
            {"value": each.id, "title": each.name} for each in known.values() if experiment_of(each.id) is None
        ],
        "lead_models": [{"value": each.id, "title": each.name} for each in shop_definitions.models.values()],
        "topics": [{"value": each.id, "title": each.name} for each in settings().topics]
        + [{"value": TRACKING, "title": "Tracking of opens"}],
        "journeys": [{"value": id_, "title": name} for id_, name in sorted(journeys.items())],
        "lists": scale.values(found.traits.get("lists", Counter())),
        "templates": [{"value": id_, "title": id_} for id_ in sorted(template_definitions.numbers())],
        "forms": forms(),
        "currency": environment(CurrencySettings).currency,
        "contacts": asdict(everybody),
        "looked_at": looked_at,
        "exact": exact,
        "as_of": t,
    }


class _Scale:
    """From how many were found at those that were looked at to how many there are."""

    def __init__(self, looked_at: int, everybody: Estimate, exact: bool) -> None:
        self._by = 1.0 if exact or not looked_at else everybody.number / looked_at

    def of_all(self, number: int) -> int:
        return round(number * self._by)

    def values(self, seen: Counter[str], titles: dict[str, str] | None = None) -> list[Json]:
        """Those that most have, first."""
        told = []
        for value, number in seen.most_common(MAX_TOLD):
            title = (titles or {}).get(value)
            told.append(
                {"value": value, "contacts": self.of_all(number), **({"title": title} if title is not None else {})}
            )
        return told


def _events(found: Vocabulary, scale: _Scale) -> list[dict[str, Json]]:
    """Those that have come in, then those that may come."""
    seen = [(name, scale.of_all(number)) for name, number in found.events.most_common() if name not in NOT_OFFERED]
    others = [(str(name), 0) for name in Type if name not in found.events and name not in NOT_OFFERED]
    return [
        {
            "name": name,
            "title": language.event_title(name),
            "contacts": number,
            "properties": sorted(found.properties_of.get(name, ())),
        }
        for name, number in seen + others
    ]


def _traits(found: Vocabulary, scale: _Scale) -> list[dict[str, Json]]:
    seen = [(name, scale.of_all(number)) for name, number in found.having.most_common()]
    others = [(name, 0) for name in sorted(KNOWN_TRAITS - found.having.keys())]
    return [
        {
            "name": name,
            "title": language.trait_title(name),
            "contacts": number,
            "type": found.type_of(f"trait:{name}"),
            "values": _trait_values(name, found.traits.get(name, Counter()), scale),
        }
        for name, number in seen + others
    ]


def _trait_values(name: str, seen: Counter[str], scale: _Scale) -> list[Json]:
    """None of a trait that says who somebody is: a list of addresses helps nobody to build a segment."""
    if not (in_lake(name) or name in OPEN) or (len(seen) >= MAX_VALUES and name != "city"):
        return []
    is_country = name.rpartition(".")[2] == "country"
    return scale.values(seen, {value: country_name(value) or value for value in seen} if is_country else None)


def _properties(found: Vocabulary, scale: _Scale, journeys: dict[str, str]) -> list[dict[str, Json]]:
    titles = {"journey": journeys, "topic": {topic.id: topic.name for topic in settings().topics}}
    told = []
    for name in dict.fromkeys([*language.PROPERTIES, *sorted(found.properties)]):
        fixed = language.schema()["x-properties"].get(name)
        values = scale.values(found.properties.get(name, Counter()), titles.get(name))
        if name == "device" and not values:
            values = [{"value": each, "contacts": 0} for each in DEVICES]
        told.append(
            {
                "name": name,
                "title": fixed["title"] if fixed else name,
                "type": fixed["type"] if fixed else found.type_of(name),
                "values": values,
                "contacts": scale.of_all(found.having_property[name]),
            }
        )
    return told
