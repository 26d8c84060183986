"""What the admin's pages look like: `make pictures` writes docs/pages from the sample shop, while `make run` is running
in another terminal."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import NamedTuple

from tests.browser.chromium import Page, chromium

FOLDER = Path(__file__).parents[2] / "docs" / "pages"
PORT = 8000


class View(NamedTuple):
    """A page, by what it is to show before the picture is taken, and `then` what is pressed (a selector)."""

    name: str
    place: str
    shows: str
    says: str
    then: str = ""
    size: tuple[int, int] = (1200, 900)
    dark: bool = False


VIEWS = (
    View("today", "", "Running journeys", "Today: what tomorrow brings, four figures, and email back and ahead"),
    View("people", "people", "Gets email", "People: who can be written to, and why not"),
    View("contact", "people", "Gets email", "A contact: what comes next, and a story a line", "main table a"),
    View("segments", "segments", "Used by", "Segments: sizes back and ahead, and what uses them"),
    View(
        "segment-builder",
        "segments/inactive/edit",
        "By the end of tomorrow",
        "The builder: rows that read as a sentence",
    ),
    View("journeys", "journeys", "Onboarding", "Journeys: who waits, what was sent, who reached the goal"),
    View("journey", "journeys/post_purchase", "Starts", "A journey: its steps from top to bottom, with who is where"),
    View(
        "journey-editor",
        "journeys/post_purchase/edit",
        "Nothing is wrong with it.",
        "A journey's editor: its steps, the form of one of them, and its text, which say the same",
    ),
    View(
        "journey-play",
        "journeys/post_purchase/play",
        "to come",
        "A journey played for one person, with a slider of days: the card they are at, and why",
    ),
    View("emails", "emails", "Welcome back", "Emails: each with its newest version"),
    View(
        "email", "emails/welcome", "Nothing keeps it from being published", "An email: its blocks, and how it arrives"
    ),
    View("campaigns", "campaigns", "Campaign", "Campaigns: one email to a whole segment"),
    View("forms", "forms", "Form", "Forms: how people sign up"),
    View(
        "coupons", "coupons", "A new pool", "Coupons: what is left of each pool of codes, and what became of the others"
    ),
    View("reports", "reports", "Goals of 100 started", "Reports: days, and journeys side by side"),
    View(
        "kpis", "reports/kpis", "As of", "Reports, KPIs: what came of emails, beside the average as far as they can say"
    ),
    View(
        "attribution",
        "reports/attribution",
        "As of",
        "Reports, attribution: by which emails orders came, by six models",
    ),
    View(
        "cohorts",
        "reports/cohorts",
        "As of",
        "Reports, cohorts: who ordered again in which month after the first order",
    ),
    View("flows", "reports/flows", "Moves between segments", "Reports, flows: who went from which segment to which"),
    View("objectives", "objectives", "this quarter", "Objectives: a target, a date, and how it stands"),
    View("experiments", "experiments", "Experiments", "Experiments: every test, and what was learnt"),
    View("insight", "insight", "Segments worth having", "Insight: what is likely, how it was checked, and who that is"),
    View("data", "data", "Data", "Data: lists that are brought over"),
    View("data-audit", "data/audit", "As of", "Data audit: how complete, right and used the data are, and what to fix"),
    View("shop", "shop", "Pictures for emails", "Shop: brand, topics, caps, quiet hours, senders"),
    View("operations", "operations", "Cost so far", "Operations: what waits for a person, and the cost so far"),
    View("telephone", "", "Running journeys", "Today on a telephone", size=(390, 844)),
    View("dark", "segments", "Used by", "Segments in the dark", dark=True),
)


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    written = ["# The pages", "", INTRODUCTION, ""]
    with chromium() as page:
        for view in VIEWS:
            (FOLDER / f"{view.name}.webp").write_bytes(picture(page, f"http://localhost:{port}/admin/", view))
            written += [f"![{view.says}]({view.name}.webp)", ""]
    (FOLDER / "README.md").write_text("\n".join(written).rstrip("\n") + "\n", encoding="utf-8")


INTRODUCTION = (
    "The admin of the sample shop, as `make run` begins it. `make pictures` takes these in a browser while it runs; "
    "[admin](../admin.md) says what can be done on each."
)


def picture(page: Page, base: str, view: View) -> bytes:
    """A page as WebP."""
    page.size(*view.size)
    page.dark(view.dark)
    page.open("about:blank")
    page.open(f"{base}#/{view.place}")
    page.wait_for(view.shows)
    if view.then:
        page.run(f"document.querySelector({view.then!r}).click()")
        page.wait("!document.querySelector('[aria-busy=true]') && location.hash.includes('contacts/')")
        page.wait_for("Timeline")
    shot = page.call("Page.captureScreenshot", format="webp", quality=80)
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    main()
