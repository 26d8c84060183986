"""The DNS of the made-up shop's domains, as it is once everything that docs/deploying.md asks for is done."""

from __future__ import annotations

from collections.abc import Sequence

from infra.local.aws import ses
from infra.local.aws.calls import REGION


def lookup(type_: str, name: str) -> Sequence[str]:
    first, _, above = name.partition(".")
    if type_ == "CNAME" and above.startswith("_domainkey."):
        token = next((each for each in ses.dkim_tokens(above.removeprefix("_domainkey.")) if each == first), None)
        return [f"{token}.dkim.amazonses.com"] if token else []
    if type_ == "MX":
        return [f"10 feedback-smtp.{REGION}.amazonses.com" if first == "bounce" else f"10 mail.{name}"]
    if type_ == "TXT" and first == "_dmarc":
        return ["v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com"]
    if type_ == "TXT" and first == "bounce":
        return ["v=spf1 include:amazonses.com ~all"]
    return []
