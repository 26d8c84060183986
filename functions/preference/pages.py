"""The pages behind the links in our mails: plain HTML that works without JavaScript, for everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape
from pathlib import Path
from string import Template

from shared.domain.messages.refusals import Refusal
from shared.domain.settings import Topic

ONE_CLICK = "List-Unsubscribe=One-Click"
"""What mail programs post to unsubscribe with one click (RFC 8058, section 3.1); our own button posts the same."""

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


def page(shop: str, shop_url: str, title: str, content: str) -> str:
    """A whole page; `content` is HTML, the rest is text."""
    return _PAGE.substitute(shop=escape(shop), shop_url=escape(shop_url), title=escape(title), content=content)


def confirm_unsubscribe(topic: str, preferences: str) -> str:
    name, value = ONE_CLICK.split("=")
    return f"""<p>Press the button, and you will get no more emails from us about <strong>{escape(topic)}</strong>.</p>
<form method="post"><input type="hidden" name="{name}" value="{value}"><button>Unsubscribe</button></form>
<p>Or <a href="{escape(preferences)}">choose what you get</a>.</p>"""


def unsubscribed(topic: str, preferences: str) -> str:
    return f"""<p role="status">You will get no more emails from us about <strong>{escape(topic)}</strong>.
Thank you for the time you were with us.</p>
<p>Was this a mistake? <a href="{escape(preferences)}">Change it back.</a></p>"""


def preferences(topics: Iterable[Topic], subscribed: Collection[str], unreachable: Refusal | None = None) -> str:
    """The form with the contact's present answers. What is not ticked is unsubscribed."""
    boxes = "\n".join(
        f'<label><input type="checkbox" name="topic" value="{escape(topic.id)}"'
        f"{' checked' if topic.id in subscribed else ''}> {escape(topic.name)}"
        f"<span>{escape(topic.sentence)}</span></label>"
        for topic in topics
    )
    note = f"<p>{_UNREACHABLE[unreachable]}</p>\n" if unreachable is not None else ""
    return f"""{note}<p>Tick what you would like to hear about, and leave out the rest.</p>
<form method="post">
<fieldset><legend>Send me</legend>
{boxes}
</fieldset>
<button>Save</button>
</form>"""


def saved(subscribed: Collection[str], preferences: str, unreachable: Refusal | None = None) -> str:
    told = "You will get no more emails from us."
    if subscribed:
        told = "Thank you. We will write to you about what you chose."
        if unreachable is not None:
            told = f"Thank you, we have noted it. {_UNREACHABLE[unreachable]}"
    return f"""<p role="status">{told}</p>
<p><a href="{escape(preferences)}">Change it again</a></p>"""


def confirm_answer(answer: str) -> str:
    return f"""<p>Your answer: <strong>{escape(answer.replace("_", " "))}</strong>.</p>
<form method="post"><button>Send it</button></form>"""


ANSWERED = """<p role="status">Your answer has come in. That helps us.</p>"""

_UNREACHABLE = {
    Refusal.SUPPRESSED_BOUNCE: "We cannot write to you at this address for now: what we sent to it came back. To hear "
    "from us again, please write to us, or sign up with another address.",
    Refusal.SUPPRESSED_COMPLAINT: "We do not write to this address any more, because a message of ours was reported as "
    "spam. To hear from us again, please write to us, or sign up with another address.",
}
"""What a yes cannot change."""

GONE = """<p>You asked to be erased, and we have done so. Nothing that we knew about you is left, so there is nothing to
change here, and you will not hear from us.</p>
<p>Have you signed up again since? Then please use the link in a message that came after it.</p>"""

BAD_LINK = """<p>This link is incomplete, perhaps because it was cut off on its way. Please open it from the email once
more, or write to us, and we will do it for you.</p>"""

TRY_AGAIN = """<p>Something is not working on our side. Please try again in a minute.</p>"""
