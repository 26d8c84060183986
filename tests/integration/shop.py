"""A shop on the local run for the tests: customers, who come in as webhooks, and an operator at the admin's API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection
from typing import Any

from infra.local import gateway, launching, settings
from infra.local.aws.calls import Call
from infra.local.gateway import Request
from infra.local.shop import demo, storefront
from infra.local.system import System, begin
from shared.adapters import contact_runs, contacts, definitions
from shared.domain.events import MINUTE, Instant, Json, iso
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild
from shared.domain.profiles.transitions import Transition
from shared.domain.segments import evaluate
from tests.documented import conforms

BEGIN = demo.BEGIN


class Shop:
    """A deployed stack, its customers, and an operator."""

    def __init__(self, journeys: Collection[str] = ()) -> None:
        """`journeys`: of those that ship, these are live."""
        template = settings.template()
        self.fault: Callable[[Call, Callable[[], dict[str, Any]]], dict[str, Any]] = lambda _, perform: perform()
        self.customers: dict[int, Json] = {}
        self.system: System = begin(":memory:", template, settings.secrets(template), BEGIN, self._fault)
        launching.switch_on(self.system, journeys)

    def _fault(self, call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return self.fault(call, perform)

    # ── what goes on ──

    def customer(self, number: int, orders: int = 0) -> None:
        signed_up = storefront.sign_up(number, "Ada", self.now())
        self.customers[number] = signed_up.body
        storefront.post(self.system, signed_up)
        for each in range(orders):
            self.order(number, each)

    def order(self, number: int, each: int = 0) -> None:
        storefront.post(self.system, storefront.order(number * 100 + each, self.customers[number], self.now()))

    def visit(self, name: str) -> None:
        """Somebody unknown looks at a page, and is not heard of again."""
        self.track("page", {"anonymousId": name, "messageId": name, "name": "Home"})

    def track(self, call: str, body: Json) -> None:
        """The website tells of something that has just been done."""
        key = base64.b64encode(f"{json.loads(settings.SECRETS['write_keys'])[0]}:".encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
        told = json.dumps({**body, "timestamp": iso(self.now())}).encode()
        answer = gateway.public(self.system, Request("POST", f"/v1/{call}", headers=headers, body=told))
        assert answer.status == 200, answer.body

    def passes(self, time: int) -> None:
        with self.system.world.lock:  # a browser may be asking the server for something
            self.system.pass_time(time)

    def now(self) -> Instant:
        return self.system.world.now()

    # ── the operator ──

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> tuple[int, Json]:
        written = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **headers}
        path, _, query = path.partition("?")
        with self.system.world.lock:
            answer = gateway.admin(self.system, Request(method, path, query, headers, written))
        conforms(method, path, answer.status, answer.headers["content-type"], answer.body.decode())
        return answer.status, json.loads(answer.body)

    def delete(self, path: str) -> tuple[int, Json]:
        """As whoever has looked at it just now: `/segments/buyers`, or its `/draft`."""
        _, held = self.ask("GET", "/".join(path.split("/")[:3]))
        return self.ask("DELETE", path, **{"if-match": str(held.get("etag"))})

    def draft(self, id_: str, when: Json) -> None:
        body = {"name": "A name", "sentence": "A sentence.", "when": when}
        status, told = self.drafted(id_, body)
        assert status in (200, 201), told

    def drafted(self, id_: str, body: Json) -> tuple[int, Json]:
        """A new segment, or a change of the one that there is."""
        status, held = self.ask("GET", f"/segments/{id_}")
        if status == 404:
            return self.ask("POST", "/segments", {"id": id_, **body})
        return self.ask("PUT", f"/segments/{id_}/draft", body, **{"if-match": held["etag"]})

    def publish(self, id_: str, when: Json, start_journeys: bool = False) -> int:
        self.draft(id_, when)
        status, told = self.ask("POST", f"/segments/{id_}/publish", {"start_journeys": start_journeys})
        assert status == 202, told
        return int(told["publication"])

    def dry_run(self, id_: str, **body: Json) -> Json:
        status, told = self.ask("POST", f"/segments/{id_}/dry-run", body)
        assert status == 202, told
        run = told["run"]
        assert self.ask("GET", f"/segments/{id_}/dry-run/{run}")[1]["status"] == "running"
        self.passes(10 * MINUTE)
        return self.ask("GET", f"/segments/{id_}/dry-run/{run}")[1]

    def filling(self, id_: str) -> str:
        return str(self.ask("GET", f"/segments/{id_}")[1]["filling"]["status"])

    # ── how it stands ──

    def profiles(self) -> list[Profile]:
        found, _ = contacts.page(contacts.Place(), 10_000)
        return sorted((stored.profile for stored in contacts.read_all(found)), key=lambda profile: profile.contact)

    def members(self, id_: str) -> set[str]:
        return {p.contact for p in self.profiles() if id_ in p.memberships and p.memberships[id_].member}

    def transitions(self, id_: str) -> list[Transition]:
        items = (item for p in self.profiles() for item in contacts.items(p.contact, "TRANSITION#"))
        return [each for item in items for each in contacts.transitions_of(item) if each.segment == id_]

    def runs(self) -> list[str]:
        items = (item for p in self.profiles() for item in contacts.items(p.contact, "RUN#"))
        return sorted(contact_runs.of_item(item).run.id for item in items)

    def execution(self, name: str) -> str:
        arn = self.system.template.reference("RefreshWorkflow").replace(":stateMachine:", ":execution:")
        return str(
            self.system.session.client("stepfunctions").describe_execution(executionArn=f"{arn}:{name}")["status"]
        )

    def assert_exact(self) -> None:
        """Every contact's memberships are what a full evaluation of all their events under the newest publication says,
        and each has adopted what all were to adopt."""
        publication, t = definitions.publication(), self.now()
        shop_definitions = definitions.at_least(publication.number)
        for profile in self.profiles():
            whole = rebuild(profile, contacts.events(profile.contact))
            expected = {name for name in shop_definitions.segments if evaluate(shop_definitions, name, whole, t)[0]}
            held = {name for name, membership in profile.memberships.items() if membership.member}
            assert held == expected, profile.contact
            assert profile.definitions >= publication.to_fill
        late = [contact for shard in range(contacts.SHARDS) for contact in contacts.due(shard, t - MINUTE)]
        assert late == []
