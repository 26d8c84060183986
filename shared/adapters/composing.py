"""Composing an email: a template, and what it can say to one contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from shared.adapters import copies, definitions, ready_templates, shop_settings, template_definitions, templates, tokens
from shared.adapters.coupons import Coupons
from shared.adapters.environment import Settings, environment
from shared.adapters.goods import goods
from shared.adapters.mail import Mail, address_of, mailbox
from shared.adapters.ready_templates import OfTheShop, Ready
from shared.adapters.surroundings import Feeds, Weather
from shared.adapters.templates import Rendered
from shared.adapters.tokens import Purpose, Token
from shared.domain.contents import Front
from shared.domain.evaluation.calendar import zone_of
from shared.domain.events import Instant, Json, MailClass
from shared.domain.messages import holdouts
from shared.domain.messages.asked import CampaignMessage, Message, SystemMessage, is_test
from shared.domain.messages.variables import Traits, contact_variables, moment
from shared.domain.profiles import Profile
from shared.domain.templates import places
from shared.domain.templates.brand import brand_variables
from shared.domain.templates.definition import answered


class ComposingSettings(Settings):
    public_url: str
    shop_name: str
    shop_url: str
    postal_address: str
    currency: str
    sender: str
    offer_code: str = ""
    unsubscribe_domain: str = ""


def class_of(message: Message) -> MailClass:
    """What kind of email it is. LookupError: there is no template."""
    if isinstance(message, SystemMessage):
        return "transactional"
    return template_definitions.class_of(message.template, message.pin, message.mail_class)


@dataclass(frozen=True, slots=True)
class Entry:
    """An email as a digest lists it: its subject and preview, where it is read whole, and its copy (see `copies`)."""

    title: str
    preview: str
    url: str
    copy: bytes


NO_DIGEST: Mapping[str, Json] = {"entries": [], "topic": None, "often": None}
"""What every other email knows as `digest`."""


def entry(message: Message, profile: Profile, trigger: Mapping[str, Json], instant: Instant) -> Entry:
    """The email as the contact reads it where a digest lists it. NoCodeError, TemplateFailedError, LookupError."""
    locale = ready_templates.locale(profile)
    ready = ready_templates.ready(message.template, message.pin, locale, message.subject, of_the_shop())
    rendered, unsubscribe = rendered_for(message, ready, profile, trigger, instant)
    view = _view(message, instant) or ""
    copy = copies.made(rendered, unsubscribe.rpartition("/")[2], view.rpartition("/")[2])
    url = view if copy else environment(ComposingSettings).shop_url
    return Entry(rendered.subject, rendered.preview, url, copy)


def digest_variables(message: Message, often: str, entries: Iterable[Entry]) -> Mapping[str, Json]:
    """What a digest knows as `digest`."""
    topic = shop_settings.settings().topic(message.topic)
    return {
        "entries": [{"title": each.title, "preview": each.preview, "url": each.url} for each in entries],
        "topic": topic.name if topic is not None else message.topic,
        "often": often,
    }


def rendered_for(
    message: Message,
    ready: Ready,
    profile: Profile,
    trigger: Mapping[str, Json],
    instant: Instant,
    codes: Mapping[str, Any] | None = None,
    digest: Mapping[str, Json] = NO_DIGEST,
) -> tuple[Rendered, str]:
    """The email as the contact reads it, and its one-click unsubscribe link. NoCodeError. `codes`: what is known as
    `coupon`, where no code is to be given."""
    shop = environment(ComposingSettings)
    where = zone_of(profile, definitions.shop_zone())
    links = _links(message, shop.public_url, instant)
    variables: Mapping[str, Any] = {
        "contact": contact_variables(profile),
        **of_the_shop(),
        "traits": Traits(profile),
        "now": moment(instant, where),
        "coupon": Coupons(message, profile, instant, where) if codes is None else codes,
        "digest": digest,
        "language": ready.language,
        "feeds": Feeds(shop_settings.settings(), profile, instant, shop.shop_url),
        "weather": Weather(shop_settings.settings(), profile, instant),
        "shown": ready_templates.shown(ready, profile, instant),
        "links": links,
        "journey": message.about.get("journey"),
        **goods(ready.template.names, profile, trigger, Front(shop.shop_url.rstrip("/"), shop.currency), instant),
    }
    return templates.render(ready.template, variables), str(links["unsubscribe"])


def _view(message: Message, instant: Instant) -> str | None:
    """Where the email is shown in a browser; of one that a person has just asked for there is no copy."""
    if isinstance(message, SystemMessage):
        return None
    token = tokens.issue(Token(message.contact, "", message.key, "view", instant))
    return f"{environment(ComposingSettings).public_url}/view/{token}"


def compose(
    message: Message,
    to: str,
    profile: Profile,
    trigger: Mapping[str, Json],
    instant: Instant,
    *,
    agrees_to_tracking: bool = False,
    digest: Mapping[str, Json] = NO_DIGEST,
) -> Mail:
    """The mail as it goes out to an address, but for what SES adds. `trigger`: of the run (`Run.trigger`): which cart
    or product it is about."""
    shop, settings, mail_class = environment(ComposingSettings), shop_settings.settings(), class_of(message)
    locale = ready_templates.locale(profile)
    ready = ready_templates.ready(message.template, message.pin, locale, message.subject, of_the_shop())
    test = is_test(message)
    codes = templates.example()["coupon"] if test else None
    rendered, unsubscribe = rendered_for(message, ready, profile, trigger, instant, codes, digest)
    about = {name: value for name, value in message.about.items() if name != "run"}  # the key has it
    about |= {"version": str(ready.version), "language": ready.language}  # whose places its links are at
    address = sender_address(mail_class)
    of_a_list = mail_class != "transactional"
    if (of := holdouts.taking_part(settings.holdout, message, mail_class, profile)) is not None:
        about["holdout"] = of
    clicks = not test and _tracks(message, settings.tracking.clicks, agrees=agrees_to_tracking)
    acting = [link.rpartition("/")[2] for link in (unsubscribe, _view(message, instant)) if link]
    return Mail(
        to=to,
        subject=marked_as_test(rendered.subject) if test else rendered.subject,
        html=rendered.html if clicks else places.unmarked(rendered.html),
        text=rendered.text,
        unsubscribe=unsubscribe if of_a_list else "",
        unsubscribe_by_email=_by_email(message, shop.unsubscribe_domain) if of_a_list else "",
        tags={} if test else {"message": message.key, "contact": message.contact, **about},  # which notices count by
        sender=sender_of(ready, mail_class),
        reply_to=settings.senders.reply_to,
        list_id=f"{message.topic}.{address.rpartition('@')[2]}" if of_a_list else None,
        opens=not test and _tracks(message, settings.tracking.opens, agrees=agrees_to_tracking),
        clicks=clicks,
        feedback=() if test else (mail_class, message.source),
        version=ready.version,
        answers={} if test else answered(ready.written.translations.get(ready.language, ready.written)),
        copy=b"" if isinstance(message, SystemMessage) else copies.made(rendered, *acting),
    )


def marked_as_test(subject: str) -> str:
    return f"[Test] {subject}"


def sender_of(ready: Ready, mail_class: MailClass) -> str:
    """Who an email of a template comes from, as a mailbox: its name or the shop's, at its class's address."""
    name = ready.written.from_ or shop_settings.settings().senders.name
    return mailbox(_sender(name, sender_address(mail_class), environment(ComposingSettings).sender))


def sender_address(mail_class: MailClass) -> str:
    return shop_settings.settings().senders.by_class.get(mail_class) or address_of(
        environment(ComposingSettings).sender
    )


def _by_email(message: Message, domain: str) -> str:
    """The address that unsubscribes when an email comes in at it; empty: the shop takes none."""
    local = tokens.issue_local_part(message.contact, message.topic) if domain else None
    return "" if local is None else f"{local}@{domain}"


def preview(ready: Ready, profile: Profile, instant: Instant) -> Rendered:
    """The email as the contact would get it now, to look at. Its links lead nowhere: they are nobody's, so that who
    looks at it unsubscribes nobody."""
    message = CampaignMessage(contact=profile.contact, campaign="preview", template=ready.written.id)
    example = templates.example()
    rendered, unsubscribe = rendered_for(message, ready, profile, {}, instant, example["coupon"], example["digest"])
    html, text = rendered.html, rendered.text
    for link in filter(None, (unsubscribe, _view(message, instant))):
        token = link.rpartition("/")[2]
        html, text = html.replace(token, "preview"), text.replace(token, "preview")
    return replace(rendered, html=html, text=text)


_held: tuple[object, object, OfTheShop] | None = None


def of_the_shop() -> OfTheShop:
    """What templates know of the shop itself, whoever gets the email. The same object, while nothing has changed."""
    global _held  # noqa: PLW0603 - what a Lambda keeps while it lives
    shop, settings = environment(ComposingSettings), shop_settings.settings()
    if _held is not None and _held[0] is shop and _held[1] is settings:
        return _held[2]
    made = OfTheShop(
        brand=brand_variables(settings.brand),
        shop={
            "name": shop.shop_name,
            "url": shop.shop_url,
            "address": shop.postal_address,
            "replies": settings.senders.reply_to is not None,
        },
        offer={"code": shop.offer_code or None, "worth": settings.code_worth or None},
    )
    _held = shop, settings, made
    return made


ACTIONS: Mapping[str, tuple[str, Purpose]] = {
    "confirm_signup": ("confirm", "confirm"),
    "reminder": ("confirm", "confirm"),
    "confirm_address": ("address", "address"),
    "download": ("download", "download"),
    "preferences": ("preferences", "consent"),
}
"""By the purpose of a message of the system's, the page on which what was asked for is done, and what its token is
for."""


def _links(message: Message, url: str, instant: Instant) -> dict[str, Json]:
    token = tokens.issue(Token(message.contact, message.topic, message.key, issued=instant))
    preferences = f"{url}/preferences/{token}"
    action = preferences
    if isinstance(message, SystemMessage) and message.purpose != "preferences":
        page, purpose = ACTIONS[message.purpose]
        action = f"{url}/{page}/{tokens.issue(Token(message.contact, message.address, message.key, purpose, instant))}"
    return {
        "unsubscribe": f"{url}/unsubscribe/{token}",
        "view": _view(message, instant),
        "preferences": preferences,
        "answer": f"{url}/answers/{token}/",
        "survey": f"{url}/surveys/{token}/",
        "action": action,
    }


def _sender(name: str | None, address: str, whole: str) -> str:
    """A sender as a person writes it: by the name that is set, else by that of the stack's `Sender`."""
    name = name or whole.rpartition("<")[0].strip()
    return f"{name} <{address}>" if name else address


def _tracks(message: Message, setting: Literal["never", "with_consent", "always"], *, agrees: bool) -> bool:
    """Nothing that a person has just asked for is watched."""
    if isinstance(message, SystemMessage):
        return False
    return setting == "always" or (setting == "with_consent" and agrees)
