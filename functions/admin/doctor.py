"""What the shop's email needs from outside, and what of it is missing. A route of the admin's API."""

from __future__ import annotations

from email.utils import parseaddr

from functions.admin.rest import Request, route
from functions.admin.shapes import operations as shapes
from shared.adapters import dns_records, heard, secrets, sending_setup, shop_settings
from shared.adapters.environment import Settings, environment
from shared.domain import doctor
from shared.domain.events import Json
from shared.domain.operators import Role


class SenderSettings(Settings):
    sender: str
    shop_url: str
    aws_region: str = "eu-west-1"


@route("GET", "/doctor", role=Role.VIEWER, gives=shapes.Doctor)
def show_doctor(request: Request) -> Json:
    """Each thing that email needs: `state` (ok, missing, wrong, or look: it cannot be seen from here), what was found,
    and the DNS `records` or the `command` that add what is missing."""
    of = environment(SenderSettings)
    address = parseaddr(of.sender)[1].lower()
    domain = address.rpartition("@")[2]
    replies = parseaddr(shop_settings.settings().senders.reply_to or "")[1].lower() or address
    setup = doctor.Setup(
        domain=domain,
        replies=replies,
        region=of.aws_region,
        website=of.shop_url,
        account=sending_setup.account(),
        identity=sending_setup.identity(domain) or sending_setup.identity(address),
        secrets=secrets.problems(),
        heard=heard.last(),
    )
    findings = doctor.findings(setup, dns_records.lookup)
    return {
        "ready": not any(each.state in ("missing", "wrong") for each in findings),
        "findings": [{**each._asdict(), "records": [record._asdict() for record in each.records]} for each in findings],
    }
