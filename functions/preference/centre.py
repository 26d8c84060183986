"""The preference centre: what a contact decides about what we write, and about what we know of them.

One page with several forms, which all post to it and say in `do` what is asked for. It needs no login: its link does,
for `PREFERENCES_FOR`; after that it offers to email a fresh one. What could be turned against somebody whose email was
forwarded (another address, a copy of all data) goes by an email of its own.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from functions.preference import pages
from functions.preference.requests import Request
from shared.adapters import answering, exporting, identities, messages_queue, pending_addresses
from shared.adapters.answering import Answers, Reader
from shared.adapters.clock import now
from shared.adapters.shop_settings import held, settings
from shared.domain.events import (
    ALL,
    DAY,
    FREQUENCY,
    HOUR,
    PAUSE,
    TRACKING,
    Frequency,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Type,
    event_id,
    iso,
    normal_email,
)
from shared.domain.messages.asked import SystemMessage

MAX_ADDRESSES = 3
"""To which a contact can have the confirmation of a change sent within `CONFIRMED_WITHIN`: nobody is to be written to
because somebody else has typed their address again and again."""
CONFIRMED_WITHIN = 3 * DAY
FREQUENCIES: tuple[Frequency, ...] = ("all", "weekly", "monthly")
LANGUAGES = {
    **{"cs": "Čeština", "da": "Dansk", "de": "Deutsch", "en": "English", "es": "Español", "fi": "Suomi"},
    **{"fr": "Français", "it": "Italiano", "ja": "日本語", "nb": "Norsk", "nl": "Nederlands", "pl": "Polski"},
    **{"pt": "Português", "sv": "Svenska"},
}
"""As their speakers call them; others are shown by their codes."""


def show(request: Request) -> tuple[str, str]:
    reader = answering.read(request.token)
    if not request.token.opens_preferences(now()):
        return "This link is too old", pages.ask_for_fresh_link(_masked(reader))
    return "What would you like to get?", pages.preferences(_shown(reader))


def act(request: Request) -> tuple[str, str]:
    asked = request.one("do")
    if asked == "fresh_link":
        return send_fresh_link(request)
    if not request.token.opens_preferences(now()):
        return show(request)
    return ACTS.get(asked, save)(request)


# ── what we write ──


def save(request: Request) -> tuple[str, str]:
    """What is ticked is a yes and what is not is a no, whatever held before. An old yes that is said again is recorded
    again; that it is no new sign-up is the segments' to know. Of what else is on the page only what is another than was
    shown is told: it may have been shown before an earlier change had come in."""
    topics, chosen = answering.asked_about(), set(request.form.get("topic", []))
    answers: Answers = {topic: "subscribed" if topic in chosen else "unsubscribed" for topic in topics}
    answers = {**answers, **_frequencies(request, chosen)}
    number = request.one("words")
    reader = _record(request, answers, f"settings-{number}" if re.fullmatch(r"\d{1,9}", number) else None)
    traits, wrong = _traits(request)
    if traits:
        answering.tell(request.token, request.id, reader, Type.CONTACT_UPDATED, traits=traits)
    kept = {topic.name: request.one(f"often_{topic.id}") for topic in settings().topics if topic.id in chosen}
    saved = chosen & {*topics} - {TRACKING}
    return "Saved", pages.saved(saved, kept, request.preferences, reader.unreachable, wrong)


def _frequencies(request: Request, chosen: Collection[str]) -> Answers:
    """How often they want emails about each topic that is ticked, where that is another than was shown or than holds by
    now. What the shop has lowered by itself is shown, and left as it is until they choose: then it is their word."""
    reader, told = answering.read(request.token), dict[str, Frequency]()
    for topic in settings().topics:
        said, shown = request.one(f"often_{topic.id}"), request.one(f"shown_often_{topic.id}")
        if topic.id in chosen and {shown, reader.frequency(topic.id)} != {said}:
            told.update((FREQUENCY + topic.id, each) for each in FREQUENCIES if each == said)
    return told


def _traits(request: Request) -> tuple[dict[str, Json], str | None]:
    """What is told of the contact by the form, and what of it cannot be."""
    shop, form, told, wrong = settings(), request.form, dict[str, Json](), None
    interests = [each for each in shop.interests if each in form.get("interest", [])]
    if "interests" in form and interests != form.get("shown_interest", []):
        told["interests"] = interests or None
    birthday = request.one("birthday")
    if "birthday" in form and birthday != request.one("shown_birthday"):
        if not birthday or _is_birthday(birthday):
            told["birthday"] = birthday or None
        else:
            wrong = "We could not read the birthday, so we have left it as it was."
    language = request.one("language")
    if language in shop.brand.languages and language != request.one("shown_language"):
        told["locale"] = language
    return told, wrong


def _is_birthday(text: str) -> bool:
    try:
        return "1900-01-01" <= date.fromisoformat(text).isoformat() <= iso(now())
    except ValueError:
        return False


def unsubscribe_from_all(request: Request) -> tuple[str, str]:
    _record(request, _no_to_all())
    return "You are unsubscribed", pages.unsubscribed_from_all(request.preferences)


def _no_to_all() -> Answers:
    """To every topic there is, and to those that there will be."""
    return dict.fromkeys((*(topic.id for topic in settings().topics), ALL), "unsubscribed")


def pause(request: Request) -> tuple[str, str]:
    _record(request, {PAUSE: "unsubscribed"})
    return "Enjoy your break", pages.paused(request.preferences)


def resume(request: Request) -> tuple[str, str]:
    _record(request, {PAUSE: "subscribed"})
    return "Welcome back", pages.resumed(request.preferences)


# ── another address ──


def ask_for_confirmation(request: Request) -> tuple[str, str]:
    """Sends the email that confirms it to the new address; until then nothing changes."""
    reader = answering.read(request.token)
    try:
        address = normal_email(request.one("email"))
    except ValueError:
        return "Change your email address", pages.wrong_address(request.preferences)
    if address == reader.profile.email:
        return "Change your email address", pages.same_address(masked(address), request.preferences)
    contact, hashed, until = reader.profile.contact, identities.address_hash(address), now() + CONFIRMED_WITHIN
    if len(pending_addresses.waiting(contact, now()) - {hashed}) >= MAX_ADDRESSES:
        return "Change your email address", pages.too_many_addresses(request.preferences)
    pending_addresses.put(contact, address, until)
    _send("confirm_address", contact, hashed, until, hashed, str(now() // DAY))
    return "Please confirm your new address", pages.address_asked(masked(address), request.preferences)


def ask_for_address(request: Request) -> tuple[str, str]:
    reader = answering.read(request.token)
    address = pending_addresses.read(request.token.contact, request.token.topic)
    if address is None or reader.own == request.token.topic:
        return _changed_or_too_old(request, reader)
    return "Use this address?", pages.confirm_address(masked(address))


def change_address(request: Request) -> tuple[str, str]:
    reader = answering.read(request.token)
    address = pending_addresses.read(request.token.contact, request.token.topic)
    if address is None or reader.own == request.token.topic:
        return _changed_or_too_old(request, reader)
    identity = Identity(kind=IdentityKind.EMAIL, value=address)
    other = identities.find([identity]).get(identity)
    if other is not None and answering.standing(other).contact != reader.profile.contact:
        return "Please write to us", pages.ADDRESS_TAKEN
    told = {"identities": (identity,), "traits": {"email": address}}
    answering.tell_once(request.token, reader, Type.CONTACT_UPDATED, **told)
    return "Your address is changed", pages.address_changed(masked(address))


def _changed_or_too_old(request: Request, reader: Reader) -> tuple[str, str]:
    if reader.own == request.token.topic and reader.profile.email is not None:
        return "Your address is changed", pages.address_changed(masked(reader.profile.email))
    return "This link is too old", pages.TOO_OLD


# ── what we know ──


def send_download(request: Request) -> tuple[str, str]:
    return _send_link(request, "download", "Your data is on its way", pages.download_asked)


def send_fresh_link(request: Request) -> tuple[str, str]:
    return _send_link(request, "preferences", "A fresh link is on its way", pages.fresh_link_sent)


def _send_link(request: Request, purpose: Any, title: str, page: Callable[[str], str]) -> tuple[str, str]:
    """An email to the contact's own address, one an hour at most."""
    reader = answering.read(request.token)
    to = _masked(reader)
    if to is None or reader.unreachable is not None:
        return "Please write to us", pages.no_address(reader.unreachable)
    _send(purpose, reader.profile.contact, reader.own, now() + HOUR, str(now() // HOUR))
    return title, page(to)


def ask_to_download(request: Request) -> tuple[str, str]:
    answering.read(request.token)
    return "Your data", pages.ASK_TO_DOWNLOAD


def download(request: Request) -> dict[str, Any]:
    """All that is known of the contact, as a file; packed, since Lambda's answers have 6 MB at most."""
    contact = answering.read(request.token).profile.contact
    told = json.dumps(exporting.everything(contact), ensure_ascii=False, indent=1).encode()
    return {
        "statusCode": 200,
        "headers": {
            "content-type": "application/json",
            "content-encoding": "gzip",
            "content-disposition": 'attachment; filename="my-data.json"',
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex",
        },
        "body": base64.b64encode(gzip.compress(told, mtime=0)).decode(),
        "isBase64Encoded": True,
    }


def ask_to_erase(request: Request) -> tuple[str, str]:
    answering.read(request.token)
    return "Erase everything?", pages.confirm_erasure(request.preferences)


def erase(request: Request) -> tuple[str, str]:
    """The no to all holds at once; the erasure itself is done as soon as its event is taken off the queue."""
    reader = _record(request, _no_to_all())
    answering.tell(request.token, request.id, reader, Type.ERASURE_REQUESTED)
    return "You are being erased", pages.ERASED


ACTS: Mapping[str, Callable[[Request], tuple[str, str]]] = {
    "all": unsubscribe_from_all,
    "pause": pause,
    "resume": resume,
    "address": ask_for_confirmation,
    "download": send_download,
    "erase": ask_to_erase,
    "erase_now": erase,
}


# ── what they have in common ──


def _record(request: Request, answers: Answers, wording: str | None = None) -> Reader:
    return answering.record(request.token, request.id, answers, wording=wording, network=request.network)


def _send(purpose: Any, contact: str, hashed: str, until: Instant, *what: str) -> None:
    """Asks for an email of the system's. `what` tells two of a contact apart: the same is sent once."""
    id_ = event_id(purpose, contact, *what)
    message = SystemMessage(contact=contact, purpose=purpose, id=id_, address=hashed, best_before=until)
    messages_queue.put_prompt(message, now())


def masked(address: str) -> str:
    """`a…@example.com`: enough for whoever knows it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _masked(reader: Reader) -> str | None:
    return masked(reader.profile.email) if reader.profile.email is not None else None


def _shown(reader: Reader) -> pages.Shown:
    shop, traits = settings(), {name: each.value for name, each in reader.profile.traits.items()}
    chosen = traits.get("interests")
    return pages.Shown(
        topics=shop.topics,
        tracking=shop.tracking if TRACKING in answering.asked_about() else None,
        subscribed=reader.subscribed(),
        frequency={topic.id: reader.frequency(topic.id) for topic in shop.topics},
        words=held().number,
        unreachable=reader.unreachable,
        paused_until=reader.paused_until,
        email=_masked(reader),
        interests={each: isinstance(chosen, list) and each in chosen for each in shop.interests},
        birthday=str(traits.get("birthday") or "")[:10],
        languages={each: LANGUAGES.get(each.partition("-")[0], each) for each in shop.brand.languages},
        language=_language(shop.brand.languages, str(traits.get("locale") or "")),
    )


def _language(languages: tuple[str, ...], locale: str) -> str:
    """Of the shop's languages, the one that emails to somebody of this locale are in."""
    plain = locale.replace("_", "-")
    fitting = [each for each in languages if each.lower() == plain.lower()]
    fitting += [each for each in languages if each == plain.partition("-")[0].lower()]
    return (fitting or [languages[0]])[0]
