"""What journeys tell the shop's own webhooks: signed, again until it is taken, and never to an address inside."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import itertools
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from functions.notice import app
from infra.local import receiver
from infra.local import settings as local
from infra.local.aws.calls import AwsError
from shared.adapters import dead_letters, environment, secrets, shop_settings, webhooks
from shared.adapters.clients import client
from shared.domain.events import DAY, HOUR, MINUTE, SECOND
from shared.domain.settings import ShopSettings
from tests.integration.test_runs import ADA, AFTER, Journeys, signed_up

CALL = {"id": "call", "kind": "notify", "subject": "Call them", "to": "sales"}
URL = "https://crm.example.com/hooks/beckon?shop=1"


@pytest.fixture
def shop() -> Iterator[Journeys]:
    made = Journeys()
    shop_settings.save(ShopSettings(webhooks={"sales": URL}), 0, "a test")
    shop_settings.forget()
    yield made


def answers(*given: int) -> list[int]:
    """Has the webhook answer so, and well after that; what it was asked, by its seconds."""
    left, asked = list(given), []

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        asked.append(int(headers["webhook-timestamp"]))
        return left.pop(0) if left else 200

    webhooks.use(post)
    return asked


def test_a_notice_reaches_the_webhook_of_whom_it_is_for_and_is_signed(shop: Journeys) -> None:
    shop.journey(CALL, {**CALL, "id": "alert", "to": "support"})
    signed_up(shop)
    shop.order(ADA)
    shop.passes(AFTER)
    (call,) = receiver.called(shop.system.world)  # support has none
    told, run = json.loads(call.body), shop.run_of(ADA)
    assert call.url == URL
    assert told["type"] == "journey.notice"
    assert told["data"] == {
        "id": f"{run.id}-call-0",
        "contact": shop.contact(ADA),
        "journey": "j",
        "run": run.id,
        "step": "call",
        "subject": "Call them",
        "to": "sales",
    }
    key = base64.b64decode(json.loads(local.SECRETS["webhook_secrets"])[0].removeprefix("whsec_"))
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert call.headers["webhook-signature"] == f"v1,{expected}"
    assert call.headers["webhook-id"] == told["data"]["id"]
    assert shop.customers[ADA]["email"] not in call.body.decode()


def test_a_webhook_that_fails_is_called_again_after_longer_and_longer(shop: Journeys) -> None:
    asked = answers(500, 401, 302, 404)
    shop.journey(CALL)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(HOUR)
    assert len(asked) == 5
    pauses = [after - before for before, after in itertools.pairwise(asked)]
    assert pauses == pytest.approx([10, 20, 40, 80], abs=2)
    shop.passes(DAY)
    assert len(asked) == 5  # it has taken it


def test_what_nobody_takes_for_three_days_is_a_dead_letter_and_a_replay_begins_anew(shop: Journeys) -> None:
    asked = answers(*[503] * app.MAX_TRIES)
    shop.journey(CALL)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(2 * DAY)
    assert dead_letters.depth(dead_letters.queues()["notices"]) == 0
    shop.passes(2 * DAY)
    (dead,) = dead_letters.peek(dead_letters.queues()["notices"])
    assert dead.reason == "The webhook for sales: it answered 503."
    assert (dead.id, dead.type, dead.source) == (f"{shop.run_of(ADA).id}-call-0", "Journey Notice", "j")
    assert len(asked) == app.MAX_TRIES
    assert shop.ask("POST", "/dead-letters/notices/replay")[0] == 202
    shop.passes(MINUTE)
    assert len(asked) == app.MAX_TRIES + 1
    assert dead_letters.depth(dead_letters.queues()["notices"]) == 0


def test_a_webhook_that_the_shop_puts_right_is_told_what_waits_and_one_it_takes_away_nothing(shop: Journeys) -> None:
    asked = answers(500, 500)
    shop.journey(CALL)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(15 * SECOND)
    urls: list[str] = []
    webhooks.use(lambda url, headers, body: urls.append(url) or 200)  # type: ignore[func-returns-value]
    shop_settings.save(ShopSettings(webhooks={"sales": "https://new.example.com/"}), 1, "a test")
    shop.passes(5 * MINUTE)
    assert (len(asked), urls) == (2, ["https://new.example.com/"])
    asked = answers(500)
    shop.order(ADA, 1)
    shop.passes(AFTER)
    shop_settings.save(ShopSettings(), 2, "a test")
    shop.passes(HOUR)
    assert len(asked) == 1
    assert dead_letters.depth(dead_letters.queues()["notices"]) == 0


def test_without_a_secret_nothing_is_sent_unsigned_and_health_says_so(shop: Journeys) -> None:
    asked = answers()
    path = f"{environment.environment(secrets.SecretSettings).secrets_path}/webhook_secrets"
    client("ssm").put_parameter(Name=path, Value='["hello"]', Type="SecureString", Overwrite=True)
    secrets._provider.cache_clear()
    shop.journey(CALL)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(2 * MINUTE)
    assert asked == []
    problems = shop.ask("GET", "/health")[1]["problems"]
    assert any("webhook_secrets" in problem for problem in problems)
    client("ssm").put_parameter(Name=path, Value=local.SECRETS["webhook_secrets"], Type="SecureString", Overwrite=True)
    shop.passes(15 * MINUTE)
    assert len(asked) == 1


def test_a_notice_that_eventbridge_or_the_queue_does_not_take_comes_again(shop: Journeys) -> None:
    failing = ["events", "sqs"]

    def fault(call: Any, perform: Any) -> Any:
        to_notices = "Notices" in str(call.parameters.get("QueueUrl", "")) and call.operation == "SendMessage"
        if failing and (call.service == failing[0] == "events" or (failing[0] == "sqs" and to_notices)):
            failing.pop(0)
            raise AwsError("ServiceUnavailable", "Not now.", 500)
        return perform()

    shop.journey(CALL)
    signed_up(shop)
    shop.fault = fault
    shop.order(ADA)
    shop.passes(MINUTE)
    assert failing == []
    assert {json.loads(call.body)["data"]["step"] for call in receiver.called(shop.system.world)} == {"call"}


# ── where it may go ──


@pytest.mark.parametrize(
    "url",
    [
        *("http://crm.example.com/", "https://localhost/", "https://crm/", "https://127.0.0.1/", "https://10.1.2.3/a"),
        *("https://169.254.169.254/latest", "https://[::1]/", "https://printer.local/", "https://x.internal/"),
        *("https://user:secret@crm.example.com/", "https://crm.example.com:99999/", "https://bücher.example/"),
        *("https://crm.example.com/a b", "https://crm.example.com/\x01", "https://[/", "ftp://crm.example.com/"),
        *("https://0x7f.1/x\r\nHost: y", "https:///x"),
    ],
)
def test_an_address_that_is_none_of_the_public_web_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        ShopSettings.model_validate({"webhooks": {"sales": url}})


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "192.168.1.1", "224.0.0.1", "0.0.0.0"])
def test_a_name_that_leads_inside_is_not_called(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it leads outside as well: whoever answers for it may answer otherwise the next time."""

    def looked_up(host: str, port: int, *_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("93.184.215.14", address)]

    def connected(*_: Any, **__: Any) -> None:
        raise AssertionError("it was called")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket, "create_connection", connected)
    with pytest.raises(webhooks.NotTakenError, match="not public"):
        webhooks.post("https://crm.example.com/", {}, b"{}")


class Server:
    """A webhook on this machine, with a certificate of its own, that answers each call with the next of `answers`."""

    def __init__(self, directory: Path, answers: list[bytes]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "crm.example.com")])
        day = datetime.timedelta(days=1)
        today = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), today - day, today + day)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("crm.example.com")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.file = directory / "server.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
        self.answers, self.received = answers, list[bytes]()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        for answer in self.answers:
            plain, _ = self.socket.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    received = b""
                    while not received.endswith(b"{}"):
                        received += connection.recv(4096)
                    self.received.append(received)
                    connection.sendall(answer)
                    if not answer:
                        connection.recv(1)  # until the other side has had enough
            except OSError:
                continue


def test_over_the_network_it_is_one_post_to_the_address_that_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\n\r\n"
    server = Server(tmp_path, [b"HTTP/1.1 204 No Content\r\n\r\n", redirect, b"SSH-2.0-OpenSSH\r\n", b""])
    monkeypatch.setattr(webhooks, "public_address", lambda host, port: "127.0.0.1")
    monkeypatch.setattr(webhooks, "DEADLINE", 0.5)
    trusting = ssl.create_default_context(cafile=str(server.file))
    url = f"https://crm.example.com:{server.port}/hook?a=1"
    assert webhooks.post(url, {"webhook-id": "1"}, b"{}", context=trusting) == 204
    head, _, body = server.received[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /hook?a=1 HTTP/1.1"
    assert {b"host: crm.example.com:%d" % server.port, b"webhook-id: 1", b"content-length: 2"} <= set(
        head.split(b"\r\n")
    )
    assert body == b"{}"
    assert webhooks.post(url, {}, b"{}", context=trusting) == 302  # and it is not followed
    with pytest.raises(webhooks.NotTakenError, match="none of HTTP"):
        webhooks.post(url, {}, b"{}", context=trusting)
    with pytest.raises(webhooks.NotTakenError, match="did not answer"):
        webhooks.post(url, {}, b"{}", context=trusting)


def test_a_webhook_whose_certificate_is_another_s_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(tmp_path, [b"HTTP/1.1 200 OK\r\n\r\n"])
    monkeypatch.setattr(webhooks, "public_address", lambda host, port: "127.0.0.1")
    with pytest.raises(webhooks.NotTakenError, match="no secure connection"):
        webhooks.post(f"https://crm.example.com:{server.port}/", {}, b"{}")
    assert server.received == []
