"""What others publish: each figure says where it was read and of when, and is no slip of the decimal point."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from shared.domain.reports import kpis
from shared.domain.reports.published import PUBLISHED, Published

PLAUSIBLE = {
    "opened": (0.05, 0.6),
    "clicked": (0.002, 0.1),
    "converted": (0.0002, 0.05),
    "unsubscribed": (0.0005, 0.01),
    "complained": (0.00002, 0.002),
    "bounced": (0.0005, 0.05),
    "revenue_per_email": (0.01, 5.0),
}


@pytest.mark.parametrize("each", PUBLISHED, ids=lambda each: f"{each.figure}-{each.year}-{each.source[:9]}")
def test_a_published_figure_says_of_when_and_where_it_was_read(each: Published) -> None:
    assert 2010 <= each.year <= 2026
    assert each.source and each.of
    address = urlsplit(each.address)
    assert address.scheme == "https" and "." in address.netloc and len(address.path) > 1
    low, high = PLAUSIBLE[each.figure]
    assert low <= each.value <= high


def test_each_is_of_a_figure_that_the_report_has() -> None:
    assert {each.figure for each in PUBLISHED} <= {*kpis.RATES, "revenue_per_email"}
    assert len({(each.figure, each.year, each.source) for each in PUBLISHED}) == len(PUBLISHED)
