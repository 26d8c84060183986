"""What the shipped emails look like: `make gallery` writes docs/emails, six emails a sheet, each on a desktop, on a
phone, and on a phone in the dark."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.adapters import journey_files
from shared.domain.journeys.definition import Send
from tests.browser import emails
from tests.browser.chromium import Page, chromium

FOLDER = Path(__file__).parents[2] / "docs" / "emails"
VIEWS = ((700, False), (390, False), (390, True))
"""Each view's width, and whether it is dark."""
A_SHEET = 6
SCALE = 0.5

_CELL = """<figure style="margin:0;padding:16px;background:#ffffff;border-radius:8px">
<figcaption style="font:15px Helvetica,Arial,sans-serif;color:#333;padding:0 0 12px"><b>{id}</b> · {subject}
</figcaption><div style="display:flex;gap:12px;align-items:flex-start">{images}</div></figure>"""
_SHEET = 6
SCALE = 0.5

_CELL = """<figure style="margin:0;padding:16px;background:#ffffff;border-radius:8px">
<figcaption style="font:15px Helvetica,Arial,sans-serif;padding:0 0 12px"><b>{id}</b> · {subject}</figcaption>
<div style="display:flex;gap:12px;align-items:flex-start">{images}</div></figure>"""
_SHEET = """<html><body style="margin:0;padding:16px;background:#c9c9c9">
<div style="display:grid;grid-template-columns:repeat(2,max-content);gap:16px">{cells}</div></body></html>"""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    written = ["# The shipped emails", "", INTRODUCTION, ""]
    with chromium() as page:
        page.open("about:blank")
        order = _in_order()
        for begin in range(0, len(order), A_SHEET):
            ids = order[begin : begin + A_SHEET]
            name = f"sheet-{begin // A_SHEET + 1}.webp"
            (FOLDER / name).write_bytes(sheet(page, ids))
            written += [f"![{', '.join(ids)}]({name})", ""]
    (FOLDER / "README.md").write_text("\n".join(written), encoding="utf-8")


INTRODUCTION = (
    "Each as somebody gets it of whom much is known, from a shop that has set no colours of its own: on a desktop, on "
    "a phone, and on a phone in the dark. `make gallery` makes this page in a real browser; "
    "[templates](../templates.md) says how to change a word or a colour."
)


def _in_order() -> list[str]:
    """As the journeys send them; what no journey sends, last."""
    sends = (
        step.template or step.id
        for journey in journey_files.shipped().values()
        for step in journey.steps
        if isinstance(step, Send)
    )
    return list(dict.fromkeys([*sends, *emails.IDS]))


def sheet(page: Page, ids: Sequence[str]) -> bytes:
    """Several emails beside each other, as WebP."""
    cells = "".join(_cells(page, ids))
    page.size(1630, 100)
    page.dark(False)
    emails.show(page, _SHEET.format(cells=cells))
    return _shot(page, 60)


def _cells(page: Page, ids: Sequence[str]) -> Iterator[str]:
    for id_ in ids:
        images = []
        for width, dark in VIEWS:
            source = base64.b64encode(shoot(page, id_, width, dark)).decode()
            images.append(f'<img width="{width * SCALE:.0f}" src="data:image/webp;base64,{source}">')
        subject = emails.rendered(id_, emails.variables()).subject
        yield _CELL.format(id=id_, subject=subject, images="".join(images))


def shoot(page: Page, id_: str, width: int, dark: bool) -> bytes:
    """One email as WebP."""
    page.size(width, 100)
    page.dark(dark)
    emails.show(page, emails.rendered(id_, emails.variables()).html)
    return _shot(page, 90)


def _shot(page: Page, quality: int) -> bytes:
    shot = page.call("Page.captureScreenshot", captureBeyondViewport=True, format="webp", quality=quality)
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    main()
