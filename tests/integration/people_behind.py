"""Whom a number leads to, as the page reads them."""

from __future__ import annotations

from tests.integration.shop import Shop


def people_behind(shop: Shop, path: str) -> tuple[float, dict[str, float]]:
    """The number, and who is behind it, page after page, each with what of it is theirs."""
    path += f"{'&' if '?' in path else '?'}limit=3"
    cursor, total, people = "", None, []
    while cursor is not None:
        status, found = shop.ask("GET", f"{path}{cursor and f'&cursor={cursor}'}")
        assert status == 200, found
        assert total in (None, found["total"])
        total, cursor = found["total"], found["cursor"]
        people += found["people"]
    assert len({each["contact"] for each in people}) == len(people) <= found["contacts"]
    return found["total"], {each["contact"]: each["n"] for each in people}
