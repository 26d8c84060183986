"""Why a message is not sent."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why a message is not sent."""

    ERASED = "erased"
    JOINED = "joined"
    LEFT_SEGMENT = "left_segment"
    NO_ADDRESS = "no_address"
    ANOTHERS_ADDRESS = "anothers_address"
    SUPPRESSED_BOUNCE = "suppressed_bounce"
    SUPPRESSED_SOFT_BOUNCE = "suppressed_soft_bounce"
    SUPPRESSED_COMPLAINT = "suppressed_complaint"
    SUPPRESSED_ERASURE = "suppressed_erasure"
    SUPPRESSED_OPERATOR = "suppressed_operator"
    ROLE_ADDRESS = "role_address"
    NO_CONSENT = "no_consent"
    PAUSED = "paused"
    RUN_ENDED = "run_ended"
    TOO_LATE = "too_late"
    NOT_TAKEN = "not_taken"
    FREQUENCY_CAP = "frequency_cap"
    SUNSET = "sunset"
    SOLD_OUT = "sold_out"
    REJECTED = "rejected"
    TEMPLATE_FAILED = "template_failed"
    IN_DIGEST = "in_digest"
    CALLED_OFF = "called_off"
    HELD_OUT = "held_out"
    SHOP_HOLDOUT = "shop_holdout"


SENTENCES = {
    Refusal.ERASED: "The contact asked to be erased.",
    Refusal.JOINED: "The contact is the same person as another one, who has the email by their own name.",
    Refusal.LEFT_SEGMENT: "The contact has left the campaign’s segments, or come to one that it leaves out.",
    Refusal.NO_ADDRESS: "No email address is known.",
    Refusal.ANOTHERS_ADDRESS: "The email address is known to be another contact's.",
    Refusal.SUPPRESSED_BOUNCE: "Email to the address came back for good.",
    Refusal.SUPPRESSED_SOFT_BOUNCE: "Email to the address came back again and again, if not for good.",
    Refusal.SUPPRESSED_COMPLAINT: "The contact reported an email of ours as spam.",
    Refusal.SUPPRESSED_ERASURE: "The address belonged to a contact who was erased, and has not agreed again since.",
    Refusal.SUPPRESSED_OPERATOR: "Somebody of the shop has stopped all email to the address.",
    Refusal.ROLE_ADDRESS: "It is the address of a role (info@, admin@, …), and the shop writes to people only.",
    Refusal.NO_CONSENT: "The contact does not agree to email about this topic, or not any more.",
    Refusal.PAUSED: "The contact asked for a break of 30 days from our emails.",
    Refusal.RUN_ENDED: "The contact’s run of the journey has ended, or has gone on from here without it.",
    Refusal.TOO_LATE: "It was too late for it by the time that it could be sent.",
    Refusal.NOT_TAKEN: "For a week, SES took no email of the shop’s.",
    Refusal.SUNSET: "The contact was asked twice whether they want email, did not answer, and was not seen since.",
    Refusal.FREQUENCY_CAP: "The contact is dormant, and has had an email within the last 30 days.",
    Refusal.SOLD_OUT: "The product that the email is about cannot be bought any more.",
    Refusal.REJECTED: "SES did not take the email.",
    Refusal.TEMPLATE_FAILED: "The template could not be rendered for this contact, or took too long.",
    Refusal.IN_DIGEST: "The contact wants one email a week, or a month, about this topic, and has it there.",
    Refusal.CALLED_OFF: "The campaign was cancelled before the digest went out that the email was kept for.",
    Refusal.HELD_OUT: "The contact is in the share of the audience that gets nothing, to compare the others with.",
    Refusal.SHOP_HOLDOUT: "The contact is in the shop’s holdout, who get no email, to see what emails bring.",
}
"""The refusals in words, for whoever asks why a mail was not sent."""
