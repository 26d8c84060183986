"""What others publish of their customers' emails, to be read beside a shop's own figures: never a target, and compared
with nothing by a computer.

Only what was read in the page that it names is here; a figure of which no such page was found is left out. To add one,
or a newer: a line of PUBLISHED, with the year that the emails were sent in (of a report that does not say it, the
report's own) and what is counted, as far as it is told.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Figure = Literal["opened", "clicked", "converted", "unsubscribed", "complained", "bounced", "revenue_per_email"]


class Published(NamedTuple):
    """`value`: a share, or of `revenue_per_email` US dollars. `of`: whose emails; `counts`: how it is counted there,
    where that is not as we count."""

    figure: Figure
    value: float
    year: int
    of: str
    counts: str
    source: str
    address: str


_OMNISEND = "https://comarketing.bookskai.com/blog/email-sms-push-marketing-ecommerce-2024"
_MAILCHIMP = "https://mailchimp.com/resources/research/email-marketing-benchmarks/"
_KLAVIYO = "https://resources.klaviyo.com/2024-benchmark-report/p/"
_MEDIAPOST = (
    "https://www.mediapost.com/publications/article/370584/metrics-merry-go-round-automated-emails-dominated.html"
)
_SPOTLER = "https://spotler.com/en-de/blog/four-unexpected-insights-from-the-gdma-email-benchmark-2024"
_OF_MAILCHIMP = "campaigns of online shops, to 1,000 people at least"

PUBLISHED: tuple[Published, ...] = (
    Published(
        "opened",
        0.251,
        2023,
        "emails of online shops",
        "opens by Apple’s mail program are among them",
        "Omnisend, 23 billion emails (reprint)",
        _OMNISEND,
    ),
    Published(
        "opened",
        0.1566,
        2018,
        _OF_MAILCHIMP,
        "before Apple’s mail program loaded pictures by itself",
        "Mailchimp, March 2018",
        _MAILCHIMP,
    ),
    Published(
        "clicked",
        0.015,
        2023,
        "emails of online shops",
        "clicks by machines may be among them",
        "Omnisend, 23 billion emails (reprint)",
        _OMNISEND,
    ),
    Published(
        "clicked",
        0.0207,
        2018,
        _OF_MAILCHIMP,
        "clicks by machines may be among them",
        "Mailchimp, March 2018",
        _MAILCHIMP,
    ),
    Published(
        "converted",
        0.001,
        2021,
        "campaigns of online shops",
        "how soon an order has to come is not said",
        "Omnisend, as MediaPost reports it",
        _MEDIAPOST,
    ),
    Published(
        "converted",
        0.0171,
        2023,
        "journeys of online shops",
        "the median of shops; of all recipients",
        "Klaviyo, Benchmark Report 2024",
        f"{_KLAVIYO}4",
    ),
    Published(
        "unsubscribed",
        0.0014,
        2024,
        "emails of all industries in 30 countries",
        "the year is the report’s",
        "GDMA Email Benchmark 2024, as Spotler reports it",
        _SPOTLER,
    ),
    Published("unsubscribed", 0.002, 2015, _OF_MAILCHIMP, "", "Mailchimp, April 2015", _MAILCHIMP),
    Published(
        "complained", 0.0003, 2015, _OF_MAILCHIMP, "what mail providers tell of", "Mailchimp, April 2015", _MAILCHIMP
    ),
    Published(
        "bounced",
        0.0062,
        2015,
        _OF_MAILCHIMP,
        "0.27 % for good and 0.35 % for the moment",
        "Mailchimp, April 2015",
        _MAILCHIMP,
    ),
    Published(
        "revenue_per_email",
        0.11,
        2023,
        "campaigns of online shops",
        "orders after opens may be among them",
        "Klaviyo, Benchmark Report 2024",
        f"{_KLAVIYO}2",
    ),
)
