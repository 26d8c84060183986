"""Message: a mail is sent once, whatever happens in between, and only if it may be sent at that instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formataddr
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionError, ReadTimeoutError

from functions.message import app
from functions.message.app import OutcomePendingError, handler
from shared.adapters import clock, contacts, environment, identities, messages, tokens
from shared.adapters.clients import client
from shared.adapters.mail import NotSentError
from shared.adapters.messages import ClaimLostError
from shared.domain.events import DAY, MINUTE, NEVER, Identity, IdentityKind, Instant
from shared.domain.messages import SETTLE, Message, Refusal, Status
from shared.domain.profiles import Membership, Profile, Stamped
from tests.integration.conftest import NOW

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
    "run": "c01-inactive-7",
    "segment": "inactive",
    "number": 7,
    "path": "begin",
    "step": "we_miss_you",
}
KEY = Message.model_validate(TASK).key


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
    yield Ses(monkeypatch)


def contact_profile(**fields: Any) -> Profile:
    held: dict[str, Any] = {
        "traits": {"email": Stamped(ADDRESS, 1), "first_name": Stamped("Ada", 1)},
        "consent": {"marketing": Stamped("subscribed", NOW - 90 * DAY)},
        "memberships": {"inactive": Membership(True, 7, NOW - DAY, NEVER)},
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


SENT = {"status": "sent", "reason": None, "message": KEY}


# ── the mail ──


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
    assert token == tokens.Token("c01", "marketing", KEY)
    for part in ("Html", "Text"):
        assert url in simple["Body"][part]["Data"]
        assert "1 Mill Lane, Ashford TN23 1AA" in simple["Body"][part]["Data"]
    assert {tag["Name"]: tag["Value"] for tag in mail["EmailTags"]} == {
        "message": KEY,
        "contact": "c01",
        "journey": "win_back",
        "step": "we_miss_you",
        "template": "we_miss_you",
        "topic": "marketing",
    }


def test_no_header_and_no_tag_is_longer_than_ses_takes(ses: Ses) -> None:
    segment = "s" * 40
    contact = f"c{'0' * 20}"
    given = contact_profile(memberships={segment: Membership(True, 7, NOW - DAY, NEVER)})
    store(replace(given, contact=contact))
    leads_to(contact)
    longest = {**TASK, "contact": contact, "segment": segment, "run": f"{contact}-{segment}-99999"}
    handler({**longest, "journey": "j" * 40, "step": "s" * 64, "template": "welcome", "occurrence": 9999}, object())
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


def test_an_unknown_template_is_an_error_and_claims_nothing(ses: Ses) -> None:
    with pytest.raises(FileNotFoundError):
        handler({**TASK, "template": "no_such_mail"}, object())
    assert list(contacts.items("c01", "MESSAGE#")) == []


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
    at(NOW + SETTLE - 1)
    with pytest.raises(OutcomePendingError):
        ask()
    assert ses.sent == []
    at(NOW + SETTLE)
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
    at(NOW + 2 * SETTLE)
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


def test_the_ses_client_never_tries_again_by_itself() -> None:
    assert client("sesv2").meta.config.retries == {"total_max_attempts": 1, "mode": "standard"}


def test_a_no_for_now_releases_the_claim_and_is_tried_again_at_once(ses: Ses) -> None:
    errors = {
        "TooManyRequestsException": 429,
        "ThrottlingException": 400,
        "LimitExceededException": 400,
        "SendingPausedException": 400,
        "AccountSuspendedException": 400,
        "MailFromDomainNotVerifiedException": 400,
        "NotFoundException": 404,
        "AccessDeniedException": 403,
    }
    for code, status in errors.items():
        ses.before = raising(ses_error(code, status))
        with pytest.raises(NotSentError, match=code):
            ask()
        assert item()["status"]["S"] == "released"
    ses.before = lambda: None
    assert ask() == SENT
    assert item()["attempt"]["N"] == str(len(errors) + 1)


def test_a_no_for_good_is_stored_and_not_tried_again(ses: Ses) -> None:
    for occurrence, code in enumerate(["MessageRejected", "BadRequestException"]):
        ses.before = raising(ses_error(code, 400, f"Email address is not verified: {ADDRESS}"))
        refused = ask(occurrence)
        assert (refused["status"], refused["reason"]) == ("refused", "rejected")
        assert ADDRESS not in str(item(occurrence))
        ses.before = lambda: None
        at(NOW + DAY)
        assert ask(occurrence) == refused
    assert ses.sent == []


def test_an_unverified_sender_is_the_shops_to_mend_and_loses_no_mail(ses: Ses) -> None:
    client("sesv2").delete_email_identity(EmailIdentity="hello@shop.example.com")
    with pytest.raises(NotSentError):
        ask()
    client("sesv2").create_email_identity(EmailIdentity="hello@shop.example.com")
    assert ask() == SENT


def test_of_two_at_once_one_sends(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes in between the first one's reading and its claim, the worst place."""
    compose, second = app.compose, []

    def compose_slowly(message: Message, profile: Profile) -> Any:
        mail = compose(message, profile)
        if not second:
            second.append(None)
            second[0] = ask()
        return mail

    monkeypatch.setattr(app, "compose", compose_slowly)
    with pytest.raises(OutcomePendingError):
        ask()
    assert second == [SENT]
    assert ask() == SENT
    assert len(ses.sent) == 1


def test_of_two_that_find_an_old_claim_one_sends(ses: Ses) -> None:
    message = Message.model_validate(TASK)
    messages.claim(message, None, NOW)
    held = messages.read(message)
    messages.claim(message, held, NOW + SETTLE)
    with pytest.raises(ClaimLostError):
        messages.claim(message, held, NOW + SETTLE)
    with pytest.raises(ClaimLostError):
        messages.refuse(message, held, Refusal.NO_CONSENT, NOW + SETTLE)


# ── the gate, at the instant of sending ──


def test_a_refusal_is_stored_with_its_reason_and_stays(ses: Ses) -> None:
    store(contact_profile(consent={"marketing": Stamped("unsubscribed", NOW)}))
    refused = {"status": "refused", "reason": "no_consent", "message": KEY}
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
    assert handler({**TASK, "contact": "c99", "run": "c99-inactive-7"}, object())["reason"] == "erased"


def test_who_unsubscribes_while_an_old_claim_settles_gets_no_second_try(ses: Ses) -> None:
    ses.before = raising(Crash())
    with pytest.raises(Crash):
        ask()
    ses.before = lambda: None
    store(contact_profile(consent={"marketing": Stamped("unsubscribed", NOW + MINUTE)}))
    at(NOW + SETTLE)
    assert ask()["reason"] == "no_consent"
    assert ses.sent == []


# ── settling ──


def test_a_notice_settles_a_message_once(ses: Ses) -> None:
    message = Message.model_validate(TASK)
    messages.claim(message, None, NOW)
    assert messages.settle("c01", KEY, "ses-1", NOW)
    assert not messages.settle("c01", KEY, "ses-2", NOW + 1)
    assert item()["ses_id"]["S"] == "ses-1"


def test_a_very_late_notice_corrects_a_refusal(ses: Ses) -> None:
    message = Message.model_validate(TASK)
    messages.refuse(message, messages.claim(message, None, NOW), Refusal.NO_CONSENT, NOW + SETTLE)
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
