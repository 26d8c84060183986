"""What a person does on the operators' page: the steps that its tests have in common."""

from __future__ import annotations

import json

from tests.browser.chromium import Page
from tests.integration.shop import Shop


def press(page: Page, button: str) -> None:
    page.run(f"[...document.querySelectorAll('main button')].find((each) => each.innerText === '{button}').click()")


def write(page: Page, selector: str, text: str) -> None:
    page.run(f"document.querySelector('{selector}').select()")
    page.call("Input.insertText", text=text)


def put_in(page: Page, field: str, text: str) -> None:
    """As somebody who types it: the page hears of it at once. In two steps, what the page draws in between (an answer
    that comes) puts back what was in the field before."""
    page.run(f"""(() => {{
        const field = {field};
        field.value = {json.dumps(text)};
        for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, {{ bubbles: true }}));
    }})()""")


def passes(shop: Shop, time: int) -> None:
    with shop.system.world.lock:
        shop.passes(time)


CODE = "document.querySelector('.coded')?.shadowRoot?.querySelector('.cm-content')"


def write_code(page: Page, text: str) -> None:
    """Into the editor of code, in the place of all that is there, as somebody who pastes it."""
    page.wait(f"!!{CODE}")
    page.run(f"""(() => {{
        const content = {CODE};
        const view = content.cmTile?.view ?? content.cmView?.view;
        view.focus();
        view.dispatch({{ selection: {{ anchor: 0, head: view.state.doc.length }} }});
        const data = new DataTransfer();
        data.setData('text/plain', {json.dumps(text)});
        content.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }}));
    }})()""")
