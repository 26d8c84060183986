"""The pages behind the links in our mails: plain HTML that works without JavaScript, for everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape
from pathlib import Path
from string import Template

from shared.domain.messages import Topic

ONE_CLICK = "List-Unsubscribe=One-Click"
"""What mail programs post to unsubscribe with one click (RFC 8058, section 3.1); our own button posts the same."""

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


def page(shop: str, shop_url: str, title: str, content: str) -> str:
    """A whole page; `content` is HTML, the rest is text."""
    return _PAGE.substitute(shop=escape(shop), shop_url=escape(shop_url), title=escape(title), content=content)


def confirm_unsubscribe(topic: str, preferences: str) -> str:
    name, value = ONE_CLICK.split("=")
    return f"""<p>Press the button, and you will get no more mails from us about <strong>{escape(topic)}</strong>.</p>
<form method="post"><input type="hidden" name="{name}" value="{value}"><button>Unsubscribe</button></form>
<p>Or <a href="{escape(preferences)}">choose what you get</a>.</p>"""


def unsubscribed(topic: str, preferences: str) -> str:
    return f"""<p role="status">You will get no more mails from us about <strong>{escape(topic)}</strong>. Thank you for
the time you were with us.</p>
<p>It was a mistake? <a href="{escape(preferences)}">Change it back.</a></p>"""


def preferences(topics: Iterable[Topic], subscribed: Collection[str]) -> str:
    """The form with the contact's present answers. What is not ticked is unsubscribed."""
    boxes = "\n".join(
        f'<label><input type="checkbox" name="topic" value="{escape(topic.id)}"'
        f"{' checked' if topic.id in subscribed else ''}> {escape(topic.name)}"
        f"<span>{escape(topic.sentence)}</span></label>"
        for topic in topics
    )
    return f"""<p>Tick what you would like to hear about, and leave out the rest.</p>
<form method="post">
<fieldset><legend>Send me</legend>
{boxes}
</fieldset>
<button>Save</button>
</form>"""


def saved(subscribed: Collection[str], preferences: str) -> str:
    told = (
        "Thank you. We will write to you about what you chose." if subscribed else "You will get no more mails from us."
    )
    return f"""<p role="status">{told}</p>
<p><a href="{escape(preferences)}">Change it again</a></p>"""


BAD_LINK = """<p>This link is not whole, perhaps because it was cut in two on its way. Please open it from the mail once
more, or reply to the mail, and we will do it for you.</p>"""

TRY_AGAIN = """<p>Something is not working on our side, and nothing was changed. Please try again in a minute.</p>"""
