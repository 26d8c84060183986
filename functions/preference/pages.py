"""The pages behind the links in our mails: plain HTML that works without JavaScript, for everybody."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path
from string import Template

from shared.domain.events import EPOCH, TRACKING, Instant
from shared.domain.messages.refusals import Refusal
from shared.domain.settings import Topic, Tracking

ONE_CLICK = "List-Unsubscribe=One-Click"
"""What mail programs post to unsubscribe with one click (RFC 8058, section 3.1); our own button posts the same."""

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


def page(shop: str, shop_url: str, title: str, content: str) -> str:
    """A whole page; `content` is HTML, the rest is text."""
    return _PAGE.substitute(shop=escape(shop), shop_url=escape(shop_url), title=escape(title), content=content)


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the preference page. `tracking`: None where nobody is asked; `words`: of which version of the
    shop's settings they are; `frequency`: how often they get each topic now; `email`: masked;
    `interests`: whether each is theirs; `languages`: by their codes."""

    topics: Sequence[Topic]
    tracking: Tracking | None
    subscribed: Collection[str]
    frequency: Mapping[str, str]
    words: int
    unreachable: Refusal | None
    paused_until: Instant | None
    email: str | None
    interests: Mapping[str, bool]
    birthday: str
    languages: Mapping[str, str]
    language: str


def confirm_unsubscribe(topic: str, preferences: str) -> str:
    name, value = ONE_CLICK.split("=")
    return f"""<p>Stop getting <strong>{escape(topic)}</strong> by email?</p>
<form method="post"><input type="hidden" name="{name}" value="{value}"><button>Unsubscribe</button></form>
<p>Or <a href="{escape(preferences)}">choose what you get</a>.</p>"""


def unsubscribed(topic: str, preferences: str) -> str:
    return f"""<p role="status">You will get no more emails from us about <strong>{escape(topic)}</strong>.
Thank you for the time you were with us.</p>
<p>Changed your mind? <a href="{escape(preferences)}">Resubscribe</a>, or choose what you get.</p>"""


# ── the preference page ──


def preferences(shown: Shown) -> str:
    """All of its forms, with what holds now. Of a topic, what is not ticked is unsubscribed."""
    parts = [
        f"<p>{_UNREACHABLE[shown.unreachable]}</p>" if shown.unreachable is not None else "",
        _break(shown.paused_until) if shown.paused_until is not None else "",
        _choices(shown),
        _less(shown.paused_until),
        _address(shown.email),
        _data(),
    ]
    return "\n".join(part for part in parts if part)


def _choices(shown: Shown) -> str:
    topics = "\n".join(
        _box("topic", topic.id, topic.name, topic.sentence, topic.id in shown.subscribed)
        + _often(topic, shown.frequency)
        for topic in shown.topics
    )
    more = "\n".join(part for part in (_tracking(shown), _interests(shown), _about_you(shown)) if part)
    return f"""<p>Tick what you would like to hear about, and leave out the rest.</p>
<form method="post">
<input type="hidden" name="words" value="{shown.words}">
<fieldset><legend>Send me</legend>
{topics}
</fieldset>
{more}
<button>Save</button>
</form>"""


OFTEN = {"all": "Every email", "weekly": "One email a week", "monthly": "One email a month"}


def _often(topic: Topic, held: Mapping[str, str]) -> str:
    """How often, where there is a choice. What holds is shown even where the shop no longer offers it."""
    shown = held.get(topic.id, "all")
    offered = [each for each in OFTEN if each in topic.frequencies or each == shown]
    if len(offered) < 2:
        return ""
    options = "".join(
        f'<option value="{each}"{" selected" if each == shown else ""}>{OFTEN[each]}</option>' for each in offered
    )
    name = escape(topic.id)
    return f"""<label class="field often">How often<span class="hidden"> {escape(topic.name)}</span>
<select name="often_{name}">{options}</select></label>{_hidden(f"shown_often_{topic.id}", shown)}"""


def _tracking(shown: Shown) -> str:
    if shown.tracking is None:
        return ""
    box = _box("topic", TRACKING, shown.tracking.name, shown.tracking.sentence, TRACKING in shown.subscribed)
    return f"<fieldset><legend>May we measure?</legend>\n{box}\n</fieldset>"


def _interests(shown: Shown) -> str:
    """`interests` says that the boxes were there; `shown_interest`, which of them were ticked."""
    if not shown.interests:
        return ""
    boxes = "\n".join(_box("interest", each, each, "", ticked) for each, ticked in shown.interests.items())
    held = "".join(_hidden("shown_interest", each) for each, ticked in shown.interests.items() if ticked)
    return f"<fieldset><legend>I like</legend>\n{_hidden('interests', '')}{held}\n{boxes}\n</fieldset>"


def _about_you(shown: Shown) -> str:
    language = ""
    if len(shown.languages) > 1:
        options = "".join(
            f'<option value="{escape(code)}"{" selected" if code == shown.language else ""}>{escape(name)}</option>'
            for code, name in shown.languages.items()
        )
        language = f"""<p><label class="field">Language of your emails
<select name="language">{options}</select></label>{_hidden("shown_language", shown.language)}</p>"""
    return f"""<fieldset><legend>About you</legend>
<p><label class="field">Birthday, if you like
<input type="date" name="birthday" value="{escape(shown.birthday)}" autocomplete="bday"></label>
{_hidden("shown_birthday", shown.birthday)}</p>
{language}</fieldset>"""


def _break(until: Instant) -> str:
    return f"""<form method="post" class="note"><p>You are on a break until {_day(until)}: we send you nothing
until then.</p>
{_hidden("do", "resume")}<button>End the break</button></form>"""


def _less(paused_until: Instant | None) -> str:
    pause = ""
    if paused_until is None:
        pause = f"""<form method="post"><p>Too much right now? Get no email from us for 30 days; then it goes on as
before.</p>
{_hidden("do", "pause")}<button class="quiet">Take a break for 30 days</button></form>"""
    return f"""<section aria-labelledby="less"><h2 id="less">Less, or nothing</h2>
{pause}
<form method="post"><p>No email about any of these, nor about what we may write about later.</p>
{_hidden("do", "all")}<button class="quiet">Unsubscribe from everything</button></form></section>"""


def _address(email: str | None) -> str:
    known = f"<p>We write to <strong>{escape(email)}</strong>.</p>" if email is not None else ""
    return f"""<section aria-labelledby="address"><h2 id="address">Your email address</h2>
{known}
<form method="post">{_hidden("do", "address")}
<p><label class="field">New address
<input type="email" name="email" required maxlength="254" autocomplete="email"></label></p>
<button class="quiet">Change it</button></form></section>"""


def _data() -> str:
    return f"""<section aria-labelledby="data"><h2 id="data">Your data</h2>
<form method="post"><p>We email you a link to a file with all that we know about you.</p>
{_hidden("do", "download")}<button class="quiet">Download my data</button></form>
<form method="post"><p>Everything that we know about you is deleted, for good.</p>
{_hidden("do", "erase")}<button class="quiet">Erase me</button></form></section>"""


def _box(name: str, value: str, label: str, sentence: str, ticked: bool) -> str:
    more = f"<span>{escape(sentence)}</span>" if sentence else ""
    return (
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}"{" checked" if ticked else ""}> '
        f"{escape(label)}{more}</label>"
    )


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _day(instant: Instant) -> str:
    day = EPOCH + timedelta(milliseconds=instant)
    return f"{day.day} {day:%B %Y}"


def saved(
    subscribed: Collection[str],
    frequency: Mapping[str, str],
    preferences: str,
    unreachable: Refusal | None = None,
    wrong: str | None = None,
) -> str:
    """`frequency`: of the topics by their names, how often they were chosen."""
    told = "You will get no more emails from us."
    if subscribed:
        told = "Thank you. We will write to you about what you chose."
        if unreachable is not None:
            told = f"Thank you, we have noted it. {_UNREACHABLE[unreachable]}"
    more = "".join(
        f"<p>{OFTEN[often]} about <strong>{escape(name)}</strong>.</p>\n"
        for name, often in frequency.items()
        if often in OFTEN and often != "all" and unreachable is None
    )
    more += f"<p>{escape(wrong)}</p>\n" if wrong else ""
    return f"""<p role="status">{told}</p>
{more}<p><a href="{escape(preferences)}">Change it again</a></p>"""


def unsubscribed_from_all(preferences: str) -> str:
    return f"""<p role="status">You will get no more emails from us. Thank you for the time you were with us.</p>
<p>Changed your mind? <a href="{escape(preferences)}">Choose what you get.</a></p>"""


def paused(preferences: str) -> str:
    return f"""<p role="status">We send you nothing for the next 30 days. After that, it goes on as before.</p>
<p><a href="{escape(preferences)}">Back to your choices</a></p>"""


def resumed(preferences: str) -> str:
    return f"""<p role="status">Your break is over. We will write to you about what you chose.</p>
<p><a href="{escape(preferences)}">Back to your choices</a></p>"""


# ── another address ──


def address_asked(address: str, preferences: str) -> str:
    return f"""<p role="status">We have sent an email to <strong>{escape(address)}</strong>. Please follow its link
within three days:
only then do we use the new address. Until then nothing changes.</p>
<p><a href="{escape(preferences)}">Back to your choices</a></p>"""


def wrong_address(preferences: str) -> str:
    return f"""<p role="status">That does not look like an email address. Nothing has changed.</p>
<p><a href="{escape(preferences)}#address">Try again</a></p>"""


def same_address(address: str, preferences: str) -> str:
    return f"""<p role="status">We already write to <strong>{escape(address)}</strong>.</p>
<p><a href="{escape(preferences)}">Back to your choices</a></p>"""


def too_many_addresses(preferences: str) -> str:
    return f"""<p role="status">Several new addresses are still waiting to be confirmed. Please follow the link in
one of those
emails, or try again in three days.</p>
<p><a href="{escape(preferences)}">Back to your choices</a></p>"""


def confirm_address(address: str) -> str:
    return f"""<p>From now on we write to <strong>{escape(address)}</strong>, and no longer to your old address.</p>
<form method="post"><button>Use this address</button></form>"""


def address_changed(address: str) -> str:
    return f"""<p role="status">We now write to <strong>{escape(address)}</strong>.</p>"""


ADDRESS_TAKEN = """<p role="status">We know this address already, so nothing has changed: it gets its own emails
from us, and
has its own choices. If both are yours, please write to us, and we will make them one.</p>"""


# ── what we know ──


def download_asked(address: str) -> str:
    return f"""<p role="status">We have sent a link to <strong>{escape(address)}</strong>. It works for three
days.</p>"""


ASK_TO_DOWNLOAD = """<p>The file holds all that we know about you: who you are to us, what you ordered and looked
at, what we sent
you, and what you have agreed to.</p>
<form method="post"><button>Download</button></form>"""


def ask_for_fresh_link(address: str | None) -> str:
    if address is None:
        return "<p>It is more than 30 days old. Please write to us, and we will help you.</p>"
    return f"""<p>To keep your choices yours, it works for 30 days. We can send a fresh one to
<strong>{escape(address)}</strong>.</p>
<form method="post">{_hidden("do", "fresh_link")}<button>Send me a fresh link</button></form>
<p>The unsubscribe links in our emails never expire.</p>"""


def fresh_link_sent(address: str) -> str:
    return f"""<p role="status">We have sent a fresh link to <strong>{escape(address)}</strong>.</p>"""


def no_address(unreachable: Refusal | None) -> str:
    return f'<p role="status">{_UNREACHABLE[unreachable] if unreachable is not None else _NO_ADDRESS}</p>'


def confirm_erasure(preferences: str) -> str:
    return f"""<p>Everything that we know about you is deleted: your orders and visits as we know them, your
choices, your address.
You get no more emails from us. This cannot be taken back.</p>
<form method="post">{_hidden("do", "erase_now")}<button>Erase me for good</button></form>
<p><a href="{escape(preferences)}">No, keep it as it is</a></p>"""


ERASED = """<p role="status">You get no more emails from us from this moment on. All that we know about you is
deleted within
minutes. Thank you for the time you were with us.</p>"""


def confirm_answer(answer: str) -> str:
    return f"""<p>Your answer: <strong>{escape(answer.replace("_", " "))}</strong>.</p>
<form method="post"><button>Send it</button></form>"""


ANSWERED = """<p role="status">Your answer has come in. That helps us.</p>"""

_CAME_BACK = (
    "We cannot write to you at this address for now: what we sent to it came back. To hear from us again, please write "
    "to us, or sign up with another address."
)
_UNREACHABLE = {
    Refusal.SUPPRESSED_BOUNCE: _CAME_BACK,
    Refusal.SUPPRESSED_SOFT_BOUNCE: _CAME_BACK,
    Refusal.SUPPRESSED_OPERATOR: "We write to this address no more. To hear from us again, please write to us.",
    Refusal.SUPPRESSED_COMPLAINT: "We do not write to this address any more, because a message of ours was reported as "
    "spam. To hear from us again, please write to us, or sign up with another address.",
}
"""What a yes cannot change."""

GONE = """<p>You asked to be erased, and we have done so. Nothing that we knew about you is left, so there is
nothing to
change here, and you will not hear from us.</p>
<p>Have you signed up again since? Then please use the link in a message that came after it.</p>"""

BAD_LINK = """<p>This link seems incomplete. Please click it again in the email, or just reply to it, and we will
unsubscribe
you.</p>"""

TOO_OLD = """<p>This link works for three days only. Please ask for a new one on your preference page: the link to
it is at
the end of our emails.</p>"""

_NO_ADDRESS = "We have no email address of yours that we could write to."

TRY_AGAIN = """<p>Something is not working on our side. Please try again in a minute.</p>"""
