"""Segment's own SDKs, as published, pointed at the ingest handler behind a small HTTP server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from segment.analytics.client import Client  # type: ignore[import-untyped]

from shared.domain.events import IdentityKind, Type, event_id, event_key
from tests.integration.ingest_stack import WRITE_KEYS, ingest_stack
from tests.integration.sdks import SDKS, installed
from tests.integration.tracking_host import TrackingHost, tracking_host

CALLS = [Type.CONTACT_UPDATED, Type.PRODUCT_VIEWED, Type.PAGE_VIEWED, Type.SCREEN_VIEWED, Type.GROUP_JOINED, "Alias"]


@pytest.fixture
def site() -> Iterator[TrackingHost]:
    with ingest_stack() as ingest, tracking_host(ingest) as host:
        yield host


@pytest.fixture(scope="session")
def node() -> str:
    """Node with the SDK of tests/sdks/package-lock.json installed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, which is not on this machine")
    installed()
    return node


def send_with_node(node: str, site: TrackingHost) -> list[str]:
    done = subprocess.run(
        [node, "send.mjs", site.url, WRITE_KEYS[0]], cwd=SDKS, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def send_with_python(site: TrackingHost, **options: Any) -> list[str]:
    failures: list[Any] = []
    analytics = Client(
        WRITE_KEYS[1],
        host=site.url,
        upload_interval=0.05,
        on_error=lambda error, _: failures.append(error),
        **options,
    )
    user, ids = "user-17", iter(f"python-{number}" for number in range(1000))
    sent: list[str] = []

    def id_() -> str:
        sent.append(next(ids))
        return sent[-1]

    analytics.identify(user, {"email": "ada.okafor@example.com", "plan": "gold"}, message_id=id_())
    analytics.track(user, "Product Viewed", {"product_id": "8001", "price": 14.5}, message_id=id_())
    analytics.page(None, None, "Home", {"path": "/"}, anonymous_id="anon-1", message_id=id_())
    analytics.screen(user, None, "Basket", message_id=id_())
    analytics.group(user, "club-1", {"name": "Tea club"}, message_id=id_())
    analytics.alias("anon-1", user, message_id=id_())
    for _ in range(20):
        analytics.track(user, "Song Played", {"title": "Zoë – 👩‍🚀"}, message_id=id_())
    analytics.shutdown()
    assert failures == []
    return sent


def check(site: TrackingHost, sent: list[str], *, repeated: bool = False) -> None:
    """Each call arrived exactly once. After a lost answer: once by its key, which is what the profile goes by."""
    arrived = site.ingest.events()
    if repeated:
        once = {event_key(event): event for event in arrived}
        assert len(once) < len(arrived)
        arrived = list(once.values())
    assert Counter(event.id for event in arrived) == Counter(event_id("segment", id_) for id_ in sent)
    assert Counter(event.type for event in arrived) == Counter([*CALLS, *["Song Played"] * 20])
    assert all(event.public and event.stated is not None for event in arrived)
    by_type = {event.type: event for event in arrived}
    identified = by_type[Type.CONTACT_UPDATED]
    assert identified.identity(IdentityKind.USER) == "user-17"
    assert identified.identity(IdentityKind.EMAIL) == "ada.okafor@example.com"
    assert identified.traits["plan"] == "gold"
    assert by_type[Type.PRODUCT_VIEWED].properties == {"product_id": "8001", "price": 14.5}
    assert by_type[Type.PAGE_VIEWED].identity(IdentityKind.ANONYMOUS) == "anon-1"
    assert by_type[Type.GROUP_JOINED].properties["group_id"] == "club-1"
    assert by_type["Song Played"].properties["title"] == "Zoë – 👩‍🚀"


def test_the_python_sdk(site: TrackingHost) -> None:
    check(site, send_with_python(site))
    assert set(site.statuses) == {200}
    assert set(site.paths) == {"/v1/batch"}


def test_the_python_sdk_packs_its_batches(site: TrackingHost) -> None:
    check(site, send_with_python(site, gzip=True))


def test_what_the_python_sdk_sends_again_counts_once(site: TrackingHost) -> None:
    site.lose = 1
    check(site, send_with_python(site), repeated=True)
    assert len(site.statuses) >= 2


def test_the_node_sdk(node: str, site: TrackingHost) -> None:
    check(site, send_with_node(node, site))
    assert set(site.statuses) == {200}
    assert len(site.paths) > 1


def test_what_the_node_sdk_sends_again_counts_once(node: str, site: TrackingHost) -> None:
    site.lose = 1
    check(site, send_with_node(node, site), repeated=True)


def test_an_sdk_is_told_that_its_key_is_wrong(site: TrackingHost) -> None:
    failures: list[Any] = []
    analytics = Client("unknown", host=site.url, upload_interval=0.05, on_error=lambda error, _: failures.append(error))
    analytics.track("user-17", "Product Viewed")
    analytics.shutdown()
    assert [failure.status for failure in failures] == [401]
    assert site.ingest.events() == []
