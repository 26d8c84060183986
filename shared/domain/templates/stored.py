"""A template as it is kept: as it was written, and what was compiled of it, by language. A version never changes; the
shipped emails are kept in the same form, as version 0."""

from __future__ import annotations

from pydantic import Field

from shared.domain.events import Instant, Strict
from shared.domain.settings import Language
from shared.domain.templates.definition import Template, TemplateId


class Compiled(Strict):
    """An email in one language, ready for a recipient: all of it is Liquid."""

    subject: str
    preview: str
    html: str
    text: str


class Version(Strict):
    """`compiled` has the shop's first language before the others. `at`: when it was published, `by` whom and `why`."""

    number: int = 0
    template: Template
    compiled: dict[Language, Compiled] = Field(min_length=1)
    at: Instant = 0
    by: str = ""
    why: str = ""

    def language(self, wanted: str | None) -> str:
        """Of the languages that there are, the one for a contact of this locale (`de`, `de-CH`, `de_AT`): the same,
        else the same without its country, else the first."""
        said = (wanted or "").replace("_", "-")
        language, _, country = said.partition("-")
        exact = f"{language.lower()}-{country.upper()}" if country else language.lower()
        for each in (exact, language.lower()):
            if each in self.compiled:
                return each
        return next(iter(self.compiled))


class Publication(Strict):
    """Which templates of its own a shop has, each in which version, from `at` on. `by`: who made it so; `why`: what
    they did, for people."""

    number: int = 0
    templates: dict[TemplateId, int] = Field(default_factory=dict)
    at: Instant = 0
    by: str = ""
    why: str = "nothing is published yet"


def with_version(held: Publication, new: Version) -> Publication:
    """The next publication, with a new version of a template."""
    templates = {**held.templates, new.template.id: new.number}
    why = f"{new.template.id} published: {new.why}"
    return Publication(number=held.number + 1, templates=templates, at=new.at, by=new.by, why=why)


def without(held: Publication, id_: str, t: Instant, by: str) -> Publication:
    """The next publication, without a template of the shop's own: where one is shipped under its id, that is sent
    again. KeyError: there is none."""
    templates = {other: number for other, number in held.templates.items() if other != id_}
    if len(templates) == len(held.templates):
        raise KeyError(id_)
    return Publication(number=held.number + 1, templates=templates, at=t, by=by, why=f"{id_} taken back")
