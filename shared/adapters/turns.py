"""Turns: when an email may go out to its contact, as far as their hours, the shop's days and its caps are concerned."""

from __future__ import annotations

from functools import lru_cache

from shared.adapters import caps, shop_settings
from shared.adapters.definitions import shop_zone
from shared.domain.evaluation.calendar import zone_of
from shared.domain.events import DAY, NEVER, Instant, MailClass
from shared.domain.journeys import timing
from shared.domain.journeys.definition import Hours
from shared.domain.messages.asked import Message
from shared.domain.messages.caps import Opens, Waiting, when
from shared.domain.profiles import Profile
from shared.domain.settings import Cap, QuietHours

FAR = DAY
"""How long to wait before asking again where emails go out at no instant that is known."""


def opens_for(mail_class: MailClass, profile: Profile) -> Opens:
    """When emails of a class go out to the contact at all."""
    zone, hours = shop_zone(), hours_of(mail_class)
    return Opens(lambda t: timing.opens_at(hours, profile, t, zone), zone_of(profile, zone))


def hours_of(mail_class: MailClass) -> Hours | None:
    """The shop's hours and days on which emails of a class go out. None: on all."""
    settings = shop_settings.settings()
    return None if mail_class == "transactional" else _hours(settings.quiet_hours, settings.closed)


def cap_of(mail_class: MailClass) -> Cap | None:
    """None: there may be as many as there are."""
    cap = shop_settings.settings().caps.get(mail_class)
    return None if cap is None or (cap.day is None and cap.week is None) else cap


def would_go_at(message: Message, mail_class: MailClass, profile: Profile, instant: Instant) -> Instant:
    """When the message would go out, were it asked for at an instant and as things are: registers nothing."""
    opens, cap = opens_for(mail_class, profile), cap_of(mail_class)
    if cap is None:
        at = opens.at(instant)
    else:
        counted = caps.read(message.contact, mail_class).counted
        asked = Waiting(message.rank, message.stale_after, instant, 0)
        at = when(counted, caps.name(message.key), asked, cap, instant, opens)
    return at if at != NEVER else instant + FAR


@lru_cache(maxsize=8)
def _hours(quiet: QuietHours | None, closed: tuple[str, ...]) -> Hours | None:
    """The hours in which emails go out: those that are not quiet, on the days on which the shop is not closed."""
    if quiet is None and not closed:
        return None
    begin, to = (quiet.to, quiet.begin) if quiet is not None else ("00:00", "00:00")
    return Hours.model_validate({"from": begin, "to": to, "closed": closed})
