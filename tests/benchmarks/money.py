"""What a month of segments costs at list prices, for three sizes of shop, and what polling them would.

    python -m tests.benchmarks.money

Customers of the sample shop are played for some weeks and their nights on the local run: their real orders and
sign-ups, made-up visits, and mails that they react to. What is counted is what the segments cause, and only that: an
event's write of the profile would be there without them, so of that they are charged with what their memberships add to
the profile, their entries in the wake index, their transitions and the time that deciding took. The waking, the
following of transitions and the nightly pass are theirs altogether. Then it is reckoned up:

- in proportion to contacts: what events, wake-ups and transitions bring about, the export's rows and the lake's bytes.
  Larger shops share batches more than the few played contacts do, so this is rather too much;
- by pages of 10,000 contacts: the export's calls and files;
- the same for all: a night's steps and queries, the look once a minute, the reading of definitions.

Polling is given: our own evaluator, and as many seconds of Lambda's processor as the profiles' reading and evaluating
take, without a millisecond of waiting; eventually consistent reads of a table in which nothing but the profiles lie
side by side, so that a read unit buys 8 KB of them; and for nothing, the finding of who has changed, the writing of it,
and calls of every sort. A query a segment is given contacts' facts for nothing, and reads the same lake as our pass.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import mean
from typing import Any

from functions.export import app as export
from functions.refresh import passes
from infra.local.aws import dynamodb
from infra.local.aws.calls import Call
from infra.local.aws.dynamodb_tables import write_units
from infra.local.aws.dynamodb_values import item_size
from infra.local.shop import history, readers, storefront
from infra.local.shop.history import Webhook
from infra.local.system import System
from shared.adapters import athena, contacts, definitions, lake, refreshes
from shared.adapters.clients import client
from shared.domain import lake_rows, sql
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Instant, Type, parse_instant
from shared.domain.profiles.stored import dump, load
from shared.domain.publications import with_segment
from shared.domain.segments import ranks
from tests.benchmarks import cost, replay
from tests.benchmarks.counting import Watch, watched
from tests.benchmarks.measuring import Row, show
from tests.benchmarks.prices import DATE, price
from tests.benchmarks.replay import POLLS, Counted, counting, everybody, is_wake_up

SIZES = (10_000, 100_000, 1_000_000)
MONTH = 30  # days

# What is played.
CUSTOMERS = 60
SINCE, BEGIN = parse_instant("2010-12-01"), parse_instant("2011-10-10")
"""The sample's first day, and the first of the weeks that count."""
WEEKS = 4
EVENTS = 30
"""Of the storefront and the website, for each contact in a month, besides real orders (assumed)."""
KINDS = {kind: share for kind, share in cost.SHARES.items() if kind != "order"}
GAP = 10 * SECOND  # between two events of a visit, in the mean
SETTLED = 8 * DAY  # a cart that was left is in no segment any more
NIGHT, MORNING = 2 * HOUR - 10 * MINUTE, 4 * HOUR
"""Between them the lake is merged and the pass runs; what is between two nights goes to the lake at once."""
PAGES = 5  # of the one night in which the export's pages are small
VIEWS = {Type.PAGE_VIEWED, Type.PRODUCT_VIEWED, Type.CART_UPDATED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED}
AGE = 12
"""So often the lake is given what was made up in the weeks, each time four weeks older: it is a year old. Orders and
mails it has of the replay."""

# What is assumed of AWS, besides what `cost` assumes.
READERS = 5
"""Lambdas that are busy all the time, and read the definitions once a minute."""
LEAST_SCANNED = 10e6  # bytes of a query that Athena bills
ATHENA_TAKES = 5
"""Times that the workflow waits for an answer for two seconds, and asks. The local run's is there the first time."""
TODAY = parse_instant("2026-11-01")
"""For how many months, from the first the lake may have to this, Athena asks S3 for their files."""


# ── what is counted ──

EVALUATIONS, COMPARISONS = "evaluations", "comparisons in SQL"
READS, WRITES = "DynamoDB read units", "DynamoDB write units"
REQUESTS, GB_SECONDS = "Lambda requests", "Lambda GB-seconds, arm64"
QUEUE, PUTS, LOGS = "SQS requests", "S3 PUT requests", "CloudWatch Logs, GB taken in"
TRANSITIONS, SCANNED = "Step Functions transitions", "Athena TB scanned"
DEFINITIONS, CHANGES = "of the read units, those of definitions", "of the write units, those of changes"
UNPRICED = {EVALUATIONS, COMPARISONS, DEFINITIONS, CHANGES}

EVENTS_COME, TIME_COMES, FOLLOWED, NIGHTS = "events", "wake-ups", "following transitions", "nights"
"""The parts of what a month costs."""
STEPS, EXPORT, REPAIRS, FILLING = "steps", "export", "repairs", "filling"
"""What nights are made of; and the filling of a publication, which is no part of a month."""

Taken = Counter[str]
"""Quantities of priced items, of evaluations and of comparisons."""


def times(taken: Mapping[str, float], factor: float) -> Taken:
    return Counter({item: quantity * factor for item, quantity in taken.items()})


def dollars(taken: Mapping[str, float]) -> float:
    return sum(price(item, quantity) for item, quantity in taken.items() if item not in UNPRICED)


@dataclass
class Meter:
    """Charges what the segments cause to its part, invocation by invocation and write by write."""

    system: System
    watch: Watch
    counted: Counted = field(default_factory=Counted)
    parts: defaultdict[str, Taken] = field(default_factory=lambda: defaultdict(Counter))
    number: Counter[str] = field(default_factory=Counter)
    """Of events, of transactions that a part alone has asked for, and of transitions."""
    batch: Counter[str] = field(default_factory=Counter)
    """The messages that profile has at hand."""
    last: Taken = field(default_factory=Counter)
    """What the last invocation took."""

    def told(self, call: Call, answer: dict[str, Any]) -> None:
        """Charges a transaction of profile's with its writes."""
        if call.operation != "TransactWriteItems" or self.watch.function != "ProfileFunction":
            return
        puts = [action["Put"]["Item"] for action in call.parameters["TransactItems"]]
        kinds = Counter(item["kind"]["S"].split("#")[0] for item in puts if "kind" in item)
        self.number["transitions"] += kinds["TRANSITION"]
        consumed = answer["ConsumedCapacity"]
        indexes = [index for table in consumed for index in table.get("GlobalSecondaryIndexes", {}).values()]
        of_indexes = sum(index["CapacityUnits"] for index in indexes)
        if kinds["EVENT"]:
            part = EVENTS_COME
            profiles = (item for item in puts if item.get("kind") == {"S": contacts.PROFILE})
            units = 2 * (kinds["TRANSITION"] + sum(map(added_by_memberships, profiles)))
        else:  # nothing has happened: all of it is for the segments' sake
            part = max(self.batch, key=lambda part: (part != EVENTS_COME, self.batch[part]))
            units = sum(table["CapacityUnits"] for table in consumed) - of_indexes
            self.number[part] += 1
        self.parts[part][WRITES] += units + of_indexes
        self.parts[part][CHANGES] += units if kinds["TRANSITION"] else 0

    def invocation(self, function: str, payload: Any, perform: Callable[[], Any]) -> Any:
        self.watch.clear()
        self.batch = Counter(map(asked_by, payload["Records"]) if function == "ProfileFunction" else ())
        units, evaluations, seconds = self.units(), self.counted.evaluations, self.counted.seconds
        try:
            return self.watch.invocation(function, payload, perform)
        finally:
            self.last = self.taken(function, units)
            self.charge(function, payload)
            for part, messages in self.batch.items():
                share = messages / self.batch.total()
                self.parts[part][EVALUATIONS] += share * (self.counted.evaluations - evaluations)
                if part == EVENTS_COME:
                    self.number[part] += messages
                    self.parts[part][GB_SECONDS] += share * (self.counted.seconds - seconds) / cost.CPU_AT_1_GB
                else:
                    self.parts[part] += times(self.last, share)

    def charge(self, function: str, payload: Any) -> None:
        match function:
            case "TransitionFunction":
                self.parts[FOLLOWED] += self.last
            case "ExportFunction":
                self.parts[EXPORT] += self.last
            case "RefreshFunction" if payload["task"] == "wake":  # the looks themselves are reckoned by the minute
                self.parts[TIME_COMES][QUEUE] += self.last[QUEUE]
            case "RefreshFunction":
                self.parts[STEPS] += self.last
            case "ProfileFunction":  # its writes are charged one by one, and definitions are reckoned by the minute
                self.last[READS] -= self.last.pop(DEFINITIONS, 0)
                del self.last[WRITES]

    def taken(self, function: str, units: Taken) -> Taken:
        """What an invocation that began with these units has taken."""
        return Counter(self.units() - units) + Counter(
            {
                REQUESTS: 1,
                GB_SECONDS: cost.gb_seconds(self.system.template, self.watch, function),
                QUEUE: self.watch.calls[f"{function} sqs"] + 2 * self.watch.receives,
                PUTS: self.watch.calls[f"{function} s3"],
                LOGS: cost.METRIC_LINE / 1e9,
            }
        )

    def take(self) -> defaultdict[str, Taken]:
        """What was charged so far; from here on it is charged anew."""
        taken, self.parts = self.parts, defaultdict(Counter)
        return taken

    def units(self) -> Taken:
        units = dynamodb.capacity(self.system.world)
        return Counter(
            {
                READS: sum(unit.reads for unit in units.values()),
                WRITES: sum(unit.writes for unit in units.values()),
                DEFINITIONS: units["Definitions"].reads,
            }
        )


def asked_by(record: dict[str, Any]) -> str:
    """The part that a message of the events queue is for."""
    event = json.loads(record["body"])
    if event["type"] != Type.EVALUATION_DUE:
        return EVENTS_COME
    if is_wake_up(event):
        return TIME_COMES
    return REPAIRS if "all" in event["properties"] else FILLING


def added_by_memberships(item: dict[str, Any]) -> float:
    """Write units that a profile's item would not have without its memberships."""
    stored = item["profile"]["B"]
    without = dump(replace(load(stored), memberships={}))
    size = item_size(item)
    return write_units(size) - write_units(size - len(stored) + len(without))


def told_capacity(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Has DynamoDB say what a transaction has consumed, of tables and of indexes."""
    if model.name == "TransactWriteItems":
        params["ReturnConsumedCapacity"] = "INDEXES"


# ── what is played ──


@dataclass
class Played:
    """The shop with what is still to happen in it: an instant, and what has it happen then."""

    made: cost.Shop
    meter: Meter
    ahead: deque[tuple[Instant, Callable[[], object]]]

    def until(self, t: Instant) -> None:
        while self.ahead and self.ahead[0][0] <= t:
            at, happen = self.ahead.popleft()
            self.made.system.run_until(at)
            happen()
        self.made.system.run_until(t)

    def nights(self, first: Instant, number: int) -> None:
        """So many days from midnight on, each with its night."""
        for midnight in range(first, first + number * DAY, DAY):
            with self.made.system.hurrying():
                self.until(midnight + NIGHT)
            self.until(midnight + MORNING)
        with self.made.system.hurrying():
            self.until(first + number * DAY)


def begin(customers: int) -> Played:
    """The shop after ten months, with everybody's browser and cart known, and with its weeks ahead."""
    webhooks = [cost.retail(webhook) for webhook in history.webhooks(customers=customers, since=SINCE)]
    system, watch = watched(webhooks[0].at - DAY)
    system.session.events.register("before-parameter-build.dynamodb", told_capacity)
    system.reader = readers.react
    made = cost.Shop(system, watch, [], [], random.Random(1))
    played = Played(made, Meter(system, watch), deque((each.at, partial(posted, made, each)) for each in webhooks))
    with system.hurrying():
        played.until(BEGIN - SETTLED)
        for customer in made.customers:
            cost.identify(made, customer)
            checkout = cost.webhook(made, "checkout", customer, system.world.now())
            storefront.post(system, replace(checkout, body={**checkout.body, "cart_token": f"cart-{customer['id']}"}))
    visits = [visit for customer in made.customers for visit in visits_of(made, customer)]
    played.ahead = deque(sorted([*played.ahead, *visits], key=lambda each: each[0]))
    return played


def posted(made: cost.Shop, webhook: Webhook) -> None:
    storefront.post(made.system, webhook)
    if webhook.topic == "customers/create":
        made.customers.append(webhook.body)
    elif webhook.topic == "orders/create":
        made.orders.append(webhook.body)


def visits_of(made: cost.Shop, customer: dict[str, Any]) -> Iterator[tuple[Instant, Callable[[], object]]]:
    """What a customer does in the weeks, a visit at a time."""
    left = EVENTS * WEEKS * 7 / MONTH
    while left > 0:
        at = BEGIN + made.chance.randrange(WEEKS * 7 * DAY - HOUR)
        for kind in made.chance.choices(list(KINDS), list(KINDS.values()), k=made.chance.randint(*cost.SESSION)):
            yield at, partial(cost.happen, made, kind, customer, at)
            at += round(made.chance.expovariate(1 / GAP))
            left -= 1


def entered(system: System) -> int:
    """States that the refresh workflow has entered: the transitions that AWS bills."""
    found = system.world.db.execute(
        """SELECT COUNT(*) FROM execution_events JOIN executions ON executions.id = execution
           WHERE type LIKE '%StateEntered' AND machine = ?""",
        (system.template.reference("RefreshWorkflow"),),
    ).fetchone()
    return int(found[0])


def grow_old(made: cost.Shop) -> None:
    """Has the lake hold the weeks' views and carts AGE times more, each time four weeks older."""
    for older in range(1, AGE + 1):
        back = older * WEEKS * 7 * DAY
        rows = [
            lake_rows.row(
                stored.profile.contact,
                event.model_copy(update={"id": f"{event.id}-{older}", "time": event.time - back}),
            )
            for stored in everybody()
            for event in contacts.events(stored.profile.contact)
            if event.type in VIEWS
        ]
        lake.write(rows, f"older-{older}")
    made.system.invoke("MergeFunction", {})


def scanned(statement: str) -> float:
    query = athena.start(statement)
    assert athena.has_ended(query)
    execution = client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
    return float(execution["Statistics"]["DataScannedInBytes"])


def listed(statement: str) -> int:
    """Partitions that a statement's readings may touch: Athena asks S3 for the files of each."""
    number = 0
    for where in re.findall(r"FROM (?:events|facts).*\n *WHERE (.*)", statement):
        named = re.search(r"(?:type|kind) (?:= '\w+'|IN \([^)]*\))", where)
        assert named is not None
        months = [12 * int(year) + int(month) for year, month in re.findall(r"month [<>]= '(\d+)-(\d+)'", where)]
        if len(months) == 1:
            year, month = lake_rows.FIRST_MONTH.split("-")
            months.append(12 * int(year) + int(month))
        number += named[0].count("'") // 2 * (1 + max(months) - min(months) if months else 1)
    return number


# ── what it comes to ──


@dataclass(frozen=True)
class Counts:
    """What the weeks came to: what a month is reckoned up from."""

    segments: int
    months: float
    """Of contacts, that were played."""
    number: Counter[str]
    often: tuple[str, float]
    """The segment with the most transitions, and its share of them."""
    at_once: float
    """The share of all contacts whose wake-ups fell on one instant, at the most."""
    contact: Mapping[str, Taken]
    """What events, wake-ups and transitions take, of a contact in a month."""
    night: Taken
    """Of a contact a night,"""
    page: Taken
    """of a page of them,"""
    run: Taken
    """and of a night, however many they are."""
    minute: Taken
    filling: Taken
    """Of a contact, for a publication."""
    questions: Sequence[float]
    """Bytes a contact, that each query of a night reads."""
    profile: float
    """Bytes stored."""
    seconds: float
    """Of processor time, to read a profile and evaluate all segments."""
    queries: Sequence[float]
    """Bytes a contact, of a query for each segment alone."""


def count(customers: int) -> Counts:
    """Plays the weeks, and some nights and queries after them."""
    played = begin(customers)
    meter, system = played.meter, played.made.system
    played.nights(BEGIN - 2 * DAY, 2)  # the first works the cut-offs out, and has them filled
    meter.watch.told, system.around = meter.told, meter.invocation
    states = entered(system)
    with counting(meter.counted):
        played.nights(BEGIN, WEEKS * 7)
    weeks, number, states = meter.take(), Counter(meter.number), entered(system) - states
    end = system.world.now()
    stored = list(everybody())
    months = sum(end - max(BEGIN, each.profile.first_seen) for each in stored) / (MONTH * DAY)

    a_night = {part: times(taken, 1 / (WEEKS * 7)) for part, taken in weeks.items()}
    a_night[EXPORT][TRANSITIONS] = states / (WEEKS * 7)
    page = _of_page(played, a_night[EXPORT], len(stored))
    of_contacts = a_night[EXPORT] - page
    run = a_night[STEPS] + Counter({TRANSITIONS: of_contacts.pop(TRANSITIONS)})
    run[TRANSITIONS] += 2 * ATHENA_TAKES * 3
    run[PUTS] += sum(map(listed, _questions("today", TODAY)))
    filling = _of_filling(played, len(stored))
    minute = _of_minute(played)
    meter.watch.told, system.around = None, None

    grow_old(played.made)
    at = system.world.now()
    replay.export(system, at, "money")
    shop_definitions = definitions.segments()
    queries = [sql.sizes(shop_definitions, [segment], at, "money") for segment in shop_definitions.segments]
    (often, changes), *_ = meter.counted.segments.most_common(1)
    (_, at_once), *_ = Counter(meter.counted.by_time).most_common(1)
    return Counts(
        segments=len(shop_definitions.segments),
        months=months,
        number=number,
        often=(often, changes / meter.counted.segments.total()),
        at_once=at_once / len(stored),
        contact={part: times(weeks[part], 1 / months) for part in (EVENTS_COME, TIME_COMES, FOLLOWED)},
        night=times(of_contacts + a_night[REPAIRS], 1 / len(stored))
        + Counter({COMPARISONS: len(shop_definitions.segments)}),
        page=page,
        run=run,
        minute=minute,
        filling=filling,
        questions=[scanned(statement) / len(stored) for statement in _questions("money", at)],
        profile=mean(len(dump(each.profile)) for each in stored),
        seconds=_seconds([dump(each.profile) for each in stored], at),
        queries=[scanned(statement) / len(stored) for statement in queries],
    )


def _of_page(played: Played, a_night: Taken, contacts_: int) -> Taken:
    """What a page of the export takes besides its contacts: what a night of PAGES pages takes more than one of one."""
    meter, system = played.meter, played.made.system
    states, most = entered(system), export.MAX_CONTACTS
    export.MAX_CONTACTS = -(-contacts_ // PAGES)
    played.nights(system.world.now(), 1)
    export.MAX_CONTACTS = most
    many = meter.take()[EXPORT]
    many[TRANSITIONS] = entered(system) - states
    return times(many - a_night, 1 / (many[REQUESTS] - 1))


def _of_filling(played: Played, contacts_: int) -> Taken:
    """What it takes of a contact when an edited segment is published."""
    meter, system = played.meter, played.made.system
    states, t = entered(system), system.world.now()
    held = definitions.publication()
    edited = held.segment("active_customers")
    assert edited is not None
    when = edited.when.model_copy(update={"within": 91 * DAY})
    definitions.publish(with_segment(held, edited.model_copy(update={"when": when}), start_journeys=False, now=t))
    refreshes.start("money", {"do": "fill"})
    played.until(t + HOUR)
    taken = meter.take()
    assert taken[FILLING][REQUESTS] > 0
    taken[STEPS][TRANSITIONS] = entered(system) - states
    return times(taken[FILLING], 1 / contacts_) + times(taken[STEPS], 1 / passes.MAX_CONTACTS)


def _of_minute(played: Played) -> Taken:
    """A look that finds nothing due, and the definitions' reading."""
    system, looks = played.made.system, 20
    played.meter.take()
    taken: Taken = Counter()
    for _ in range(looks):
        system.invoke("RefreshFunction", {"task": "wake"})
        taken += times(played.meter.last, 1 / looks)
    before = played.meter.units()
    definitions.publication()
    taken[READS] += READERS * (played.meter.units() - before)[READS]
    return taken


def _questions(of_pass: str, t: Instant) -> list[str]:
    """What a night asks Athena."""
    shop_definitions = definitions.segments()
    ranked = [rank for segment in shop_definitions.segments.values() for rank in ranks(segment)]
    compared = sql.differing(shop_definitions, list(shop_definitions.segments), t, of_pass, most=1)
    return [sql.cutoffs(shop_definitions, ranked, t, of_pass), compared]


def _seconds(stored: Sequence[bytes], t: Instant, rounds: int = 5) -> float:
    shop_definitions = definitions.segments()
    names = list(shop_definitions.segments)
    began = time.process_time()
    for _ in range(rounds):
        for each in stored:
            shop_definitions.signed(names, load(each), t)
    return (time.process_time() - began) / (rounds * len(stored))


def month(counts: Counts, contacts_: int) -> dict[str, Taken]:
    """What a month of segments takes for so many contacts, by part."""
    pages = -(-contacts_ // export.MAX_CONTACTS)
    parts = {part: times(taken, contacts_) for part, taken in counts.contact.items()}
    parts[TIME_COMES] += times(counts.minute, MONTH * DAY / MINUTE)
    night = times(counts.night, contacts_) + times(counts.page, pages) + counts.run
    night[SCANNED] = _billed(counts.questions, contacts_)
    return {**parts, NIGHTS: times(night, MONTH)}


def total(parts: Mapping[str, Taken]) -> Taken:
    return sum(parts.values(), Counter())


def polling(counts: Counts, contacts_: int, every: int) -> Taken:
    """What reading everybody's profile and evaluating all their segments, again and again, takes in a month."""
    polls = MONTH * DAY / every
    return times(
        {
            EVALUATIONS: counts.segments,
            READS: counts.profile / (2 * 4096),
            GB_SECONDS: counts.seconds / cost.CPU_AT_1_GB,
        },
        polls * contacts_,
    )


def querying(counts: Counts, contacts_: int, every: int) -> Taken:
    """What asking Athena a query a segment, again and again, takes in a month."""
    return times({SCANNED: _billed(counts.queries, contacts_)}, MONTH * DAY / every)


def _billed(queries: Sequence[float], contacts_: int) -> float:
    return sum(max(LEAST_SCANNED, each * contacts_) for each in queries) / 1e12


# ── the table ──

SHOWN = {
    EVALUATIONS: "evaluations, by events and wake-ups",
    COMPARISONS: "memberships compared at night, by SQL",
    WRITES: WRITES,
    READS: READS,
    SCANNED: "Athena, GB scanned",
    TRANSITIONS: TRANSITIONS,
    REQUESTS: REQUESTS,
    GB_SECONDS: "Lambda GB-seconds",
    QUEUE: QUEUE,
    PUTS: "S3, PUT and LIST requests",
}


def rows(counts: Counts) -> list[Row]:
    months = [month(counts, size) for size in SIZES]
    wholes = [total(parts) for parts in months]
    costs = [dollars(whole) for whole in wholes]
    changes = [
        price(WRITES, whole[CHANGES]) + dollars(parts[FOLLOWED]) for whole, parts in zip(wholes, months, strict=True)
    ]
    segment, share = counts.often
    table = [
        Row(
            f"a contact in a month, of {counts.months:.0f} that were played",
            f"{counts.number[EVENTS_COME] / counts.months:.0f} events, {counts.number[TIME_COMES] / counts.months:.0f} "
            f"wake-ups, {counts.number['transitions'] / counts.months:.0f} transitions, {share:.0%} of `{segment}`; "
            f"at one instant {counts.at_once:.0%} of all at the most",
        ),
        Row("an event: what segments add to its storing", _each(counts, EVENTS_COME)),
        Row("a wake-up", _each(counts, TIME_COMES)),
        Row(
            "a contact a night",
            f"{counts.segments} comparisons, {counts.night[READS]:.2f} read units, "
            f"{sum(counts.questions):,.0f} bytes for Athena",
        ),
        Row("a month of segments, for so many contacts", _row(f"{size:,}" for size in SIZES)),
    ]
    for item, name in SHOWN.items():
        factor = 1000 if item == SCANNED else 1
        table.append(Row(f"— {name}", _row(_amount(whole[item] * factor) for whole in wholes)))
    table += [Row(f"— for {part}", _row(f"${dollars(parts[part]):,.2f}" for parts in months)) for part in months[0]]
    table += [
        Row(f"a month of segments ({DATE})", _row(f"${cost:,.2f}" for cost in costs)),
        Row("— of it, to write down what has changed", _row(f"${cost:,.2f}" for cost in changes)),
        Row(
            "— and to find it out, as polling has to",
            _row(f"${cost - change:,.2f}" for cost, change in zip(costs, changes, strict=True)),
        ),
        Row(
            "an edited segment's publication, once",
            _row(f"${dollars(times(counts.filling, size)):,.2f}" for size in SIZES),
        ),
    ]
    for name, every in POLLS.items():
        polls = [polling(counts, size, every) for size in SIZES]
        table += [
            Row(f"polling {name}: evaluations", _row(_amount(taken[EVALUATIONS]) for taken in polls)),
            Row(f"polling {name}: {READS}", _row(_amount(taken[READS]) for taken in polls)),
            Row(f"polling {name}, to find it out", _row(f"${dollars(taken):,.2f}" for taken in polls)),
        ]
    for name, every in POLLS.items():
        asked = [querying(counts, size, every) for size in SIZES]
        table.append(
            Row(
                f"a query a segment {name}: GB scanned",
                _row(f"{_amount(taken[SCANNED] * 1000)}, ${dollars(taken):,.2f}" for taken in asked),
            )
        )
    return table


def _row(values: Iterable[str]) -> str:
    return " | ".join(values)


def _amount(number: float) -> str:
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:,.1f} {word}"
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


def _each(counts: Counts, part: str) -> str:
    taken = times(counts.contact[part], counts.months / counts.number[part])
    return f"{taken[EVALUATIONS]:.1f} evaluations, {taken[WRITES]:.1f} write units, {taken[READS]:.1f} read units"


def measure(customers: int = CUSTOMERS) -> list[Row]:
    return rows(count(customers))


def main() -> None:
    began = time.process_time()
    show(measure())
    print(f"{time.process_time() - began:.0f} seconds of processor time in all")


if __name__ == "__main__":
    main()
