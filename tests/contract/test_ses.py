"""SES: moto's cases where moto does them; elsewhere the shapes and rules of SES's guide and API reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local.aws import ses, sns, sqs
from infra.local.aws.calls import connect
from infra.local.aws.world import World

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
FROM = "Shop <news@shop.example>"


@pytest.fixture
def world() -> World:
    return World(now=NOW)


@pytest.fixture
def session(world: World) -> boto3.session.Session:
    """An account with a verified domain, whose notices of every kind go to the queue `notices`."""
    session = connect(world, {"sqs": sqs.OPERATIONS, "sns": sns.OPERATIONS, "sesv2": ses.OPERATIONS})
    client, topics = session.client("sesv2"), session.client("sns")
    session.client("sqs").create_queue(QueueName="notices")
    topic = topics.create_topic(Name="ses")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:000000000000:notices")
    client.create_email_identity(EmailIdentity="shop.example")
    client.create_configuration_set(ConfigurationSetName="beckon")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="beckon",
        EventDestinationName="notices",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": list(ses.KINDS),
            "SnsDestination": {"TopicArn": topic},
        },
    )
    return session


@pytest.fixture
def client(session: boto3.session.Session) -> Any:
    return session.client("sesv2")


def letter(to: str = "ada@example.com", **changes: Any) -> dict[str, Any]:
    """What our product sends, with `changes` of the parameters of SendEmail."""
    return {
        "FromEmailAddress": FROM,
        "Destination": {"ToAddresses": [to]},
        "Content": simple(),
        "EmailTags": [{"Name": "message", "Value": "welcome-1"}],
        "ConfigurationSetName": "beckon",
        **changes,
    }


def simple(**changes: Any) -> dict[str, Any]:
    unsubscribe = [
        {"Name": "List-Unsubscribe", "Value": "<https://shop.example/u/abc>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
    body = {"Html": {"Data": "<p>Hällo</p>"}, "Text": {"Data": "Hällo"}}
    return {"Simple": {"Subject": {"Data": "Welcome ✓"}, "Body": body, "Headers": unsubscribe, **changes}}


def play(world: World) -> None:
    """Lets all happen that is due."""
    while due := world.next_due(2**60):
        world.turn(due.at)
        assert due.kind == "ses"
        ses.resume(world, due.payload)


def notices(world: World) -> list[dict[str, Any]]:
    """The notices that have come to the queue since the last time."""
    return [json.loads(json.loads(record["body"])["Message"]) for record in sqs.take(world, "notices", 10_000)]


# ── with moto ──


@pytest.fixture(params=["local", "moto"])
def either(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "local":
        client = connect(World(now=NOW), {"sesv2": ses.OPERATIONS}).client("sesv2")
    else:
        request.getfixturevalue("moto")
        client = boto3.client("sesv2", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    client.create_email_identity(EmailIdentity="shop.example")
    yield client


@pytest.fixture
def moto() -> Iterator[None]:
    with mock_aws():
        yield


def test_a_mail_gets_an_id_of_its_own(either: Any) -> None:
    given = letter()
    del given["ConfigurationSetName"]
    first, second = (either.send_email(**given)["MessageId"] for _ in range(2))
    assert first and second and first != second


def test_a_raw_mail_is_sent_too(either: Any) -> None:
    raw = b"From: news@shop.example\r\nTo: ada@example.com\r\nSubject: Raw\r\n\r\nhi"
    assert either.send_email(Content={"Raw": {"Data": raw}})["MessageId"]


def test_an_unverified_sender_is_rejected(either: Any) -> None:
    given = letter(FromEmailAddress="news@elsewhere.example")
    del given["ConfigurationSetName"]
    with pytest.raises(either.exceptions.MessageRejected):
        either.send_email(**given)


def test_an_identity_is_described_and_a_missing_one_is_not_found(either: Any) -> None:
    assert either.get_email_identity(EmailIdentity="shop.example")["IdentityType"] == "DOMAIN"
    with pytest.raises(either.exceptions.NotFoundException):
        either.get_email_identity(EmailIdentity="elsewhere.example")


# ── what SES accepts ──


def test_the_mailbox_keeps_all_there_is_to_a_mail(world: World, client: Any) -> None:
    message_id = client.send_email(**letter())["MessageId"]
    kept = ses.mail(world, message_id)
    assert (kept.sent_at, kept.sender, kept.recipients, kept.state) == (NOW, FROM, ["ada@example.com"], "Sent")
    assert (kept.subject, kept.html, kept.text) == ("Welcome ✓", "<p>Hällo</p>", "Hällo")
    assert (kept.tags, kept.configuration_set) == ({"message": "welcome-1"}, "beckon")
    assert ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"] in kept.headers


def test_a_raw_mail_is_taken_apart(world: World, client: Any) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = FROM, "Ada <ada@example.com>", "Grüße"
    message["List-Unsubscribe"] = "<https://shop.example/u/abc>"
    message.set_content("text ü")
    message.add_alternative("<p>html ü</p>", subtype="html")
    content = {"Raw": {"Data": message.as_bytes()}}
    given = letter(Content=content)
    del given["FromEmailAddress"], given["Destination"]
    kept = ses.mail(world, client.send_email(**given)["MessageId"])
    assert (kept.sender, kept.recipients, kept.subject) == (FROM, ["Ada <ada@example.com>"], "Grüße")
    assert (kept.html, kept.text) == ("<p>html ü</p>\n", "text ü\n")
    assert ["List-Unsubscribe", "<https://shop.example/u/abc>"] in kept.headers


TAG = {"Name": "a", "Value": "b"}
HEADER = {"Name": "X-A", "Value": "b"}


@pytest.mark.parametrize(
    "change",
    [
        {"EmailTags": [{"Name": "a b", "Value": "c"}]},
        {"EmailTags": [{"Name": "a", "Value": "run#1"}]},
        {"EmailTags": [{"Name": "a", "Value": "ü"}]},
        {"EmailTags": [{"Name": "a", "Value": ""}]},
        {"EmailTags": [{"Name": "a", "Value": "x" * 257}]},
        {"EmailTags": [{"Name": f"t{i}", "Value": "x"} for i in range(51)]},
        {"Content": simple(Subject={"Data": "Hi\r\nBcc: eve@example.com"})},
        {"Content": simple(Headers=[{"Name": "X-A", "Value": "ü"}])},
        {"Content": simple(Headers=[{"Name": "X-A", "Value": "x\r\nBcc: eve@example.com"}])},
        {"Content": simple(Headers=[{"Name": "X-A", "Value": "x" * 871}])},
        {"Content": simple(Headers=[{"Name": "X A", "Value": "x"}])},
        {"Content": simple(Headers=[HEADER] * 16)},
        {"Content": simple(Headers=[{"Name": "Subject", "Value": "again"}])},
        {"Content": simple(Headers=[{"Name": "List-Unsubscribe", "Value": "<https://a.example>"}] * 2)},
        {"Content": simple(Body={})},
        {"Destination": {"ToAddresses": ["ada"]}},
        {"Destination": {"ToAddresses": ["ada@example.com\r\nBcc: eve@example.com"]}},
        {"Destination": {"ToAddresses": ["ada@example.com, eve@example.com"]}},
        {"Destination": {"ToAddresses": ["ädä@example.com"]}},
        {"Destination": {"ToAddresses": ["ada@example..com"]}},
        {"Destination": {"ToAddresses": []}},
    ],
)
def test_what_breaks_a_rule_of_ses_is_a_bad_request_and_leaves_no_mail(
    world: World, client: Any, change: dict[str, Any]
) -> None:
    with pytest.raises(client.exceptions.BadRequestException):
        client.send_email(**letter(**change))
    assert world.db.execute("SELECT COUNT(*) FROM mailbox").fetchone() == (0,)
    assert world.next_due(2**60) is None


@pytest.mark.parametrize(
    "change",
    [
        {"EmailTags": [{"Name": f"t{i}", "Value": "x" * 256} for i in range(50)]},
        {"Content": simple(Headers=[{"Name": "X-A", "Value": "x" * 870}] * 15)},
        {"Destination": {"ToAddresses": ['"Ada, the first" <ada+news@mail.example.co.uk>']}},
        {"FromEmailAddress": "=?utf-8?q?L=C3=A4den?= <news@mail.shop.example>"},
    ],
)
def test_what_just_keeps_the_rules_is_accepted(client: Any, change: dict[str, Any]) -> None:
    assert client.send_email(**letter(**change))["MessageId"]


def test_what_does_not_exist_is_not_found(client: Any) -> None:
    for change in ({"ConfigurationSetName": "other"}, {"ListManagementOptions": {"ContactListName": "all"}}):
        with pytest.raises(client.exceptions.NotFoundException):
            client.send_email(**letter(**change))


def test_more_than_the_rate_in_one_second_is_too_many(world: World, client: Any) -> None:
    ses.set_send_rate(world, 2)
    assert client.get_account()["SendQuota"]["MaxSendRate"] == 2
    client.send_email(**letter())
    world.turn(NOW + 500)
    client.send_email(**letter())
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.send_email(**letter())
    world.turn(NOW + 1_000)
    client.send_email(**letter())
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.send_email(**letter())
    assert client.get_account()["SendQuota"]["SentLast24Hours"] == 3
    ses.set_send_rate(world, None)
    assert all(client.send_email(**letter()) for _ in range(20))


def test_several_recipients_are_one_mail_and_fifty_are_the_most(world: World, client: Any) -> None:
    addresses = [f"c{i}@example.com" for i in range(50)]
    destination = {"ToAddresses": addresses[:1], "CcAddresses": addresses[1:2], "BccAddresses": addresses[2:]}
    message_id = client.send_email(**letter(Destination=destination))["MessageId"]
    play(world)
    sent, delivered = notices(world)
    assert sent["mail"]["destination"] == delivered["delivery"]["recipients"] == addresses
    assert ["Cc", "c1@example.com"] in ses.mail(world, message_id).headers
    assert "c2@" not in json.dumps(sent["mail"]["headers"])
    with pytest.raises(client.exceptions.MessageRejected):
        client.send_email(**letter(Destination={"ToAddresses": [*addresses, "one@example.com"]}))


# ── notices ──

MAIL_KEYS = {"timestamp", "source", "sourceArn", "sendingAccountId", "messageId", "destination", "headersTruncated"}


def test_a_mail_is_sent_at_once_and_delivered_a_second_later(world: World, client: Any) -> None:
    message_id = client.send_email(**letter())["MessageId"]
    due = world.next_due(NOW)
    assert due is not None
    ses.resume(world, due.payload)
    (sent,) = notices(world)
    assert sent["eventType"] == "Send"
    assert sent["send"] == {}
    mail = sent["mail"]
    assert mail.keys() == MAIL_KEYS | {"headers", "commonHeaders", "tags"}
    assert (mail["messageId"], mail["timestamp"], mail["source"]) == (message_id, "2026-11-18T11:06:40.000Z", FROM)
    assert mail["commonHeaders"] == {
        "from": [FROM],
        "to": ["ada@example.com"],
        "messageId": message_id,
        "subject": "Welcome ✓",
    }
    assert {"name": "List-Unsubscribe", "value": "<https://shop.example/u/abc>"} in mail["headers"]
    assert mail["tags"]["message"] == ["welcome-1"]
    assert mail["tags"]["ses:configuration-set"] == ["beckon"]
    assert mail["tags"]["ses:from-domain"] == ["shop.example"]

    assert world.next_due(NOW + 999) is None
    play(world)
    (delivered,) = notices(world)
    assert (delivered["eventType"], delivered["delivery"]["processingTimeMillis"]) == ("Delivery", 1000)
    assert delivered["delivery"]["recipients"] == ["ada@example.com"]
    assert ses.mail(world, message_id).state == "Delivery"


@pytest.mark.parametrize(
    ("mailbox", "kinds"),
    [
        ("success", ["Send", "Delivery"]),
        ("ooto", ["Send", "Delivery"]),
        ("bounce", ["Send", "Bounce"]),
        ("suppressionlist", ["Send", "Bounce"]),
        ("complaint", ["Send", "Delivery", "Complaint"]),
    ],
)
@pytest.mark.parametrize("label", ["", "+run-7"])
def test_the_simulators_mailboxes_behave_as_documented(
    world: World, client: Any, mailbox: str, label: str, kinds: list[str]
) -> None:
    address = f"{mailbox}{label}@simulator.amazonses.com"
    client.send_email(**letter(address))
    play(world)
    came = notices(world)
    assert [each["eventType"] for each in came] == kinds
    if kinds[-1] == "Bounce":
        bounce = came[-1]["bounce"]
        assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
        assert bounce["bouncedRecipients"][0]["emailAddress"] == address
    with pytest.raises(client.exceptions.NotFoundException):  # the simulator's addresses are never suppressed
        client.get_suppressed_destination(EmailAddress=address)


@pytest.mark.parametrize(
    ("kind", "details", "name", "keys"),
    [
        ("Send", {}, "send", set()),
        (
            "Delivery",
            {},
            "delivery",
            {"timestamp", "processingTimeMillis", "recipients", "smtpResponse", "remoteMtaIp", "reportingMTA"},
        ),
        (
            "Bounce",
            {"bounce_type": "Transient"},
            "bounce",
            {"feedbackId", "bounceType", "bounceSubType", "bouncedRecipients", "timestamp", "reportingMTA"},
        ),
        (
            "Complaint",
            {"feedback_type": "not-spam"},
            "complaint",
            {
                "feedbackId",
                "complaintSubType",
                "complainedRecipients",
                "timestamp",
                "userAgent",
                "complaintFeedbackType",
                "arrivalDate",
            },
        ),
        ("Reject", {}, "reject", {"reason"}),
        ("Open", {"bot": True}, "open", {"timestamp", "userAgent", "ipAddress", "isBotEvent"}),
        (
            "Click",
            {"link": "https://shop.example/"},
            "click",
            {"timestamp", "userAgent", "ipAddress", "isBotEvent", "link", "linkTags"},
        ),
        ("Rendering Failure", {}, "failure", {"errorMessage", "templateName"}),
        ("DeliveryDelay", {}, "deliveryDelay", {"timestamp", "delayType", "expirationTime", "delayedRecipients"}),
    ],
)
def test_every_kind_of_notice_has_its_documented_shape(
    world: World, client: Any, kind: str, details: dict[str, Any], name: str, keys: set[str]
) -> None:
    message_id = client.send_email(**letter())["MessageId"]
    made = ses.notice(world, message_id, kind, **details)
    assert made.keys() == {"eventType", "mail", name}
    assert made["eventType"] == kind
    assert made[name].keys() == keys
    bare = kind in ("Rendering Failure", "DeliveryDelay")
    assert made["mail"].keys() == MAIL_KEYS | ({"tags"} if bare else {"headers", "commonHeaders", "tags"})
    assert json.loads(json.dumps(made)) == made


def test_bounces_say_how_hard_they_were(world: World, client: Any) -> None:
    message_id = client.send_email(**letter())["MessageId"]
    for bounce_type, sub_type in (("Permanent", "General"), ("Transient", "General"), ("Undetermined", "Undetermined")):
        bounce = ses.notice(world, message_id, "Bounce", bounce_type=bounce_type)["bounce"]
        assert (bounce["bounceType"], bounce["bounceSubType"]) == (bounce_type, sub_type)


def test_opens_and_clicks_say_whether_a_machine_made_them(world: World, client: Any) -> None:
    message_id = client.send_email(**letter())["MessageId"]
    play(world)
    notices(world)
    link = {"link": "https://shop.example/?a=1", "link_tags": {"place": ["top"]}}
    ses.happen(world, message_id, "Open", bot=True, user_agent="Proxy/1.0", ip_address="192.0.2.9")
    ses.happen(world, message_id, "Click", **link)
    opened, clicked = notices(world)
    assert (opened["open"]["isBotEvent"], opened["open"]["userAgent"]) == ("Likely", "Proxy/1.0")
    assert opened["open"]["ipAddress"] == "192.0.2.9"
    assert (clicked["click"]["isBotEvent"], clicked["click"]["link"]) == ("Unlikely", "https://shop.example/?a=1")
    assert clicked["click"]["linkTags"] == {"place": ["top"]}
    assert ses.mail(world, message_id).state == "Click"


def test_a_destination_gets_only_the_kinds_it_asked_for(world: World, session: boto3.session.Session) -> None:
    client = session.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="quiet")
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["BOUNCE"],
        "SnsDestination": {"TopicArn": "arn:aws:sns:eu-west-1:000000000000:ses"},
    }
    client.create_configuration_set_event_destination(
        ConfigurationSetName="quiet", EventDestinationName="bounces", EventDestination=destination
    )
    client.send_email(**letter("bounce@simulator.amazonses.com", ConfigurationSetName="quiet"))
    without = letter("bounce@simulator.amazonses.com")
    del without["ConfigurationSetName"]
    client.send_email(**without)
    play(world)
    assert [each["eventType"] for each in notices(world)] == ["Bounce"]


# ── suppression ──


def test_suppressed_addresses_are_kept_found_and_let_go(client: Any) -> None:
    with pytest.raises(client.exceptions.NotFoundException):
        client.delete_suppressed_destination(EmailAddress="ada@example.com")
    client.put_suppressed_destination(EmailAddress="Ada@example.com", Reason="COMPLAINT")
    kept = client.get_suppressed_destination(EmailAddress="ada@example.com")["SuppressedDestination"]
    assert (kept["Reason"], int(kept["LastUpdateTime"].timestamp() * 1000)) == ("COMPLAINT", NOW)
    client.delete_suppressed_destination(EmailAddress="ada@example.com")
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_suppressed_destination(EmailAddress="ada@example.com")


@pytest.mark.parametrize(("reason", "kind"), [("BOUNCE", "Bounce"), ("COMPLAINT", "Complaint")])
def test_a_mail_to_a_suppressed_address_is_accepted_and_not_tried(
    world: World, client: Any, reason: str, kind: str
) -> None:
    client.put_suppressed_destination(EmailAddress="ada@example.com", Reason=reason)
    client.send_email(**letter("Ada <ada@example.com>"))
    play(world)
    sent, came = notices(world)
    assert (sent["eventType"], came["eventType"]) == ("Send", kind)
    assert came[kind.lower()][f"{kind.lower()}SubType"] == "OnAccountSuppressionList"


@pytest.mark.parametrize(
    ("kind", "details", "reason"),
    [
        ("Bounce", {}, "BOUNCE"),
        ("Bounce", {"bounce_type": "Transient"}, None),
        ("Complaint", {}, "COMPLAINT"),
        ("Complaint", {"feedback_type": "not-spam"}, None),
    ],
)
def test_the_account_suppresses_after_hard_bounces_and_complaints(
    world: World, client: Any, kind: str, details: dict[str, Any], reason: str | None
) -> None:
    message_id = client.send_email(**letter())["MessageId"]
    ses.happen(world, message_id, kind, **details)
    try:
        found = client.get_suppressed_destination(EmailAddress="ada@example.com")["SuppressedDestination"]["Reason"]
    except ClientError:
        found = None
    assert found == reason


def test_a_run_repeats_exactly() -> None:
    def once() -> list[str]:
        world = World(now=NOW)
        client = connect(world, {"sesv2": ses.OPERATIONS}).client("sesv2")
        client.create_email_identity(EmailIdentity="shop.example")
        client.create_configuration_set(ConfigurationSetName="beckon")
        return [client.send_email(**letter())["MessageId"] for _ in range(3)]

    assert once() == once()


def test_a_detail_nobody_knows_is_refused(world: World, client: Any) -> None:
    message_id = client.send_email(**letter())["MessageId"]
    with pytest.raises(TypeError, match="bounce_typ"):
        ses.notice(world, message_id, "Bounce", bounce_typ="Transient")


def test_more_than_the_quota_of_24_hours_is_too_many(world: World, client: Any) -> None:
    ses.set_quota(world, 2)
    assert client.get_account()["SendQuota"]["Max24HourSend"] == 2
    client.send_email(**letter())
    client.send_email(**letter())
    with pytest.raises(client.exceptions.TooManyRequestsException, match="Daily message quota exceeded"):
        client.send_email(**letter())
    world.turn(NOW + 86_400_000)
    client.send_email(**letter())


def test_an_account_that_may_not_send_says_so(world: World, client: Any) -> None:
    ses.set_sending(world, enabled=False)
    assert client.get_account()["SendingEnabled"] is False
    with pytest.raises(client.exceptions.SendingPausedException):
        client.send_email(**letter())


def test_of_what_is_not_to_be_watched_no_notice_comes(world: World, client: Any) -> None:
    tags = [{"Name": "ses:feedback-id-a", "Value": "marketing"}]
    tracking = {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "ENABLED"}
    message_id = client.send_email(**letter(ConfigurationOverrides={"Tracking": tracking}, EmailTags=tags))["MessageId"]
    ses.happen(world, message_id, "Open")
    assert ses.mail(world, message_id).state == "Sent"
    ses.happen(world, message_id, "Click", link="https://shop.example")
    assert ses.mail(world, message_id).state == "Click"
