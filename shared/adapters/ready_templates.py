"""Templates ready for a recipient: which version, in which language, and which of its blocks they are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from shared.adapters import template_definitions, templates
from shared.domain.conditions import Condition
from shared.domain.events import Instant, Json
from shared.domain.profiles import Profile
from shared.domain.templates import places
from shared.domain.templates.definition import Template, conditions
from shared.domain.templates.stored import Compiled, Version


@dataclass(frozen=True, slots=True)
class Ready:
    """A version of a template in one language. `conditions`: what its blocks are shown by, in the order of `shown`."""

    written: Template
    version: int
    language: str
    template: templates.Template
    conditions: tuple[Condition, ...]


class OfTheShop(dict[str, Json]):
    """The variables that are the same for everybody. Whoever makes new ones makes another object."""

    __hash__ = object.__hash__  # type: ignore[assignment] # by it alone what was made of them is found again

    def __eq__(self, other: object) -> bool:
        return self is other


def ready(
    id_: str,
    pin: int | None = None,
    locale: str | None = None,
    subject: str | None = None,
    shop: OfTheShop | None = None,
) -> Ready:
    """The version that is pinned, or the newest; in the language of a contact's locale. `subject`: in the place of its
    own. `shop`: is put in already. LookupError: there is none."""
    version = template_definitions.template(id_, pin)
    return _ready(id_, version.number, version.language(locale), subject, shop)


@lru_cache(maxsize=100)
def _ready(id_: str, number: int, language: str, subject: str | None, shop: OfTheShop | None) -> Ready:
    return of(template_definitions.template(id_, number), language, subject, shop)


def of(version: Version, language: str, subject: str | None = None, shop: OfTheShop | None = None) -> Ready:
    """A version in one of its languages; with this subject in the place of its own. TemplateFailedError."""
    variant = version.template.variants(next(iter(version.compiled)))[language]
    written = source(version.compiled[language])
    written = replace(written, html=places.marked(written.html))
    written = written if subject is None else replace(written, subject=subject)
    parsed = templates.parse(written if shop is None else templates.settled(written, shop))
    return Ready(version.template, version.number, language, parsed, conditions(variant))


def source(compiled: Compiled) -> templates.Source:
    return templates.Source(compiled.subject, compiled.preview, compiled.html, compiled.text)


def locale(profile: Profile) -> str | None:
    """The contact's language as it is known: the trait `language`, else `locale`."""
    for name in ("language", "locale"):
        trait = profile.traits.get(name)
        if trait is not None and isinstance(trait.value, str):
            return trait.value
    return None


def shown(ready: Ready, profile: Profile, t: Instant) -> list[bool]:
    """Whether each block with a condition is shown. One that cannot be told of this contact is not: its fallback is."""
    if not ready.conditions:
        return []
    # Imported here: most emails have no such block, and the language of segments takes its time to import.
    from shared.adapters import definitions
    from shared.domain.evaluation import HistoryNeededError

    compiler = definitions.segments().compiler
    answers = []
    for condition in ready.conditions:
        try:
            (signed,) = compiler.function([condition])(profile, t)
        except HistoryNeededError:
            signed = -1
        answers.append(signed > 0)
    return answers


def forget() -> None:
    _ready.cache_clear()
