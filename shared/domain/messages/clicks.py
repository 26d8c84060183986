"""Whether a person clicked."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.events import SECOND, Instant

SCAN = 10 * SECOND
"""Security gateways follow the links of a mail: all of them within seconds of each other, or as soon as it comes in."""


def is_scan(time: Instant, link: str, clicks: Iterable[tuple[Instant, str]], arrived: Instant) -> bool:
    """Whether a click on a link of a mail was a gateway's: another link of it was clicked within SCAN, before or after,
    or the mail had `arrived` no longer ago. `clicks` are all that are known of the mail, in any order.

    Who clicks one link twice is a person, and so is who clicks again later."""
    if time < arrived + SCAN:
        return True
    return any(other != link and abs(at - time) < SCAN for at, other in clicks)
