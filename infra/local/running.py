"""`beckon run` and `beckon demo`: the whole system in this process."""

from __future__ import annotations

import argparse
import heapq
import threading
import time
from collections.abc import Generator, Iterator
from functools import partial
from itertools import chain, islice

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from infra.local import directory, launching, settings, turning
from infra.local.client import console, errors
from infra.local.gateway import Server
from infra.local.screens import site
from infra.local.shop import demo, history, lives, readers, visitors
from infra.local.system import System, begin
from shared.adapters import contacts
from shared.adapters.clients import client
from shared.domain.events import DAY, HOUR, Instant, iso, parse_instant
from shared.domain.profiles.stored import UnknownFormError

BEGINS = parse_instant("2010-12-09")
"""The sample's year."""
HISTORY_SINCE = parse_instant("2011-06-09")
EARLY = 60
"""Of so many customers all of the year is told, of the others what is since then: the whole would take half as long
again."""
HISTORY_UNTIL = visitors.END - DAY
"""The last day is not hurried through: a night is in it, which finds the cut-offs of ranks."""
BROUGHT_OVER = visitors.END - 36 * HOUR
"""When customers beyond the sample's own come, whose history is not played but brought over: after the last order."""
TICK = 0.2  # seconds between looks at what is due, while the clock runs by itself


def run(arguments: argparse.Namespace) -> int:
    """Nothing is begun, and nothing deleted, before the port and the directory are ours."""
    try:
        claimed = directory.claim(settings.DIRECTORY)
    except directory.InUseError:
        errors.print(
            "Another [bold]make run[/] is going on in this directory. Stop it first, with Ctrl-C where it runs."
        )
        return 1
    try:
        server = Server(arguments.port)
    except OSError as error:
        another = f"[bold]make run PORT={arguments.port % 65_535 + 1}[/]"
        errors.print(
            f"Port {arguments.port} is not free ({error.strerror}). Use another one: {another}", soft_wrap=True
        )
        return 1
    with claimed, server:
        if arguments.fresh:
            directory.clear(settings.DIRECTORY)
        try:
            return _run(arguments, server)
        except KeyboardInterrupt:
            again = "make run" if arguments.port == settings.PORT else f"make run PORT={arguments.port}"
            console.print(f"\nStopped. [bold]{again}[/] goes on from here; [bold]{again} FRESH=1[/] starts over.")
    return 0


def _run(arguments: argparse.Namespace, server: Server) -> int:
    template = settings.template(arguments.port)
    system = begin(settings.WORLD, template, settings.secrets(template), now=BEGINS - 60 * DAY)
    system.reader = readers.react
    if not is_readable(system):
        errors.print("This run was begun by an older version, whose world this one cannot read.")
        errors.print("Start over: [bold]make run FRESH=1[/] (what is in it is the sample, and what you tried).")
        return 1
    try:
        threading.Thread(target=server.serving(system, site.answer).serve_forever, daemon=True).start()
        if system.world.setting("history") is None:
            with system.world.lock:
                launching.settle_in()
                launching.open_forms(system)
                launching.switch_on(system, launching.FIRST)
                launching.plan(system)
        if system.world.setting("history") != "replayed":
            replay(system, arguments.customers)
            with system.world.lock:
                launching.switch_on(system)
        console.print(site.what_to_try(system), soft_wrap=True)
        keep_time(system)
    finally:
        if system.turning is not None:
            system.turning.stop()
        with system.world.lock:
            system.world.save_clock()
    return 0


def is_readable(system: System) -> bool:
    """Whether what an earlier run has stored can be read: its tables have the indexes that are asked by now, and the
    first contact there is has a form that is known."""
    with system.world.lock:
        for table in system.template.of_type("AWS::DynamoDB::Table"):
            held = client("dynamodb").describe_table(TableName=system.template.reference(table.name))["Table"]
            stored = {index["IndexName"] for index in held.get("GlobalSecondaryIndexes", [])}
            if not stored.issuperset(each["IndexName"] for each in table.properties.get("GlobalSecondaryIndexes", [])):
                return False
        for shard in range(contacts.SHARDS):
            for contact in contacts.first_of_shard(shard, "", 1):
                try:
                    contacts.read(contact)
                except UnknownFormError:
                    return False
                return True
    return True


def replay(system: System, customers: int | None) -> None:
    """Plays the sample shop's history through the webhook endpoint, on the clock, from where it was left, with made-up
    life around it, and a night at the end, which finds the cut-offs of ranks. Customers beyond the sample's own are
    brought over near its end. Whoever looks at the pages meanwhile is answered."""
    more = max((customers or 0) - history.own_customers(HISTORY_SINCE, EARLY), 0)
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as progress:
        played = progress.add_task("a real shop's year", total=visitors.END - BEGINS)
        brought = progress.add_task(f"{more:,} more customers' history", total=more, visible=more > 0)
        shown = 0
        for _ in turning.giving_way(system, _replaying(system, customers, more)):
            now = system.world.now()
            if now >= shown + history.EVERY:
                shown, passed = now, max(now - BEGINS, 0)
                progress.update(played, completed=passed, description=f"a real shop's year: {iso(now)[:10]}")
                progress.update(brought, completed=max(now - BROUGHT_OVER, 0) // history.EVERY * history.AT_ONCE)


def _replaying(system: System, customers: int | None, more: int) -> Iterator[None]:
    done = int(system.world.setting("history") or 0)
    said: Iterator[visitors.Told] = heapq.merge(
        history.webhooks(customers=customers, since=HISTORY_SINCE, early=EARLY),
        lives.told(HISTORY_SINCE),
        visitors.told(customers, HISTORY_SINCE, EARLY),
        history.brought_over(history.more_like_them(more, since=HISTORY_SINCE), BROUGHT_OVER),
        key=lambda each: each.at,
    )
    numbered = enumerate(said, start=1)
    with system.hurrying():
        first_of_last_day = yield from _telling(system, islice(numbered, done, None), HISTORY_UNTIL)
        yield from system.running_until(max(HISTORY_UNTIL, system.world.now()))
    yield from _telling(system, chain(first_of_last_day, numbered), visitors.END)
    yield from system.running_until(visitors.END)
    system.world.set_setting("history", "replayed")


def _telling(
    system: System, numbered: Iterator[tuple[int, visitors.Told]], until: Instant
) -> Generator[None, None, list[tuple[int, visitors.Told]]]:
    """Tells each at its instant; gives the first of those that come later."""
    for number, each in numbered:
        if each.at > until:
            return [(number, each)]
        if each.at > system.world.now():
            day = system.world.now() // DAY
            yield from system.running_until(each.at)
            if each.at // DAY > day:
                system.keep_sizes()
        visitors.post(system, each)
        system.world.set_setting("history", str(number))
        yield
    return []


def keep_time(system: System) -> None:
    """Lets the clock run, and does what falls due, until Ctrl-C."""
    system.world.tick()
    while True:
        time.sleep(TICK)
        if system.turning is not None and system.turning.is_going_on:
            continue
        with system.world.lock:
            system.pass_time(0)
            system.world.save_clock()


def play_demo(arguments: argparse.Namespace) -> int:
    template = settings.template(arguments.port)
    system = begin(":memory:", template, settings.secrets(template), now=demo.BEGIN)
    began = time.monotonic()
    try:
        demo.play(system, partial(console.print, soft_wrap=True))
    except demo.StoryError as error:
        errors.print(f"[red]The story did not come out:[/] {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    console.print(f"\nBoth stories came out, in {time.monotonic() - began:.1f} seconds.")
    return 0
