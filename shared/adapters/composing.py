"""Composing an email: a template, and what it can say to one contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.adapters import ready_templates, shop_settings, templates, tokens
from shared.adapters.environment import Settings, environment
from shared.adapters.goods import goods
from shared.adapters.mail import Mail
from shared.adapters.tokens import Token
from shared.domain.contents import Front
from shared.domain.events import Instant, Json
from shared.domain.messages.asked import CampaignMessage, Message
from shared.domain.messages.variables import contact_variables
from shared.domain.profiles import Profile
from shared.domain.templates.brand import brand_variables


class ComposingSettings(Settings):
    public_url: str
    shop_name: str
    shop_url: str
    postal_address: str
    currency: str
    offer_code: str = ""


def compose(message: Message, to: str, profile: Profile, trigger: Mapping[str, Json], instant: Instant) -> Mail:
    """The mail as it goes out to an address, but for what SES adds. `trigger`: of the run (`Run.trigger`): which cart
    or product it is about."""
    shop = environment(ComposingSettings)
    subject = message.subject if isinstance(message, CampaignMessage) else None
    ready = ready_templates.ready(message.template, message.pin, ready_templates.locale(profile), subject)
    token = tokens.issue(Token(message.contact, message.topic, message.key, issued=instant))
    unsubscribe = f"{shop.public_url}/unsubscribe/{token}"
    settings = shop_settings.settings()
    variables: Mapping[str, Any] = {
        "contact": contact_variables(profile),
        "brand": brand_variables(settings.brand),
        "shown": ready_templates.shown(ready, profile, instant),
        "shop": {
            "name": shop.shop_name,
            "url": shop.shop_url,
            "address": shop.postal_address,
            "replies": settings.senders.reply_to is not None,
        },
        "links": {
            "unsubscribe": unsubscribe,
            "view": None,
            "preferences": f"{shop.public_url}/preferences/{token}",
            "answer": f"{shop.public_url}/answers/{token}/",
        },
        "offer": {"code": shop.offer_code or None, "worth": settings.code_worth or None},
        "journey": message.about.get("journey"),
        **goods(ready.template.names, profile, trigger, Front(shop.shop_url.rstrip("/"), shop.currency), instant),
    }
    rendered = templates.render(ready.template, variables)
    about = {name: value for name, value in message.about.items() if name != "run"}  # the key has it
    return Mail(
        to=to,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        unsubscribe=unsubscribe,
        tags={"message": message.key, "contact": message.contact, **about},
    )
