"""What SES says of the account and of who sends: asked when an operator looks, never when an email is sent."""

from __future__ import annotations

from shared.adapters.clients import client
from shared.domain.doctor import Account, Identity


def account() -> Account:
    told = client("sesv2").get_account()
    quota = told.get("SendQuota", {})
    return Account(
        production=told.get("ProductionAccessEnabled", False),
        sending=told.get("SendingEnabled", False),
        status=told.get("EnforcementStatus", "HEALTHY"),
        quota=quota.get("Max24HourSend", 0),
        rate=quota.get("MaxSendRate", 0),
    )


def identity(name: str) -> Identity | None:
    """A domain or an address as SES knows it in this region; None: it does not."""
    try:
        told = client("sesv2").get_email_identity(EmailIdentity=name)
    except client("sesv2").exceptions.NotFoundException:
        return None
    dkim, mail_from = told.get("DkimAttributes", {}), told.get("MailFromAttributes", {})
    return Identity(
        verified=told.get("VerifiedForSendingStatus", False),
        signed=dkim.get("SigningEnabled", False) and dkim.get("Status") == "SUCCESS",
        tokens=tuple(dkim.get("Tokens", ())) if dkim.get("SigningAttributesOrigin", "AWS_SES") != "EXTERNAL" else (),
        mail_from=mail_from.get("MailFromDomain") or None,
    )
