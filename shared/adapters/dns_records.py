"""What a domain's DNS says, by the resolver of where this runs; a run on one machine has a DNS of its own."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.doctor import Lookup, UnansweredError

PATIENCE = 3.0  # seconds for one name

_source: Lookup | None = None


def use(source: Lookup | None) -> None:
    """Has `lookup` ask `source` from here on (None: the resolver)."""
    global _source  # noqa: PLW0603 - as with the clock: there is one DNS
    _source = source


def lookup(type_: str, name: str) -> Sequence[str]:
    """The values of a name's records of a type, as `doctor.Lookup` wants them. UnansweredError."""
    if _source is not None:
        return _source(type_, name)
    import dns.exception
    import dns.resolver

    try:
        found = dns.resolver.resolve(name, type_, lifetime=PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except dns.exception.DNSException as error:
        raise UnansweredError(f"{name}: {type(error).__name__}") from error
    if type_ == "TXT":
        return [b"".join(each.strings).decode("utf-8", "replace") for each in found]
    if type_ == "MX":
        return [f"{each.preference} {str(each.exchange).rstrip('.') or '.'}" for each in found]
    return [str(each.target).rstrip(".") for each in found]
