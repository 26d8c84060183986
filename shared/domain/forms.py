"""Forms: what a shop's sign-up forms and surveys ask, where they are shown, and what somebody has filled in.

A form's words are kept with the number of their version, which stands in the ledger of consent with every yes that was
given to them. What a form asks of a person who is known already is only what we do not know yet (`left_to_ask`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shared.domain import calendars
from shared.domain.events import TOPIC_ID, Instant, Json, Strict, normal_email
from shared.domain.refusals import RefusedError
from shared.domain.settings import LANGUAGE, LINE, ShopSettings
from shared.domain.shop_traits import ASKED, TRAIT, trait_of_the_shops

ID = r"^[a-z][a-z0-9_-]{0,39}$"
SOURCE = r"^[a-z0-9_-]{1,40}$"
POOL = r"^[a-z][a-z0-9_]{0,39}$"

IN_WORDS = {
    ID: "it must be lower-case letters, digits, _ and -, begin with a letter, and have at most 40 characters",
    TRAIT: "it must be lower-case letters, digits and _, begin with a letter, and have at most 40 characters",
    SOURCE: "it must be lower-case letters, digits, _ and -, at most 40 characters",
    LINE: "it must be one line",
    LANGUAGE: "it must be a language such as en or pt-BR",
    TOPIC_ID: "it must be a topic of the shop's settings",
}
"""What a text has to look like, by the pattern that holds it to it."""

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE)]
Text = Annotated[str, Field(max_length=600)]
Word = Annotated[str, Field(min_length=1, max_length=60, pattern=LINE)]

MAX_ANSWER = 200
FORM_NAMES = frozenset({"email", *ASKED, "interest", "topic", "tracking", "token", "homepage"})


class Question(Strict):
    """A question of the shop's own, whose answer becomes a trait. Without choices it is answered in a line of text."""

    trait: Annotated[str, Field(pattern=TRAIT), AfterValidator(trait_of_the_shops)]
    label: Line
    choices: tuple[Word, ...] = Field(default=(), max_length=20)
    required: bool = False


class FormTopic(Strict):
    """A topic that one signs up for: with the button itself (`none`), or with a box of its own, which is not ticked
    until the person does, or else only where the shop's settings allow it (`ticked`)."""

    id: Annotated[str, Field(pattern=TOPIC_ID)]
    box: Literal["none", "empty", "ticked"] = "none"


class PopUp(Strict):
    """When a pop-up opens: after so many seconds, once so much of the page was scrolled, or as the mouse leaves for
    the window's bar (desktop); whichever is first. It does so once a visitor, or again after some days, and never to
    somebody who has signed up or whom the website has identified."""

    delay: int | None = Field(default=8, ge=0, le=600)
    scroll: int | None = Field(default=None, ge=1, le=100)
    exit: bool = False
    again_after_days: int | None = Field(default=None, ge=1, le=365)

    @model_validator(mode="after")
    def _opens(self) -> PopUp:
        if self.delay is None and self.scroll is None and not self.exit:
            raise ValueError("it would never open: set delay, scroll or exit")
        return self


class Words(Strict):
    """The form's small words, for shops that do not write in English."""

    email: Word = "Email address"
    first_name: Word = "First name"
    interests: Word = "I like"
    birthday: Word = "Birthday"
    optional: Word = "optional"
    close: Word = "Close"
    check_email: Line = "Please enter an email address, such as name@example.com."
    required: Line = "Please answer this."
    one_more_step: Line = "One more step"
    press: Text = "Press the button, and we will send you the email. Until you do, we send nothing."
    press_button: Word = "Send me the email"
    try_again: Line = "That did not work. Please try again in a minute."
    thanks_title: Line = "Thank you"
    look: Text = (
        "Please look in your inbox now: we have sent you an email with a button. You are signed up once you press it. "
        "Has it not come in a few minutes? It may be in your spam folder."
    )
    signed_up: Text = "You are signed up. You will hear from us soon."
    answered: Text = "Your answers have come in. That helps us."
    confirm_title: Line = "One last step"
    confirm_text: Text = "Press the button to confirm that you want to get our emails at this address."
    confirm_button: Word = "Confirm"
    already: Text = "You have already confirmed, and you are signed up."


Asked = Literal["no", "optional", "required"]


class Form(Strict):
    """A form, as the shop writes it. Without topics it is a survey, for whoever comes to it by a link in an email."""

    id: Annotated[str, Field(pattern=ID)]
    name: Line
    style: Literal["page", "inline", "popup", "footer"] = "page"
    language: Annotated[str, Field(pattern=LANGUAGE)] = "en"
    title: Line
    text: Text = ""
    button: Word = "Sign up"
    first_name: Asked = "no"
    interests: Asked = "no"
    birthday: Asked = "no"
    questions: tuple[Question, ...] = Field(default=(), max_length=10)
    topics: tuple[FormTopic, ...] = Field(default=(), max_length=30)
    tracking: bool = False
    wording: Text = ""
    source: Annotated[str, Field(pattern=SOURCE)] | None = None
    double_opt_in: bool = True
    popup: PopUp | None = None
    promise: Annotated[str, Field(pattern=POOL)] | None = None
    thanks: Text = ""
    words: Words = Field(default_factory=Words)

    @model_validator(mode="after")
    def _fits(self) -> Form:
        for what, names in (
            ("questions", [each.trait for each in self.questions]),
            ("topics", [each.id for each in self.topics]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"two of its {what} are the same")
        if self.popup is not None and self.style != "popup":
            raise ValueError("only a form of style popup has rules for when it opens")
        if not self.topics and (self.style != "page" or self.tracking or self.promise is not None):
            raise ValueError("a form without topics is a survey: a page, which signs nobody up and promises no code")
        if self.topics and not self.wording:
            raise ValueError("wording is required: the words that somebody agrees to by signing up")
        return self

    @property
    def thanked(self) -> str:
        """What is said once it is sent in. The same to everybody: it tells nobody who is known here."""
        if self.is_survey:
            return self.thanks or self.words.answered
        return self.words.look if self.double_opt_in else self.thanks or self.words.signed_up

    @property
    def is_survey(self) -> bool:
        return not self.topics

    @property
    def signup_source(self) -> str:
        return self.source or {"page": "newsletter", "inline": "newsletter"}.get(self.style, self.style)


def problems(form: Form, shop: ShopSettings) -> list[str]:
    """Why a form cannot be published beside the shop's settings."""
    found = []
    for topic in form.topics:
        if shop.topic(topic.id) is None:
            found.append(f"there is no topic {topic.id} in the shop's settings")
        if topic.box == "ticked" and not shop.boxes_may_be_ticked:
            found.append(
                f"the box of the topic {topic.id} is ticked beforehand, which in many countries is no consent: let it "
                "be empty, or allow it in the settings (boxes_may_be_ticked)"
            )
    if form.interests != "no" and not shop.interests:
        found.append("the form asks for interests, and the shop's settings name none (interests)")
    return found


class Kept(Strict):
    """A form, as it is kept: as it was written last, and as it was published (None: it is not on the web) as which
    version; the words that were agreed to, by version; and with which `number` of the document it was changed last."""

    form: Form
    unfinished: str | None = None
    """The text as somebody left it, while it is no form yet; `form` is what could be read before."""
    published: Form | None = None
    version: int = 0
    wordings: dict[int, str] = Field(default_factory=dict)
    number: int = 0
    at: Instant = 0
    by: str = ""


class SavedForms(Strict):
    """All the shop's forms: a document of which every version is kept."""

    number: int = 0
    forms: dict[str, Kept] = Field(default_factory=dict)
    at: Instant = 0
    by: str = ""


def written(saved: SavedForms, form: Form, at: Instant, by: str, unfinished: str | None = None) -> SavedForms:
    """With this form as it is written now; or with the `unfinished` text, which is none yet."""
    held = saved.forms.get(form.id) or Kept(form=form)
    return _with(saved, held.model_copy(update={"form": form, "unfinished": unfinished, "at": at, "by": by}), at, by)


def published(saved: SavedForms, id_: str, at: Instant, by: str) -> SavedForms:
    """With the form published as it was written last."""
    held = saved.forms[id_]
    version = held.version + 1
    update = {
        "published": held.form,
        "version": version,
        "wordings": held.wordings | {version: held.form.wording},
        "at": at,
        "by": by,
    }
    return _with(saved, held.model_copy(update=update), at, by)


def without(saved: SavedForms, id_: str, at: Instant, by: str) -> SavedForms:
    """With the form taken off the web: what was agreed to is kept, in this document and in those before it."""
    return _with(saved, saved.forms[id_].model_copy(update={"published": None, "at": at, "by": by}), at, by)


def _with(saved: SavedForms, kept: Kept, at: Instant, by: str) -> SavedForms:
    number = saved.number + 1
    changed = kept.model_copy(update={"number": number})
    return SavedForms(number=number, forms={**saved.forms, kept.form.id: changed}, at=at, by=by)


# ── what is filled in ──


def left_to_ask(form: Form, known: Collection[str]) -> Form:
    """The form without what is `known` (names of traits) of whoever looks at it. A survey's own questions stay: they
    may be answered anew."""
    update: dict[str, Json] = {name: "no" for name in ASKED if name in known}
    if not form.is_survey:
        update["questions"] = tuple(each for each in form.questions if each.trait not in known)
    return form.model_copy(update=update)


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody has filled in. `email` None: of whom the link says who they are."""

    email: str | None
    traits: Mapping[str, Json] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    tracking: bool = False


def read(form: Form, interests: Sequence[str], given: Mapping[str, Sequence[str]], known: bool = False) -> SignUp:
    """What was sent by the form, of which only what it asks counts. RefusedError names the field. `interests`: those
    of the shop; `known`: a link says whose it is."""
    email = None
    if not known:
        try:
            email = normal_email(_one(given, "email"))
        except ValueError:
            raise RefusedError("invalid_email", form.words.check_email, "email") from None
    traits: dict[str, Json] = {}
    if (name := _answer(form, given, "first_name", form.first_name)) is not None:
        traits["first_name"] = name
    if (day := _answer(form, given, "birthday", form.birthday)) is not None:
        if not re.fullmatch(r"(\d{4}|-)-\d\d-\d\d", day) or calendars.date_in(day) is None:
            raise RefusedError("invalid_birthday", form.words.required, "birthday")
        traits["birthday"] = day
    if form.interests != "no":
        chosen = [each for each in interests if each in given.get("interest", ())]
        if form.interests == "required" and not chosen:
            raise RefusedError("required", form.words.required, "interest")
        if chosen:
            traits |= {"interests": chosen, "interest": chosen[0]}
    for question in form.questions:
        asked: Asked = "required" if question.required else "optional"
        answer = _answer(form, given, question.trait, asked)
        if answer is not None and question.choices and answer not in question.choices:
            raise RefusedError("invalid_choice", form.words.required, question.trait)
        if answer is not None:
            traits[question.trait] = answer
    ticked = set(given.get("topic", ()))
    topics = tuple(each.id for each in form.topics if each.box == "none" or each.id in ticked)
    if form.topics and not topics:
        raise RefusedError("required", form.words.required, "topic")
    return SignUp(email, traits, topics, form.tracking and _one(given, "tracking") == "yes")


def _one(given: Mapping[str, Sequence[str]], name: str) -> str:
    values = given.get(name, ())
    return values[0] if values else ""


def _answer(form: Form, given: Mapping[str, Sequence[str]], name: str, asked: Asked) -> str | None:
    """A line of text, without what no line has; None: nothing, or it was not asked for."""
    if asked == "no":
        return None
    text = " ".join(re.sub(r"[\x00-\x1f\x7f]+", " ", _one(given, name)).split())[:MAX_ANSWER]
    if not text and asked == "required":
        raise RefusedError("required", form.words.required, name)
    return text or None
