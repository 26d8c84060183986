"""Templates: a draft is checked, looked at as anybody would get it, tried on oneself and published; versions stay.
Routes of the admin's API.

What compiles MJML and runs Liquid is imported where it is needed: most requests to the admin need neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from chalice.app import Response
from pydantic import ValidationError

from functions.admin import shop_settings as settings_routes
from functions.admin import views
from functions.admin.copying import own
from functions.admin.rest import (
    Paging,
    Place,
    Problem,
    ProblemsError,
    Request,
    answer,
    by_id,
    left_out,
    logger,
    page_of,
    paged,
    route,
)
from functions.admin.shapes import emails as shapes
from functions.admin.shapes import everywhere
from functions.admin.unfinished import text_in
from shared.adapters import campaigns, contacts, definitions, heard, journey_definitions, journey_files, shop_settings
from shared.adapters import template_definitions as kept
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.drafts import Draft as DraftOf
from shared.adapters.journey_files import NotYamlError, Parsed
from shared.domain import settings
from shared.domain.campaigns.definition import templates_of
from shared.domain.campaigns.states import ENDED
from shared.domain.events import Json, normal_email
from shared.domain.journeys.definition import Send
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import clean
from shared.domain.templates.branches import signature
from shared.domain.templates.definition import IN_WORDS, Template
from shared.domain.templates.stored import Version, with_version, without

if TYPE_CHECKING:
    from shared.adapters.ready_templates import Ready
    from shared.adapters.template_checking import Checked

SAMPLE = 200
"""Contacts for whom a template is tried before it is published."""
MAX_VERSIONS = 20
Draft = DraftOf[Template]
ITS_OWN = ("contact", "as", "language", "version", "to")
"""Fields of a body beside the template itself."""


# ── which there are ──


@route("GET", "/templates", role=Role.VIEWER, gives=shapes.Templates, query=Paging)
def list_templates(request: Request) -> Json:
    """All of them, by their ids: shipped, published by the shop, and those that are only drafts."""
    numbers, drafts, used = kept.numbers(), kept.drafts.all(), journeys_by_template()

    def told(id_: str) -> dict[str, Json]:
        template = kept.template(id_).template if id_ in numbers else drafts[id_].form
        return {
            "id": id_,
            "name": template.name,
            "subject": template.subject,
            "class": template.class_,
            "topic": template.topic,
            "version": numbers.get(id_),
            "has_draft": id_ in drafts,
            "shipped": id_ in kept.shipped_ids(),
            "languages": [shop_settings.settings().brand.languages[0], *template.translations],
            "journeys": used.get(id_, []),
        }

    return page_of(request, "templates", {*numbers, *drafts}, by_id, told)


@route("GET", "/templates/{template}", role=Role.VIEWER, gives=shapes.TemplateTold)
def show_template(request: Request, template: str) -> Json:
    """As it is sent, and as it may become. `text`: what to edit, as YAML."""
    version, draft = standing(template), kept.drafts.all().get(template)
    if version is None and draft is None:
        raise not_found()
    return tagged(
        200,
        {
            "template": dumped(version.template) if version else None,
            "version": version.number if version else None,
            "at": version.at or None if version else None,
            "by": version.by or None if version else None,
            "why": version.why or None if version else None,
            "shipped": template in kept.shipped_ids(),
            "draft": drafted(draft) if draft else None,
            "text": text_of(template, version, draft),
            "journeys": journeys_by_template().get(template, []),
            "etag": etag(version, draft),
        },
    )


@route("GET", "/templates/{template}/versions", role=Role.VIEWER, gives=shapes.TemplateVersions, query=Paging)
def list_versions(request: Request, template: str) -> Json:
    """The versions that the shop has published, newest first: who made each, when and why."""
    cursor = request.cursor()
    found = (
        (
            Place(each.number, ""),
            {"version": each.number, "at": each.at, "by": each.by, "why": each.why, "template": dumped(each.template)},
        )
        for each in kept.versions_of(template, cursor.number if cursor else None)
    )
    return paged("versions", found, min(request.limit(MAX_VERSIONS), MAX_VERSIONS))


# ── drafts ──


@route(
    "POST",
    "/templates",
    role=Role.EDITOR,
    about=("definition.id",),
    takes=shapes.Written,
    gives=shapes.TemplateKept,
    status=201,
)
def create(request: Request) -> Json:
    """Keeps a draft of a new template: `{"yaml": …}` or `{"definition": …}`. 409 where there is one of this id."""
    template, text = written_in(request.json_with_lines())
    refuse_taken(template.id)
    return keep(template, text, None, request.operator, 201)


@route(
    "PUT", "/templates/{template}/draft", role=Role.EDITOR, edits=True, takes=shapes.Written, gives=shapes.TemplateKept
)
def put_draft(request: Request, template: str) -> Json:
    """Keeps a draft, in the place of the form that `If-Match` names by its `etag`. It may have problems still; as a
    `text` (YAML or JSON) it need not even be a template yet."""
    version, draft = standing(template), kept.drafts.all().get(template)
    before = draft.form if draft else version.template if version else None
    if before is None:
        raise not_found()
    given, unfinished = text_in(request), False
    try:
        written, text = written_in(request.json_with_lines() if given is None else {"text": given}, template)
    except ProblemsError:
        if given is None:
            raise
        written, text, unfinished = before, given, True
    only_if_unchanged(request, version, draft)
    held = draft.number if draft else None
    return keep(written, text, held, request.operator, 200, unfinished=unfinished)


@route("DELETE", "/templates/{template}/draft", role=Role.EDITOR, edits=True, gives=shapes.OfTemplate)
def drop_draft(request: Request, template: str) -> Json:
    draft = draft_of(template)
    only_if_unchanged(request, standing(template), draft)
    try:
        kept.drafts.drop(template, draft.number)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return {"template": template}


@route(
    "POST",
    "/templates/{template}/duplicate",
    role=Role.EDITOR,
    about=("id",),
    takes=everywhere.Copy,
    gives=shapes.TemplateKept,
    status=201,
)
def duplicate(request: Request, template: str) -> Json:
    """`{"id": …, "name": …}`: a draft of a new template that is like this one, as it is sent (or as its draft, of one
    that was never published)."""
    version, draft = standing(template), kept.drafts.all().get(template)
    like = version.template if version else draft.form if draft else None
    if like is None:
        raise not_found()
    copy, _ = written_in(
        {"definition": like.model_dump(mode="json", by_alias=True, exclude_none=True) | own(request.json(), like.name)}
    )
    refuse_taken(copy.id)
    return keep(copy, None, None, request.operator, 201)


# ── looking at it ──


@route(
    "POST",
    "/templates/{template}/check",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.Written,
    gives=shapes.TemplateChecked,
)
def check(request: Request, template: str) -> Json:
    """What speaks against publishing it, as it is written (or the draft, where none is sent), each with its place and
    line; and advice. Nothing is kept."""
    body = request.json_with_lines() if request.body else {}
    try:
        written, text = written_in(body, template) if body else form_of(template)
    except ProblemsError as error:
        return {"problems": [each._asdict() for each in error.problems], "advice": [], "looked_at": 0}
    found, looked_at = checked(written)
    return {"problems": placed(found, text), "advice": found.advice, "looked_at": looked_at}


@route(
    "POST",
    "/templates/{template}/preview",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.Preview,
    gives=shapes.Previewed,
)
def preview(request: Request, template: str) -> Json:
    """The email as the contact would get it (`{"contact": id}`), as somebody of whom nothing is known
    (`{"as": "nothing"}`), or as the example (`{}`): of the text that is sent, of a `version`, or of the draft. Its
    links lead nowhere: who looks at it must not unsubscribe anybody."""
    body = request.json_with_lines() if request.body else {}
    ready, _ = ready_for(body, template)
    out = rendered(ready, body)
    size = len(out["html"].encode())
    return {**out, "language": ready.language, "version": ready.version or None, "size": size}


@route(
    "POST",
    "/templates/{template}/branches",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.Preview,
    gives=shapes.Branches,
)
def branches(request: Request, template: str) -> Json:
    """In which ways it comes out for the contacts that are looked at: which blocks are shown, for how many, and one of
    them to look at it as. `nobody`: blocks that none of them would see."""
    from shared.adapters import composing, templates

    body = request.json_with_lines() if request.body else {}
    ready, _ = ready_for(body, template)
    written = ready.written.variants(first_language()).get(ready.language, ready.written)
    marks, places = signature(written.blocks)
    told = replace(ready, template=templates.parse(templates.Source("-", "-", "", marks)))
    told = replace(told, template=replace(told.template, names=ready.template.names))
    found: dict[str, list[str]] = {}
    read, _ = contacts.page(contacts.Place(), SAMPLE)
    for held in contacts.read_all(read, left_out):
        out = composing.preview(told, held.profile, now()).text.strip()
        found.setdefault(out, []).append(held.profile.contact)
    seen = {place for out in found for place, mark in zip(places, out, strict=True) if mark == "1"}
    ways = sorted(found.items(), key=lambda way: -len(way[1]))
    return {
        "branches": [
            {
                "shown": [place for place, mark in zip(places, out, strict=True) if mark == "1"],
                "not_shown": [place for place, mark in zip(places, out, strict=True) if mark == "0"],
                "contacts": len(whom),
                "contact": whom[0],
            }
            for out, whom in ways
        ],
        "nobody": [place for place in places if place not in seen],
        "looked_at": sum(map(len, found.values())),
    }


@route("POST", "/templates/{template}/test", role=Role.SENDER, takes=shapes.TestTo, gives=shapes.TestSent)
def test(request: Request, template: str) -> Json:
    """Sends it to oneself: `{"to": address}`, made as for a preview, from whom it would come. It says that it is a
    test, is nobody's message, and nothing is counted of it."""
    body = request.json_with_lines()
    try:
        to = normal_email(str(body.get("to", "")))
    except ValueError:
        raise RefusedError("invalid_test", "say where it shall go: an email address", "to") from None
    ready, _ = ready_for(body, template)
    out = rendered(ready, body)
    from shared.adapters import composing, shop_settings
    from shared.adapters.mail import Mail, NotSentError, RejectedError, send

    mail = Mail(
        to=to,
        subject=composing.marked_as_test(out["subject"]),
        html=out["html"],
        text=out["text"],
        unsubscribe="",
        tags={},
        sender=composing.sender_of(ready, ready.written.class_),
        reply_to=shop_settings.settings().senders.reply_to,
    )
    try:
        send(mail)
    except (RejectedError, NotSentError) as error:
        raise RefusedError("not_sent", f"SES did not take it: {error}", "to", 409) from None
    heard.record(heard.TEST, now())
    logger.info("test email sent", template=template, operator=request.operator)
    return {"template": template, "subject": mail.subject}


def ready_for(body: Mapping[str, Any], id_: str) -> tuple[Ready, str | None]:
    from shared.adapters import ready_templates, template_compiling
    from shared.adapters.template_compiling import NotCompiledError
    from shared.adapters.templates import TemplateFailedError

    form = {name: value for name, value in body.items() if name not in ITS_OWN}
    number, language = body.get("version"), body.get("language")
    if language is not None and not isinstance(language, str):
        raise RefusedError("invalid_preview", "name a language: `en`, `pt-BR`", "language")
    if language is None and body.get("contact") is not None:
        language = ready_templates.locale(views.profile_of(str(body["contact"])))
    text = None
    if number is not None and not form:
        version = version_of(id_, number)
    else:
        template, text = written_in(form, id_) if form else form_of(id_)
        try:
            version = template_compiling.version(template, first_language())
        except NotCompiledError as error:
            raise ProblemsError([Problem(None, str(error), None)], "invalid_template") from None
    try:
        return ready_templates.of(version, version.language(language)), text
    except TemplateFailedError:
        found, _ = checked(version.template, people=False)
        problems = [Problem(**each) for each in placed(found, text)] or [Problem(None, "it cannot be read", None)]
        raise ProblemsError(problems, "invalid_template") from None


def rendered(ready: Ready, body: Mapping[str, Any]) -> dict[str, Any]:
    from shared.adapters import composing, templates
    from shared.adapters.templates import TemplateFailedError

    contact, as_ = body.get("contact"), body.get("as", "example")
    if as_ not in ("example", "nothing"):
        raise RefusedError("invalid_preview", "it is `example` or `nothing`, or name a `contact`", "as")
    try:
        if contact is not None:
            return asdict(composing.preview(ready, views.profile_of(str(contact)), now()))
        variables = templates.example(nothing_known=as_ == "nothing")
        variables |= composing.of_the_shop()
        return asdict(templates.render(ready.template, variables))
    except TemplateFailedError as error:
        raise ProblemsError(
            [Problem(None, f"it cannot be rendered: {error.message}", None)], "invalid_template"
        ) from None


# ── publishing ──


@route(
    "POST",
    "/templates/{template}/publish",
    role=Role.SENDER,
    edits=True,
    about=("version",),
    takes=shapes.Why,
    gives=shapes.TemplatePublished,
)
def publish(request: Request, template: str) -> Json:
    """Makes the draft what is sent from now on, as the next version: `{"why": …}`. All steps that do not pin a version
    send it, also to people who are under way."""
    body = request.json() if request.body else {}
    why = body.get("why", "published")
    if not isinstance(why, str) or not 0 < len(why.strip()) <= 200:
        raise RefusedError("invalid_choice", "say why, in at most 200 characters", "why")
    draft = draft_of(template)
    only_if_unchanged(request, standing(template), draft)
    found, _ = checked(whole(draft, template))
    if found.version is None:
        problems = [Problem(**each) for each in placed(found, draft.text)]
        raise ProblemsError(problems, "invalid_template")
    newest = next(kept.versions_of(template), None)
    number = newest.number + 1 if newest else 1
    new = found.version.model_copy(update={"number": number, "at": now(), "by": request.operator, "why": why})
    stored(with_version(kept.publication(), new), new)
    with suppress(PublishedMeanwhileError):  # of another template's draft: this one says what is published
        kept.drafts.drop(template, draft.number)
    logger.info("template published", template=template, version=number, operator=request.operator)
    return answer(200, {"template": template, "version": number, "advice": found.advice}, etag(new, None))


@route("DELETE", "/templates/{template}", role=Role.SENDER, edits=True, gives=shapes.OfTemplate)
def take_back(request: Request, template: str) -> Json:
    """Takes the shop's own template back: what is shipped under its id is sent again; one that nothing is shipped for
    is gone, which is refused while a journey sends it. Its versions stay, for the emails that were made of them."""
    version, draft = standing(template), kept.drafts.all().get(template)
    if version is None or version.number == 0:
        raise RefusedError("not_found", "the shop has published no template of this id", "template", 404)
    only_if_unchanged(request, version, draft)
    used = [*journeys_by_template().get(template, []), *campaigns_with(template)]
    if used and template not in kept.shipped_ids():
        raise RefusedError("in_use", f"it is sent by {', '.join(used)}: change that first", "template", 409)
    stored(without(kept.publication(), template, now(), request.operator), None)
    logger.info("template taken back", template=template, operator=request.operator)
    return {"template": template}


def stored(publication: Any, new: Version | None) -> None:
    try:
        kept.publish(publication, new)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "yaml", 413) from None


# ── what they have in common ──


def checked(template: Template, *, people: bool = True) -> tuple[Checked, int]:
    """What was found, and of how many contacts it was tried."""
    from shared.adapters import template_checking

    tried = []
    if people:
        read, _ = contacts.page(contacts.Place(), SAMPLE)
        tried = [held.profile for held in contacts.read_all(read, left_out)]
    segments = definitions.segments().segments
    return template_checking.checked(template, shop_settings.settings(), segments, tried, now()), len(tried)


def placed(found: Checked, text: str | None) -> list[dict[str, Any]]:
    """Problems for people: `step` is the place, `line` that of the YAML, where it was written as that."""
    return [Problem(each.place, each.text, each.line)._asdict() for each in found.problems]


def standing(id_: str) -> Version | None:
    """What is sent now."""
    numbers = {**dict.fromkeys(kept.shipped_ids(), 0), **kept.publication().templates}
    return kept.template(id_, numbers[id_]) if id_ in numbers else None


def draft_of(id_: str) -> Draft:
    draft = kept.drafts.all().get(id_)
    if draft is None:
        raise RefusedError("not_found", "there is no draft of this template", "template", 404)
    return draft


def refuse_taken(id_: str) -> None:
    if id_ in kept.numbers() or id_ in kept.drafts.all():
        raise RefusedError("taken", "there is a template of this id: choose another", "id", 409)


def whole(draft: Draft, id_: str) -> Template:
    """The template that a draft is. ProblemsError: it is none yet."""
    return written_in({"text": draft.text}, id_)[0] if draft.unfinished else draft.form


def drafted(draft: Draft) -> dict[str, Json]:
    """`unfinished`: the text as somebody left it, while it is no template; `definition`: what could be read before."""
    unfinished = draft.text if draft.unfinished else None
    return {"definition": dumped(draft.form), "unfinished": unfinished, "at": draft.at, "by": draft.by}


def form_of(id_: str) -> tuple[Template, str | None]:
    """The draft, or what is sent now where there is none."""
    draft, version = kept.drafts.all().get(id_), standing(id_)
    if draft is not None:
        return whole(draft, id_), draft.text
    if version is None:
        raise not_found()
    return version.template, None


def version_of(id_: str, number: object) -> Version:
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 10**9:
        with suppress(LookupError):
            return kept.template(id_, number)
    raise RefusedError("not_found", "the template has no such version", "version", 404)


def text_of(id_: str, version: Version | None, draft: Draft | None) -> str:
    """As YAML, as it was written, where it was."""
    if draft is not None:
        return journey_files.written(draft.form) if draft.text is None else draft.text
    assert version is not None
    return kept.shipped_text(id_) if version.number == 0 else journey_files.written(version.template)


def written_in(body: Mapping[str, Any], id_: str | None = None) -> tuple[Template, str | None]:
    """The template in a body: `yaml`, a `definition`, or either as a `text`; and its text, where that was YAML.
    ProblemsError."""
    if set(body) not in ({"yaml"}, {"definition"}, {"text"}):
        raise RefusedError("invalid_template", "send `yaml`, a text, or `definition`, an object", "yaml")
    text = body.get("yaml", body.get("text"))
    if text is not None and not isinstance(text, str):
        raise RefusedError("invalid_template", "it must be a text", "yaml")
    parsed = Parsed(body.get("definition"))
    if text is not None:
        try:
            parsed, text = Parsed(json.loads(text)), None
        except ValueError:
            try:
                parsed = journey_files.read(text)
            except NotYamlError as error:
                raise ProblemsError([Problem(None, str(error), error.line)], "invalid_template") from None
    value = clean(parsed.value, lines=True)
    if not isinstance(value, dict):
        told = "a template is a mapping, with `id`, `name`, `subject` and `blocks`"
        raise ProblemsError([Problem(None, told, 1)], "invalid_template")
    try:
        template = Template.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        problems = []
        for each in error.errors(include_url=False, include_input=False):
            path = said(each["loc"], value)
            words = settings_routes.in_words(each, {**settings.IN_WORDS, **IN_WORDS})
            problems.append(Problem(settings_routes.place(path), words, parsed.line(path)))
        raise ProblemsError(problems, "invalid_template") from None
    if id_ is not None and template.id != id_:
        told = f"the id must stay {id_}: another id is another template"
        raise ProblemsError([Problem("id", told, parsed.line(("id",)))], "invalid_template")
    return template, text


def said(location: tuple[int | str, ...], value: Json) -> tuple[int | str, ...]:
    """Where it is in what was written: without the kinds that pydantic names on the way to a block."""
    path: list[int | str] = []
    for part in location:
        if isinstance(value, dict) and part == value.get("kind") and part not in value:
            continue
        path.append(part)
        inside = isinstance(value, dict) or (isinstance(value, list) and isinstance(part, int) and part < len(value))
        value = value[part] if inside and (not isinstance(value, dict) or part in value) else None
    return tuple(path)


def keep(
    template: Template,
    text: str | None,
    instead_of: int | None,
    by: str,
    status: int,
    *,
    unfinished: bool = False,
) -> Response:
    try:
        draft = kept.drafts.put(template.id, template, text, instead_of=instead_of, by=by, unfinished=unfinished)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "yaml", 413) from None
    told = {"template": template.id, "etag": etag(standing(template.id), draft), **found_in(draft)}
    return tagged(status, told)


def found_in(draft: Draft) -> dict[str, Json]:
    """What keeps a draft from being published, and advice."""
    try:
        found, looked_at = checked(whole(draft, draft.form.id))
    except ProblemsError as error:
        return {"problems": [each._asdict() for each in error.problems], "advice": [], "looked_at": 0}
    return {"problems": placed(found, draft.text), "advice": found.advice, "looked_at": looked_at}


def tagged(status: int, told: dict[str, Any]) -> Response:
    return answer(status, told)


def etag(version: Version | None, draft: Draft | None) -> str:
    return f'"{version.number if version else "none"}-{draft.number if draft else "none"}"'


def only_if_unchanged(request: Request, version: Version | None, draft: Draft | None) -> None:
    if request.if_match != etag(version, draft):
        raise changed_meanwhile()


def changed_meanwhile() -> RefusedError:
    words = "somebody else has changed templates: look at their version and bring your changes into it"
    return RefusedError("changed_meanwhile", words, "If-Match", 412)


def not_found() -> RefusedError:
    return RefusedError("not_found", "there is no such template; a new one is made by POST /templates", "template", 404)


def first_language() -> str:
    return shop_settings.settings().brand.languages[0]


def dumped(template: Template) -> Json:
    return template.model_dump(mode="json", by_alias=True, exclude_none=True)


def campaigns_with(template: str) -> list[str]:
    """The campaigns that are yet to send it, or are sending it."""
    return campaigns_by_template().get(template, [])


def campaigns_by_template() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in campaigns.all_kept():
        for template in templates_of(each.campaign) if each.state not in ENDED else ():
            found.setdefault(template, []).append(each.id)
    return found


def journeys_by_template() -> dict[str, list[str]]:
    """Which journeys, as they are published, send which template."""
    found: dict[str, list[str]] = {}
    for id_, published in journey_definitions.publication().journeys.items():
        for step in published.journey.steps:
            for template in step.templates if isinstance(step, Send) else ():
                if id_ not in found.setdefault(template, []):
                    found[template].append(id_)
    return found
