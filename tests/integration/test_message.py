"""Message: a mail is sent once, whatever happens in between, and only if it may be sent at that instant."""

from __future__ import annotations

import email.policy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import formataddr, getaddresses
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionError, ReadTimeoutError

from functions.admin import health
from functions.message.app import handler
from shared.adapters import (
    clock,
    composing,
    contacts,
    environment,
    identities,
    journey_definitions,
    journey_files,
    messages,
    pace,
    pending_addresses,
    shop_settings,
    template_definitions,
    tokens,
)
from shared.adapters.clients import client
from shared.adapters.delivering import AddressToComeError, OutcomePendingError, UnansweredError
from shared.adapters.mail import NotSentError, SendingStoppedError, _headers
from shared.adapters.messages import ClaimLostError
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Identity, IdentityKind, Instant, iso
from shared.domain.journeys.publications import Version, with_journey
from shared.domain.messages.asked import RunMessage
from shared.domain.messages.held import Status
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped
from shared.domain.settings import ShopSettings
from shared.domain.templates.stored import with_version
from tests.integration.conftest import NOW, goes_on

ADDRESS = "ada@example.com"
SENDER = formataddr(("Fieldstone", "hello@shop.example.com"))
SETTINGS = {
    "SENDER": SENDER,
    "CONFIGURATION_SET": "beckon",
    "PUBLIC_URL": "https://api.example.com",
    "SHOP_NAME": "Fieldstone",
    "SHOP_URL": "https://shop.example.com",
    "POSTAL_ADDRESS": "1 Mill Lane, Ashford TN23 1AA",
    "OFFER_CODE": "BACK10",
}
TASK = {
    "contact": "c01",
    "journey": "win_back",
    "run": "c01-win_back-7",
    "version": 1,
    "step": "we_miss_you",
}
WIN_BACK = journey_files.shipped()["win_back"]
LONGEST = WIN_BACK.model_copy(update={"id": "j" * 40})
QUARTER_HOUR = 15 * MINUTE
KEY = RunMessage.model_validate(TASK).key


class Ses:
    """The one SES client, watched: every call is kept, and `fault` may raise before or after it has happened."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.sent: list[dict[str, Any]] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        real = client("sesv2").send_email

        def send_email(**request: Any) -> Any:
            self.before()
            answer = real(**request)
            self.sent.append(request)
            self.after()
            return answer

        patch.setattr(client("sesv2"), "send_email", send_email)


@pytest.fixture
def ses(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ses]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    environment.forget()
    client("sesv2").create_email_identity(EmailIdentity="hello@shop.example.com")
    store(contact_profile())
    leads_to("c01")
    for journey in (WIN_BACK, LONGEST):
        version = Version(version=1, journey=journey, published=NOW, by="a test", why="shipped")
        journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)
    goes_on("c01", WIN_BACK)
    yield Ses(monkeypatch)


def contact_profile(**fields: Any) -> Profile:
    held: dict[str, Any] = {
        "traits": {"email": Stamped(ADDRESS, 1), "first_name": Stamped("Ada", 1)},
        "consent": {"marketing": Stamped("subscribed", NOW - 90 * DAY)},
    }
    return Profile("c01", **{**held, **fields})


def store(profile: Profile) -> None:
    held = contacts.read(profile.contact)
    profile.version = held.profile.version if held is not None else 0
    contacts.commit([contacts.profile_write(profile, NEVER, NOW)])


def leads_to(contact: str, address: str = ADDRESS) -> None:
    """Has the address lead to a contact, whoever it led to before."""
    key = identities.identity_key(Identity(kind=IdentityKind.EMAIL, value=address))
    contacts.commit([identities.link_write(key, contact, instead_of=["c01", "c02"])])


def at(instant: Instant) -> None:
    clock.use(lambda: instant)


def ask(occurrence: int = 0) -> dict[str, Any]:
    """Invokes the Lambda. Other occurrences are other messages: several cases in one test share a fresh account."""
    return handler({**TASK, "occurrence": occurrence}, object())


def item(occurrence: int = 0) -> dict[str, Any]:
    found = list(contacts.items("c01", "MESSAGE#"))
    return next(item for item in found if item["kind"]["S"].endswith(f"_{occurrence}"))


def raising(error: Exception) -> Callable[[], None]:
    def fault() -> None:
        raise error

    return fault


def ses_error(code: str, status: int, text: str = "no") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "SendEmail")


class Crash(BaseException):
    """The Lambda dies: nothing catches it."""


SENT = {"status": "sent", "reason": None, "message": KEY, "until": None}


# ── the mail ──


def test_where_the_shop_takes_them_an_email_unsubscribes_too(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = "cabcdef012345678"
    about = {"journey": "win_back", "run": f"{contact}-win_back-7", "version": 1, "step": "we_miss_you"}
    message = RunMessage.model_validate({"contact": contact, **about})

    def header() -> str:
        mail = composing.compose(message, ADDRESS, contact_profile(), {}, NOW)
        return {each["Name"]: each["Value"] for each in _headers(mail)}["List-Unsubscribe"]

    assert "mailto" not in header()
    monkeypatch.setenv("UNSUBSCRIBE_DOMAIN", "unsubscribe.mail.example.com")
    environment.forget()
    link, by_email = header().split(", ")
    assert link.startswith("<https://api.example.com/unsubscribe/")
    local_part = by_email.removeprefix("<mailto:").removesuffix("@unsubscribe.mail.example.com>")
    assert tokens.read_local_part(local_part, ["marketing"]) == tokens.Token(contact, "marketing", "")


def test_a_message_is_sent_with_all_that_the_law_and_the_notices_need(ses: Ses) -> None:
    assert ask() == SENT
    (mail,) = ses.sent
    assert mail["FromEmailAddress"] == SENDER
    assert mail["Destination"] == {"ToAddresses": [ADDRESS]}
    assert mail["ConfigurationSetName"] == "beckon"
    simple = mail["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "We miss you, Ada"
    headers = {header["Name"]: header["Value"] for header in simple["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = headers["List-Unsubscribe"].strip("<>")
    token = tokens.read(url.removeprefix("https://api.example.com/unsubscribe/"))
    assert token == tokens.Token("c01", "marketing", KEY, issued=NOW)
    for part in ("Html", "Text"):
        assert url in simple["Body"][part]["Data"]
        assert "1 Mill Lane, Ashford TN23 1AA" in simple["Body"][part]["Data"]
    assert {tag["Name"]: tag["Value"] for tag in mail["EmailTags"]} == {
        "message": KEY,
        "contact": "c01",
        "journey": "win_back",
        "step": "we_miss_you",
        "template": "we_miss_you",
        "version": "0",
        "language": "en",
        "topic": "marketing",
        "ses:feedback-id-a": "lifecycle",
        "ses:feedback-id-b": "win_back",
    }
    assert headers["List-Id"] == "<marketing.shop.example.com>"
    assert mail["ConfigurationOverrides"] == {
        "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "ENABLED"}
    }


def test_no_header_and_no_tag_is_longer_than_ses_takes(ses: Ses) -> None:
    contact = f"c{'0' * 20}"
    store(replace(contact_profile(), contact=contact))
    leads_to(contact)
    goes_on(contact, LONGEST)
    longest = {**TASK, "contact": contact, "journey": LONGEST.id, "run": f"{contact}-{LONGEST.id}-00007"}
    handler({**longest, "step": "s" * 64, "template": "welcome", "occurrence": 9999}, object())
    (mail,) = ses.sent
    assert all(len(header["Value"]) <= 870 for header in mail["Content"]["Simple"]["Headers"])
    assert all(len(tag["Value"]) <= 256 for tag in mail["EmailTags"])


def test_nothing_personal_is_in_the_item_or_the_links(ses: Ses) -> None:
    ask()
    assert ADDRESS not in str(item())
    assert "Ada" not in str(item())
    (mail,) = ses.sent
    assert ADDRESS not in str(mail["Content"])
    assert ADDRESS not in str(mail["EmailTags"])


def test_a_hostile_name_breaks_nothing(ses: Ses) -> None:
    hostile = ["Ada\r\nBcc: victim@example.com", "{{ 7*7 }}", "<script>alert(1)</script>", "😀" * 250]
    for occurrence, name in enumerate(hostile):
        store(contact_profile(traits={"email": Stamped(ADDRESS, 1), "first_name": Stamped(name, 1)}))
        ask(occurrence)
        simple = ses.sent[occurrence]["Content"]["Simple"]
        assert not {"\n", "\r"} & set(simple["Subject"]["Data"])
        assert "49" not in simple["Subject"]["Data"]
        assert "<script" not in simple["Body"]["Html"]["Data"]
        assert "\nBcc:" not in simple["Body"]["Text"]["Data"]


def fails_for_some(written: str) -> None:
    """Publishes the email of the step anew, with that in its text part."""
    shipped = template_definitions.shipped("we_miss_you")
    compiled = {name: one.model_copy(update={"text": one.text + written}) for name, one in shipped.compiled.items()}
    version = shipped.model_copy(update={"number": 1, "compiled": compiled, "at": NOW})
    template_definitions.publish(with_version(template_definitions.publication(), version), version)


@pytest.mark.parametrize(
    "written",
    [
        "{% if contact.first_name == 'Zoe' %}{{ contact.first_name | divided_by: 0 }}{% endif %}",
        "{% if contact.first_name == 'Zoe' %}{{ contact.shoe_size }}{% endif %}",
        "{% if contact.first_name == 'Zoe' %}{{ 'a' | sum }}{% endif %}",
        "{% if contact.first_name == 'Zoe' %}{% for i in (1..500) %}"
        + "{% for j in (1..2) %}{% endfor %}" * 100
        + "{% endfor %}{% endif %}",
    ],
)
def test_a_template_that_fails_for_one_contact_skips_that_one_and_says_so(
    ses: Ses, written: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    fails_for_some(written)
    store(contact_profile(traits={"email": Stamped(ADDRESS, 1), "first_name": Stamped("Zoe", 1)}))
    assert ask() == {"status": "refused", "reason": "template_failed", "message": KEY, "until": None}
    assert ask()["reason"] == "template_failed"
    assert item()["status"]["S"] == "refused"
    assert ses.sent == []
    metrics = capsys.readouterr().out
    assert '"reason":"template_failed"' in metrics
    assert "template failed" in caplog.messages
    assert "Zoe" not in metrics + caplog.text
    store(contact_profile())
    assert ask(1)["status"] == "sent"


def test_a_template_that_fails_for_one_does_not_keep_the_others_of_its_batch(ses: Ses) -> None:
    fails_for_some("{% if contact.first_name == 'Zoe' %}{{ contact.shoe_size }}{% endif %}")
    store(contact_profile(traits={"email": Stamped(ADDRESS, 1), "first_name": Stamped("Zoe", 1)}))
    asked = [json.dumps({"message": {**TASK, "occurrence": n}, "asked": NOW}) for n in range(2)]
    batch = {"Records": [{"messageId": str(n), "body": body} for n, body in enumerate(asked)]}
    assert handler(batch, object()) == {"batchItemFailures": []}
    assert [item(n)["reason"]["S"] for n in range(2)] == ["template_failed"] * 2


# ── once ──


def test_what_was_sent_is_stored_and_a_repeat_sends_nothing(ses: Ses) -> None:
    ask()
    stored = item()
    assert stored["status"]["S"] == "sent"
    assert stored["sent_at"]["N"] == str(NOW)
    assert stored["attempt"]["N"] == "1"
    assert "ses_id" in stored
    at(NOW + 90 * DAY)
    assert ask() == SENT
    assert len(ses.sent) == 1
    assert item() == stored


def test_who_dies_before_ses_leaves_a_claim_that_is_sent_again_after_its_time(ses: Ses) -> None:
    ses.before = raising(Crash())
    with pytest.raises(Crash):
        ask()
    ses.before = lambda: None
    at(NOW + QUARTER_HOUR - 1)
    with pytest.raises(OutcomePendingError):
        ask()
    assert ses.sent == []
    at(NOW + QUARTER_HOUR)
    assert ask() == SENT
    assert len(ses.sent) == 1
    assert item()["attempt"]["N"] == "2"


def test_who_dies_after_ses_is_settled_by_its_notice_and_nothing_is_sent_again(ses: Ses) -> None:
    ses.after = raising(Crash())
    with pytest.raises(Crash):
        ask()
    with pytest.raises(OutcomePendingError):
        ask()
    assert messages.settle("c01", KEY, "ses-1", NOW + 500)
    at(NOW + 2 * QUARTER_HOUR)
    assert ask() == SENT
    assert len(ses.sent) == 1
    assert item()["sent_at"]["N"] == str(NOW + 500)


def test_who_dies_before_storing_the_outcome_is_settled_by_the_notice(
    ses: Ses, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(messages, "settle", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            ask()
    assert messages.settle("c01", KEY, "ses-1", NOW)
    assert ask() == SENT
    assert len(ses.sent) == 1


def test_an_answer_that_does_not_come_is_not_taken_for_a_no(ses: Ses) -> None:
    errors = [
        ReadTimeoutError(endpoint_url="https://email"),
        ConnectionError(error="reset"),
        ses_error("InternalFailure", 500),
        ses_error("ServiceUnavailable", 503),
        ses_error("RequestTimeout", 408),
    ]
    for occurrence, error in enumerate(errors):
        ses.after = raising(error)
        for _ in range(2):  # the second time the claim is found
            with pytest.raises(OutcomePendingError):
                ask(occurrence)
        assert item(occurrence)["status"]["S"] == "claimed"
        assert len(ses.sent) == occurrence + 1


def test_ses_may_be_away_for_a_day_and_its_runs_wait(ses: Ses) -> None:
    """What a run is told while SES does not answer: first as if it had died over it, then that it will take long."""
    ses.before = raising(ReadTimeoutError(endpoint_url="https://email"))
    told = []
    for minutes in range(0, 24 * 60, 5):
        at(NOW + minutes * MINUTE)
        with pytest.raises(OutcomePendingError) as raised:
            ask()
        told.append(type(raised.value))
    assert told == [OutcomePendingError] * 3 + [UnansweredError] * (len(told) - 3)
    ses.before = lambda: None
    at(NOW + DAY + QUARTER_HOUR)
    assert ask() == SENT
    assert len(ses.sent) == 1


def test_the_ses_client_never_tries_again_by_itself() -> None:
    assert client("sesv2").meta.config.retries == {"total_max_attempts": 1, "mode": "standard"}


def test_a_no_for_now_releases_the_claim_and_is_tried_again_at_once(ses: Ses) -> None:
    for code, status in {"TooManyRequestsException": 429, "ThrottlingException": 400}.items():
        ses.before = raising(ses_error(code, status, "Maximum sending rate exceeded."))
        with pytest.raises(NotSentError, match=code) as raised:
            ask()
        assert type(raised.value) is NotSentError
        assert item()["status"]["S"] == "released"
    ses.before = lambda: None
    assert ask() == SENT
    assert item()["attempt"]["N"] == "3"


NOT_VERIFIED = "Email address is not verified. The following identities failed the check in region EU-WEST-1: "


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("LimitExceededException", 400, "no"),
        ("SendingPausedException", 400, "no"),
        ("AccountSuspendedException", 400, "no"),
        ("MailFromDomainNotVerifiedException", 400, "no"),
        ("NotFoundException", 404, "Configuration set <beckon> does not exist."),
        ("AccessDeniedException", 403, "not authorized to perform ses:SendEmail"),
        ("UnrecognizedClientException", 403, "no"),
        ("TooManyRequestsException", 429, "Daily message quota exceeded."),
        ("ThrottlingException", 400, "Daily message quota exceeded."),
        ("MessageRejected", 400, NOT_VERIFIED + "hello@shop.example.com"),
        ("MessageRejected", 400, NOT_VERIFIED + ADDRESS),  # in the sandbox: SES would take no customer's mail
        ("MessageRejected", 400, "Sending suspended for this account. For more information, please check the inbox."),
        ("MessageRejected", 400, "Email sending has been disabled."),
        ("BadRequestException", 400, "Missing '\"'"),
        ("BadRequestException", 400, "Local address contains control or whitespace"),
        ("BadRequestException", 400, "Invalid value of header List-Unsubscribe"),
    ],
)
def test_what_is_the_shops_to_mend_is_not_sent_yet_and_never_refused(
    ses: Ses, code: str, status: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ses.before = raising(ses_error(code, status, text))
    with pytest.raises(SendingStoppedError, match=code):
        ask()
    assert item()["status"]["S"] == "released"
    told = capsys.readouterr().out
    assert "SendingStopped" in told
    assert ADDRESS not in told
    ses.before = lambda: None
    at(NOW + 5 * DAY)
    assert ask() == SENT


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("MessageRejected", "Email content contains a virus"),
        ("MessageRejected", f"Address blacklisted: {ADDRESS}"),
        ("BadRequestException", f"Illegal address <{ADDRESS}>"),
    ],
)
def test_a_no_for_good_is_stored_and_not_tried_again(ses: Ses, code: str, text: str) -> None:
    ses.before = raising(ses_error(code, 400, text))
    refused = ask()
    assert (refused["status"], refused["reason"]) == ("refused", "rejected")
    assert ADDRESS not in str(item())
    ses.before = lambda: None
    at(NOW + DAY)
    assert ask() == refused
    assert ses.sent == []


@pytest.mark.parametrize(
    "address", ["a..b@example.com", "ada@example", "ada@example.com.", "\u00fcna@example.com", "a b@x.org"]
)
def test_an_address_that_ses_cannot_take_is_refused_without_asking(ses: Ses, address: str) -> None:
    store(contact_profile(traits={"email": Stamped(address, 1)}))
    contacts.commit([identities.link_write(f"email#{identities.address_hash(address)}", "c01")])
    ses.before = raising(AssertionError("SES was asked"))
    assert ask()["reason"] == "rejected"


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("Fieldstone <hello@shop.example.com>", "Fieldstone"),
        ("hello@shop.example.com", ""),
        ("Fieldstone, Ltd. <hello@shop.example.com>", "Fieldstone, Ltd."),
        ("Mum's: tea; cake <hello@shop.example.com>", "Mum's: tea; cake"),
        ("Café Müller <hello@shop.example.com>", "Café Müller"),
        ("Bücher, Tee & mehr: Müller <hello@shop.example.com>", "Bücher, Tee & mehr: Müller"),
        ("A (b) [c] \\ <hello@shop.example.com>", "A (b) [c] \\"),
        (f"{'東京のお茶の店' * 12} <hello@shop.example.com>", "東京のお茶の店" * 12),
        ("  Tea   @ home  <hello@shop.example.com>", "Tea   @ home"),
    ],
)
def test_the_senders_name_is_written_as_mail_programs_read_it(
    ses: Ses, monkeypatch: pytest.MonkeyPatch, sender: str, name: str
) -> None:
    monkeypatch.setenv("SENDER", sender)
    environment.forget()
    assert ask() == SENT
    written = ses.sent[0]["FromEmailAddress"]
    assert written.isascii()
    assert all(len(word) <= 75 for word in written.split())
    ((shown, address),) = getaddresses([written])
    assert (str(make_header(decode_header(shown))), address) == (name, "hello@shop.example.com")
    assert not email.message_from_string(f"From: {written}\n\n", policy=email.policy.default)["From"].defects


def test_an_unverified_sender_is_the_shops_to_mend_and_loses_no_mail(ses: Ses) -> None:
    client("sesv2").delete_email_identity(EmailIdentity="hello@shop.example.com")
    with pytest.raises(SendingStoppedError):
        ask()
    client("sesv2").create_email_identity(EmailIdentity="hello@shop.example.com")
    assert ask() == SENT


# ── an address that is still to come ──


def test_a_mail_that_lacks_nothing_but_the_address_is_held_for_an_hour(ses: Ses) -> None:
    entered = {**TASK, "entered": "2026-11-24T06:00:00.000Z"}
    store(contact_profile(traits={}))
    for after in (0, MINUTE, HOUR - 1):
        at(NOW + after)
        with pytest.raises(AddressToComeError):
            handler(entered, object())
    store(contact_profile())
    assert handler(entered, object()) == SENT
    store(contact_profile(traits={}))
    at(NOW + HOUR)
    assert handler({**entered, "occurrence": 1}, object())["reason"] == "no_address"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"consent": {}}, "no_consent"), ({"erased": True}, "erased")],
)
def test_what_is_refused_for_another_reason_too_does_not_wait_for_an_address(
    ses: Ses, fields: dict[str, Any], reason: str
) -> None:
    store(contact_profile(traits={}, **fields))
    assert handler({**TASK, "entered": "2026-11-24T06:00:00.000Z"}, object())["reason"] == reason


def test_of_two_at_once_one_sends(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes in between the first one's reading and its claim, the worst place."""
    compose, second = composing.compose, []

    def compose_slowly(*of_what: Any, **how: Any) -> Any:
        mail = compose(*of_what, **how)
        if not second:
            second.append(None)
            second[0] = ask()
        return mail

    monkeypatch.setattr(composing, "compose", compose_slowly)
    with pytest.raises(OutcomePendingError):
        ask()
    assert second == [SENT]
    assert ask() == SENT
    assert len(ses.sent) == 1


def test_of_two_that_find_an_old_claim_one_sends(ses: Ses) -> None:
    message = RunMessage.model_validate(TASK)
    messages.claim(message, None, NOW)
    held = messages.read(message)
    messages.claim(message, held, NOW + QUARTER_HOUR)
    with pytest.raises(ClaimLostError):
        messages.claim(message, held, NOW + QUARTER_HOUR)
    with pytest.raises(ClaimLostError):
        messages.refuse(message, held, Refusal.NO_CONSENT, NOW + QUARTER_HOUR)


# ── the gate, at the instant of sending ──


def test_a_refusal_is_stored_with_its_reason_and_stays(ses: Ses) -> None:
    store(contact_profile(consent={"marketing": Stamped("unsubscribed", NOW)}))
    refused = {"status": "refused", "reason": "no_consent", "message": KEY, "until": None}
    assert ask() == refused
    assert item()["reason"]["S"] == "no_consent"
    assert item()["refused_at"]["N"] == str(NOW)
    store(contact_profile())
    assert ask() == refused
    assert ses.sent == []


def test_a_suppressed_address_gets_no_mail(ses: Ses) -> None:
    for occurrence, reason in enumerate(["bounce", "complaint", "erasure"]):
        contacts.commit([identities.suppression_write(identities.address_hash(ADDRESS), reason, NOW - DAY)])
        assert ask(occurrence)["reason"] == f"suppressed_{reason}"
    assert ses.sent == []


def test_a_contact_who_is_gone_gets_no_mail(ses: Ses) -> None:
    assert handler({**TASK, "contact": "c99", "run": "c99-win_back-7"}, object())["reason"] == "run_ended"


def test_a_run_that_has_ended_wants_no_email_also_while_one_is_being_made(
    ses: Ses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order comes between the reading and the claim, the worst place."""
    compose = composing.compose

    def compose_slowly(*of_what: Any, **how: Any) -> Any:
        goes_on("c01", WIN_BACK, outcome="goal")
        return compose(*of_what, **how)

    monkeypatch.setattr(composing, "compose", compose_slowly)
    assert ask()["reason"] == "run_ended"
    assert ask(1)["reason"] == "run_ended"
    assert ses.sent == []


def test_who_unsubscribes_while_an_old_claim_settles_gets_no_second_try(ses: Ses) -> None:
    ses.before = raising(Crash())
    with pytest.raises(Crash):
        ask()
    ses.before = lambda: None
    store(contact_profile(consent={"marketing": Stamped("unsubscribed", NOW + MINUTE)}))
    at(NOW + QUARTER_HOUR)
    assert ask()["reason"] == "no_consent"
    assert ses.sent == []


# ── settling ──


def test_a_notice_settles_a_message_once(ses: Ses) -> None:
    message = RunMessage.model_validate(TASK)
    messages.claim(message, None, NOW)
    assert messages.settle("c01", KEY, "ses-1", NOW)
    assert not messages.settle("c01", KEY, "ses-2", NOW + 1)
    assert item()["ses_id"]["S"] == "ses-1"


def test_a_very_late_notice_corrects_a_refusal(ses: Ses) -> None:
    message = RunMessage.model_validate(TASK)
    messages.refuse(message, messages.claim(message, None, NOW), Refusal.NO_CONSENT, NOW + QUARTER_HOUR)
    assert messages.settle("c01", KEY, "ses-1", NOW)
    held = messages.read(message)
    assert held is not None
    assert (held.status, held.reason) == (Status.SENT, None)


def test_a_notice_does_not_bring_back_an_erased_message(ses: Ses) -> None:
    assert not messages.settle("c01", KEY, "ses-1", NOW)
    assert list(contacts.items("c01", "MESSAGE#")) == []


def test_nothing_is_sent_to_an_address_that_leads_to_another_contact_or_to_nobody(ses: Ses) -> None:
    leads_to("c02")
    assert ask() == {**SENT, "status": "refused", "reason": Refusal.ANOTHERS_ADDRESS}
    contacts.commit(
        [identities.unlink_write(identities.identity_key(Identity(kind=IdentityKind.EMAIL, value=ADDRESS)))]
    )
    assert ask(occurrence=1)["reason"] == Refusal.ANOTHERS_ADDRESS
    assert ses.sent == []


# ── caps, quiet hours, the pace ──


def queued(queue: str) -> list[Any]:
    url = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return [
        json.loads(each["Body"])
        for each in client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]


def take_off(occurrence: int) -> None:
    """The message comes off the queue."""
    body = json.dumps({"message": {**TASK, "occurrence": occurrence}, "asked": NOW})
    assert handler({"Records": [{"messageId": "m", "body": body}]}, object()) == {"batchItemFailures": []}


def shop_has(**settings: Any) -> None:
    held = shop_settings.saved()
    shop_settings.save(ShopSettings.model_validate(settings), held.number, "a test")


def test_over_a_cap_a_message_waits_until_the_slot_opens_and_goes_then(ses: Ses) -> None:
    shop_has(caps={"lifecycle": {"day": 1, "week": 2}})
    assert ask(0) == SENT
    delayed = ask(1)
    assert (delayed["status"], delayed["until"]) == ("delayed", "2026-11-25T00:00:00.000Z")
    assert len(ses.sent) == 1
    at(NOW + DAY)
    assert ask(1)["status"] == "sent"
    at(NOW + 2 * DAY)
    assert ask(2)["until"] == "2026-12-01T06:00:00.000Z"  # the week of the first
    assert len(ses.sent) == 2


def test_a_message_that_waits_is_gated_again_when_its_time_comes(ses: Ses) -> None:
    shop_has(caps={"lifecycle": {"day": 1}})
    ask(0)
    ask(1)
    at(NOW + DAY)
    store(contact_profile(consent={"marketing": Stamped("unsubscribed", NOW + HOUR)}))
    assert ask(1)["reason"] == "no_consent"


def test_one_that_would_be_stale_by_its_slot_is_skipped_and_says_so(ses: Ses) -> None:
    shop_has(caps={"lifecycle": {"day": 1}})
    ask(0)
    stale = {**TASK, "occurrence": 1, "entered": "2026-11-24T06:00:00.000Z", "best_before": HOUR}
    assert handler(stale, object())["reason"] == "too_late"


def test_what_ses_does_not_take_is_given_back(ses: Ses) -> None:
    shop_has(caps={"lifecycle": {"day": 1}})
    ses.before = raising(ses_error("ThrottlingException", 429))
    with pytest.raises(NotSentError):
        ask(0)
    ses.before = raising(ses_error("MessageRejected", 400))
    assert ask(1)["reason"] == "rejected"
    ses.before = lambda: None
    assert ask(2) == {**SENT, "message": ask(2)["message"]}
    assert ask(0)["status"] == "delayed"


def test_a_claim_of_unknown_outcome_counts_and_its_second_try_does_not_count_twice(ses: Ses) -> None:
    shop_has(caps={"lifecycle": {"day": 1}})
    ses.after = raising(ReadTimeoutError(endpoint_url="ses"))
    with pytest.raises(OutcomePendingError):
        ask(0)
    ses.after = lambda: None
    assert ask(1)["status"] == "delayed"
    at(NOW + QUARTER_HOUR)
    assert ask(0)["status"] == "sent"


def test_another_that_is_counted_meanwhile_is_seen(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes in between the first one's reading and its claim, the worst place: one of them waits."""
    shop_has(caps={"lifecycle": {"day": 1}})
    compose, second = composing.compose, []

    def compose_slowly(*of_what: Any, **how: Any) -> Any:
        mail = compose(*of_what, **how)
        if not second:
            second.append(None)
            second[0] = ask(1)
        return mail

    monkeypatch.setattr(composing, "compose", compose_slowly)
    assert ask(0)["status"] == "delayed"
    assert second[0]["status"] == "sent"
    assert len(ses.sent) == 1


def test_in_quiet_hours_and_on_closed_days_only_what_was_asked_for_goes_out(ses: Ses) -> None:
    shop_has(quiet_hours={"from": "22:00", "to": "07:00"}, closed=["--11-25"])
    assert ask(0)["until"] == "2026-11-24T07:00:00.000Z"
    at(NOW + DAY)
    assert ask(0)["until"] == "2026-11-26T07:00:00.000Z"
    asked = {**TASK, "occurrence": 3, "mail_class": "transactional"}
    assert handler(asked, object())["status"] == "delayed"  # its template is none
    of_class("transactional")
    assert handler(asked, object())["status"] == "sent"
    assert [header["Name"] for header in ses.sent[0]["Content"]["Simple"]["Headers"]] == []


def of_class(mail_class: str) -> None:
    """Publishes the email of the step anew, as of that class."""
    held = template_definitions.template("we_miss_you")
    template = held.template.model_copy(update={"class_": mail_class})
    version = held.model_copy(update={"template": template, "number": held.number + 1, "at": NOW})
    template_definitions.publish(with_version(template_definitions.publication(), version), version)


def test_a_step_says_of_which_class_its_email_is_and_what_goes_first(ses: Ses) -> None:
    shop_has(caps={"lifecycle": {"day": 1}})
    assert ask(0) == SENT
    late = {**TASK, "occurrence": 1, "priority": 5}
    assert handler(late, object())["until"] == "2026-11-25T00:00:00.000Z"
    first = {**TASK, "occurrence": 2, "priority": 2}
    assert handler(first, object())["until"] == "2026-11-25T00:00:00.000Z"
    assert handler(late, object())["until"] == "2026-11-26T00:00:00.000Z"  # it goes after the other
    assert handler({**TASK, "occurrence": 3, "mail_class": "marketing"}, object())["status"] == "sent"  # has no cap


def test_no_step_makes_an_email_go_without_consent_that_its_template_is_not_for(ses: Ses) -> None:
    store(contact_profile(consent={}))
    assert handler({**TASK, "mail_class": "transactional"}, object())["reason"] == "no_consent"
    of_class("transactional")
    assert handler({**TASK, "occurrence": 1, "mail_class": "marketing"}, object())["reason"] == "no_consent"
    assert handler({**TASK, "occurrence": 2}, object())["status"] == "sent"


def test_an_email_whose_template_is_not_there_waits_and_goes_once_it_is(
    ses: Ses, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {**TASK, "template": "spring_greetings", "entered": iso(NOW)}
    delayed = handler(asked, object())
    assert (delayed["status"], delayed["until"]) == ("delayed", iso(NOW + HOUR))
    assert "TemplateMissing" in capsys.readouterr().out
    assert handler({**asked, "pin": 7}, object())["status"] == "delayed"
    assert list(contacts.items("c01", "MESSAGE#")) == []  # nothing is claimed
    stale = {**asked, "occurrence": 1, "best_before": HOUR}
    assert handler(stale, object())["status"] == "delayed"
    at(NOW + 2 * HOUR)
    assert handler(stale, object())["reason"] == "too_late"
    held = template_definitions.template("we_miss_you")
    template = held.template.model_copy(update={"id": "spring_greetings"})
    version = held.model_copy(update={"template": template, "number": 1, "at": NOW})
    template_definitions.publish(with_version(template_definitions.publication(), version), version)
    assert handler(asked, object())["status"] == "sent"


def test_health_says_which_template_is_missing_and_whose_emails_wait(ses: Ses) -> None:
    assert health._templates(NOW) == ({}, [])
    step = WIN_BACK.steps[0].model_copy(update={"template": "spring_greetings"})
    journey = WIN_BACK.model_copy(update={"steps": (step, *WIN_BACK.steps[1:])})
    version = Version(version=2, journey=journey, published=NOW, by="a test", why="another")
    journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)
    (problem,) = health._templates(NOW)[1]
    assert problem.startswith("There is no template spring_greetings. The emails of win_back wait for it")


def test_a_message_of_the_queue_whose_template_is_not_there_is_no_dead_letter(ses: Ses) -> None:
    body = json.dumps({"message": {**TASK, "template": "spring_greetings"}, "asked": NOW})
    assert handler({"Records": [{"messageId": "m", "body": body}]}, object()) == {"batchItemFailures": []}
    (told,) = [event for event in queued("prompt_queue") if event["properties"].get("outcome") == "delayed"]
    assert told["properties"]["reason"] == iso(NOW + HOUR)


def test_a_message_of_the_queue_that_waits_for_long_leaves_it_and_its_run_is_told_until_when(ses: Ses) -> None:
    shop_has(caps={"lifecycle": {"day": 1}})
    ask(0)
    take_off(1)
    assert queued("messages_queue") == []
    told = [event for event in queued("prompt_queue") if event["properties"].get("outcome") == "delayed"]
    assert [event["properties"]["reason"] for event in told] == ["2026-11-25T00:00:00.000Z"]


def test_without_a_slot_a_message_is_not_claimed_and_comes_again(ses: Ses) -> None:
    pace.told({"interval": 1_000_000, "left": 100, "kept": 10, "warm": 100, "warm_kept": 10}, NOW)
    told = [ask(number) for number in range(4)]
    assert [each["status"] for each in told] == ["sent", "sent", "delayed", "delayed"]
    assert len(list(contacts.items("c01", "MESSAGE#"))) == 2
    assert len(ses.sent) == 2
    assert (found := pace.pace()) is not None
    assert found.left == 98
    at(NOW + 2 * MINUTE)
    assert ask(2)["status"] == "sent"


def test_once_ses_says_that_the_account_must_not_send_nobody_tries_for_a_while(ses: Ses) -> None:
    pace.told({"interval": 1_000, "left": 100, "kept": 10, "warm": 100, "warm_kept": 10}, NOW)
    ses.before = raising(ses_error("ThrottlingException", 429, "Daily message quota exceeded."))
    with pytest.raises(SendingStoppedError):
        ask(0)
    ses.before = raising(Crash())  # which nobody comes to
    assert ask(1)["status"] == "delayed"
    ses.before = lambda: None
    at(NOW + 5 * MINUTE)
    assert ask(1)["status"] == "sent"


def test_a_pause_holds_back_marketing_only_until_it_is_lifted(ses: Ses) -> None:
    pace.told({"interval": 1_000, "left": 100, "kept": 10, "warm": 100, "warm_kept": 10}, NOW)
    assert pace.pause("complaints")
    assert not pace.pause("complaints")
    marketing = {**TASK, "occurrence": 1, "mail_class": "marketing"}
    assert handler(marketing, object())["status"] == "delayed"
    assert ask(0) == SENT
    pace.lift(NOW)
    assert handler(marketing, object())["status"] == "sent"


def test_sender_and_reply_to_are_the_shop_s_own_by_class(ses: Ses) -> None:
    client("sesv2").create_email_identity(EmailIdentity="news.shop.example.com")
    shop_has(
        senders={
            "name": "Café Müller, Ltd.",
            "reply_to": "care@shop.example.com",
            "by_class": {"lifecycle": "hi@news.shop.example.com"},
        }
    )
    assert ask() == SENT
    (mail,) = ses.sent
    assert mail["FromEmailAddress"].endswith("<hi@news.shop.example.com>")
    assert str(make_header(decode_header(mail["FromEmailAddress"]))).startswith("Café Müller, Ltd.")
    assert mail["ReplyToAddresses"] == ["care@shop.example.com"]
    headers = {header["Name"]: header["Value"] for header in mail["Content"]["Simple"]["Headers"]}
    assert headers["List-Id"] == "<marketing.news.shop.example.com>"


@pytest.mark.parametrize(
    ("settings", "answer", "opens", "clicks"),
    [
        ({}, "subscribed", "DISABLED", "ENABLED"),
        ({"opens": "with_consent", "clicks": "with_consent"}, "subscribed", "ENABLED", "ENABLED"),
        ({"opens": "with_consent", "clicks": "with_consent"}, "unsubscribed", "DISABLED", "DISABLED"),
        ({"opens": "with_consent", "clicks": "with_consent"}, None, "DISABLED", "DISABLED"),
        ({"clicks": "never"}, "subscribed", "DISABLED", "DISABLED"),
    ],
)
def test_opens_and_clicks_are_watched_of_those_who_agree(
    ses: Ses, settings: dict[str, str], answer: str | None, opens: str, clicks: str
) -> None:
    shop_has(tracking=settings)
    consent = {"marketing": Stamped("subscribed", NOW - DAY)}
    store(contact_profile(consent={**consent, **({"tracking": Stamped(answer, NOW - DAY)} if answer else {})}))
    assert ask() == SENT
    tracking = ses.sent[0]["ConfigurationOverrides"]["Tracking"]
    assert tracking == {"OpenTrackingEnabled": opens, "ClickTrackingEnabled": clicks}


def test_what_the_system_sends_goes_to_an_address_that_is_nobody_s_yet(ses: Ses) -> None:
    """No consent, no cap, no quiet hours; but not to one that complained."""
    shop_has(quiet_hours={"from": "00:00", "to": "23:59"}, tracking={"clicks": "always"})
    hashed = pending_addresses.put("c77", "new@example.com", NOW + DAY)
    message = {"kind": "system", "contact": "c77", "purpose": "confirm_signup", "id": "r1", "address": hashed}
    asked = {**message, "template": "welcome"}
    assert handler(asked, object())["status"] == "sent"
    (mail,) = ses.sent
    assert mail["Destination"] == {"ToAddresses": ["new@example.com"]}
    assert mail["ConfigurationOverrides"]["Tracking"]["ClickTrackingEnabled"] == "DISABLED"
    assert handler(asked, object())["status"] == "sent"
    assert len(ses.sent) == 1
    contacts.commit([identities.suppression_write(hashed, "complaint", NOW)])
    assert handler({**asked, "id": "r2"}, object())["reason"] == "suppressed_complaint"
    assert handler({**asked, "id": "r3", "address": "0" * 40}, object())["reason"] == "no_address"
