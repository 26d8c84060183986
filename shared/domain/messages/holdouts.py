"""The shop's holdout: a small share of contacts who get no email of ours, so that what emails bring can be seen.

It is asked at the gate, email by email, and not of an audience: who is held out passes consent, suppression, caps and
quiet hours like the others, and is counted from the same instant (`delivering`).
"""

from __future__ import annotations

from shared.domain.draws import drawn
from shared.domain.events import MailClass
from shared.domain.messages.asked import CampaignMessage, Message, RunMessage, is_test
from shared.domain.profiles import Profile
from shared.domain.settings import Holdout
from shared.domain.shop_traits import PROMISED


def taking_part(
    holdout: Holdout | None, message: Message, mail_class: MailClass, profile: Profile | None
) -> str | None:
    """The name of the holdout that an email counts for, whether it is sent or held out; None: it counts for none."""
    if holdout is None or profile is None or not counts(holdout, mail_class, profile):
        return None
    return holdout.name if isinstance(message, RunMessage | CampaignMessage) and not is_test(message) else None


def counts(holdout: Holdout, mail_class: MailClass, profile: Profile) -> bool:
    """Whether a journey's or a campaign's email of this class to this contact counts for the holdout."""
    # Who was promised a code for signing up waits for an email: they take no part, on either side.
    promised = profile.traits.get(PROMISED)
    return mail_class in holdout.classes and not (promised is not None and promised.value)


def is_held_out(holdout: Holdout, contact: str) -> bool:
    return drawn(f"{holdout.name}\x1fshop\x1f{contact}", [100 - holdout.share, holdout.share]) == 1
