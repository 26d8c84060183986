"""Sends operators what came of the emails of the last week or month, if they want it and have not had it.

It goes out in the first night that comes to its end once it is due, so that a night that fails costs a day and no
email. A step that was broken off in between may send it twice: better than never.
"""

from __future__ import annotations

from datetime import date

from aws_lambda_powertools import Logger

from shared.adapters import channels, nights, reports, shop_settings
from shared.adapters.environment import Settings, environment
from shared.adapters.mail import Attached, Mail, RejectedError, mailbox, send
from shared.adapters.shop import shop
from shared.domain.events import Instant
from shared.domain.reports import summary

CLAIM = "report_email"

logger = Logger()


class EmailingSettings(Settings):
    admin_url: str
    sender: str


def send_due(execution: str, night: str, at: Instant) -> int:
    """Gives to how many. NotSentError: SES takes none now; the step comes again."""
    wanted, kpis = shop_settings.settings().reports, reports.known("kpis", at)
    if not wanted.to or kpis is None:
        return 0
    due = summary.due(wanted.every, date.fromisoformat(night))
    if not nights.claim(CLAIM, execution, due.isoformat(), again=False):
        return 0
    link = f"{environment(EmailingSettings).admin_url}#/reports"
    of = summary.span(wanted.every, due)
    told = summary.summary(kpis, of, channels.names(), shop().currency, link)
    sent = 0
    for to in wanted.to:
        try:
            send(_mail(to, told))
            sent += 1
        except RejectedError as error:  # one address that SES never takes holds up no other
            logger.error("report not sent", reason=str(error))
    return sent


def _mail(to: str, told: summary.Summary) -> Mail:
    return Mail(
        to=to,
        subject=told.subject,
        html=told.html,
        text=told.text,
        unsubscribe="",
        tags={},
        sender=mailbox(environment(EmailingSettings).sender),
        attached=(Attached("emails.csv", "text/csv", f"\ufeff{told.csv}".encode()),),
    )
