"""The breaker: a campaign that goes wrong stops by itself, and says why.

Failures are what is wrong with the campaign or the sender; that somebody does not want the email is none. After the
first few of one kind the rest would fare no better, and each more costs the sender's name.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.messages.refusals import Refusal

TEMPLATE_FAILED = "template_failed"
FAILED = "failed"
"""Something of ours went wrong, again and again."""
FIRST = 200
MOST = 10
"""Failures of one kind within the first 200 emails; later, of a twentieth of them."""
COMPLAINTS = 3
"""So many recipients who report it as spam stop a campaign, however large it is: rates mean nothing among few."""
SENTENCES = {
    Refusal.REJECTED: "SES did not take {n} of the first {of} emails",
    TEMPLATE_FAILED: "the template failed for {n} of the first {of} recipients",
    FAILED: "something went wrong with {n} of the first {of} emails; the log says what",
}


def tripped(sent: int, skipped: Mapping[str, int], forgiven: Mapping[str, int]) -> str | None:
    """Why the campaign has to pause, in words; None: it may go on. `forgiven`: failures of each kind that somebody has
    seen, and has resumed it after."""
    tried = sent + sum(skipped.get(kind, 0) for kind in SENTENCES)
    for kind, sentence in SENTENCES.items():
        failures = skipped.get(kind, 0)
        if failures - forgiven.get(kind, 0) > max(MOST, (tried - FIRST) * MOST // FIRST):
            return sentence.format(n=failures, of=tried)
    return None


def complained(complaints: int, forgiven: Mapping[str, int]) -> str | None:
    """The same, of recipients who have reported it as spam."""
    if complaints - forgiven.get("complaints", 0) < COMPLAINTS:
        return None
    return f"{complaints} recipients have reported it as spam"
