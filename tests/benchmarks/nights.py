"""What a night of insight takes and costs: every step by the deployed function's own handler, in the order that
`infra/statemachines/insight.asl.json` has them.

    python -m tests.benchmarks.nights [contacts]

S3 and DynamoDB are the local run's, on disk; Athena's answers are made up, and lie where it leaves them; SQS only
counts what it is given, as the profile function that empties it is another bench's matter. Each shop has a process of
its own, with the function's time-out and threads. Measured of each step: seconds by the clock and of processor time,
the stand-ins' part included, and the most memory that the process had in it.

Every second contact has ordered, some four times in two years, three products each; half of them have come back. It is
the shop's first night, on which everybody is told: on another it is TELLS of them. Of the profiles' part, what one told
score costs was counted on the local run (`TOLD`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from shared.domain.events import DAY, parse_instant
from tests.benchmarks.measuring import Row
from tests.benchmarks.prices import price

AT = parse_instant("2026-11-29T04:00:00Z")
YEARS = 2
SIZES = (10_000, 100_000)
LARGEST = 1_000_000
"""Whose costs are reckoned from the larger of these, since all of it grows in proportion. To play it takes 2 GB and,
of a processor of its own, ten minutes."""
MEMORY = 3008 / 1024
"""GB of the function. It has more than a whole processor then, and works with one."""
MEGABYTES = 3008
SECONDS = 900
"""The function's time-out: of one step."""
STATE = 262_144
"""Bytes that Step Functions hands from one state to the next."""
TELLS = 0.07
"""Of those with a score, each night: every 21st is told again before it grows stale, and some have moved (assumed)."""
TOLD = {"DynamoDB write units": 5.8, "DynamoDB read units": 1.7, "SQS requests": 0.4, "Lambda GB-seconds, arm64": 0.004}
"""What one contact's event takes, from the queue to the profile: units and requests counted on the local run with 211
customers of the sample, seconds as of other events (`cost`)."""
BYTES = {"orders": 70, "lines": 150, "acts": 12}
"""That Athena reads of an order, of an order with its products, and of an act: counted on the local run."""
LEAST_SCANNED = 10e6
WAITS = 15
"""Seconds of a night in which the function waits for S3 and DynamoDB (assumed)."""
ACTS = 3
"""Hours of a month in which each contact has clicked or visited."""
AT_A_TIME = 100_000

Json = Any


# ── the shop ──


def answers(contacts: int) -> Iterator[tuple[str, Iterable[str], int]]:
    """Of each question, the lines of the file that Athena would leave, and how many rows of the lake it has read."""
    chance = np.random.default_rng(7)
    customers = contacts // 2
    orders = 1 + chance.geometric(0.25, customers) * (chance.random(customers) < 0.5)
    whose = np.repeat(np.arange(1, customers + 1) * 999_983, orders)
    times = AT - (chance.random(len(whose)) * YEARS * 365 * DAY).astype(np.int64)
    amounts = (np.exp(chance.normal(3.5, 0.6, len(whose))) * 1e6).astype(np.int64)
    order = np.lexsort((times, whose))
    whose, times = whose[order], times[order]
    line_of = np.repeat(np.arange(len(whose)), 3)
    # Half of what each buys is of the one of twelve kinds that they like.
    products = chance.zipf(1.3, len(line_of)) % 2_000
    liked = chance.random(len(line_of)) < 0.5
    products[liked] = products[liked] // 12 * 12 + whose[line_of][liked] % 12
    codes = np.array([f"76328{n:08}" for n in range(2_012)])[products]
    kinds = np.array([f"Kind {n:02} of things" for n in range(12)])[products % 12]
    yield "orders", _csv("contact_number,time,amount", whose, times, amounts), len(whose)
    head = "contact_number,time,product,category"
    yield "lines", _csv(head, whose[line_of], times[line_of], codes, kinds), len(whose)
    who = np.repeat(np.arange(1, contacts + 1) * 999_983, ACTS)
    months = np.array(["2026-09", "2026-10", "2026-11"])[chance.integers(0, 3, len(who))]
    hours = (who // 7 + chance.integers(0, 8, len(who))) % 24
    head = "contact_number,month,hour,kind,n"
    yield "acts", _csv(head, who, months, hours, ["visit"], ["3"]), 10 * contacts


def _csv(head: str, *columns: Any) -> Iterator[str]:
    """A column of one value has it in every row."""
    yield head + "\n"
    rows = len(columns[0])
    for begin in range(0, rows, AT_A_TIME):
        end = min(begin + AT_A_TIME, rows)
        several = [list(each) * (end - begin) if len(each) == 1 else each[begin:end].tolist() for each in columns]
        yield "".join(",".join(f'"{each}"' for each in row) + "\n" for row in zip(*several, strict=True))


# ── a night ──


def _one(contacts: int) -> None:
    """Prints, as JSON, what the nights took: of each task of the first, and of the `usual` one after it, the `seconds`
    by the clock, those of the `processor`, the `peak` in megabytes, and how often it was done; the largest `state` in
    bytes; what SQS was `given`; `scanned`."""
    from botocore.response import StreamingBody

    from functions.insight import app
    from infra.local import settings
    from infra.local.aws import s3
    from infra.local.aws.calls import Call
    from infra.local.system import begin

    given: Counter[str] = Counter()

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.operation == "SendMessageBatch":
            entries = call.parameters["Entries"]
            given["requests"] += 1
            given["events"] += len(entries)
            given["most bytes"] = max(given["most bytes"], sum(len(each["MessageBody"].encode()) for each in entries))
            return {"Successful": [{"Id": each["Id"], "MessageId": "", "MD5OfMessageBody": ""} for each in entries]}
        if call.operation == "GetObject" and call.parameters["Key"].endswith(".csv"):
            file = s3.path(system.world, call.parameters["Bucket"], call.parameters["Key"])
            return {"Body": StreamingBody(file.open("rb"), file.stat().st_size)}
        if call.operation == "PutObject":
            given["files"] += 1
        return perform()

    template = settings.template()
    with TemporaryDirectory() as folder:
        system = begin(Path(folder) / "world.db", template, settings.secrets(template), AT, fault)
        most, scanned = 0, {}
        for name, lines, rows in answers(contacts):
            scanned[name] = rows
            with (Path(folder) / name).open("w") as file:
                file.writelines(lines)

        def done(payload: Json, taken: dict[str, dict[str, float]]) -> Json:
            nonlocal most
            Path("/proc/self/clear_refs").write_text("5")
            began, worked = time.perf_counter(), time.process_time()
            state = app.handler(payload, _Context(began))
            task = taken.setdefault(payload["task"], Counter())
            task["times"] += 1
            task["seconds"] += time.perf_counter() - began
            task["processor"] += time.process_time() - worked
            task["longest"] = max(task["longest"], time.perf_counter() - began)
            task["peak"] = max(task["peak"], _peak())
            print(payload["task"], dict(task), file=sys.stderr, flush=True)  # the largest takes a while
            most = max(most, len(json.dumps(payload)), len(json.dumps(state)))
            return state

        def night(name: str) -> tuple[dict[str, dict[str, float]], int]:
            taken: dict[str, dict[str, float]] = {}
            state = done({"task": "begin", "name": name, "input": {}}, taken)
            state = done({"task": "ask", "state": state}, taken)
            for each in scanned:
                file = s3.path(system.world, template.reference("LakeBucket"), f"results/{state['queries'][each]}.csv")
                file.unlink(missing_ok=True)
                file.hardlink_to(Path(folder) / each)
            while state["next"] != "done":
                state = done({"task": "take" if state["next"] == "answer" else state["next"], "state": state}, taken)
            return taken, state["told"]

        taken, told = night("a-night")
        system.world.turn(AT + DAY)
        after, moved = night("the-next-night")
    usual = {"tasks": after, "told": moved}
    print(json.dumps({"tasks": taken, "state": most, "given": given, "scanned": scanned, "told": told, "usual": usual}))


class _Context:
    """With as much time left as Lambda leaves it."""

    def __init__(self, began: float) -> None:
        self.began = began

    def get_remaining_time_in_millis(self) -> int:
        return round(1000 * (SECONDS - (time.perf_counter() - self.began)))


def _peak() -> int:
    """Megabytes that the process had at most since that was last set back."""
    (line,) = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def play(contacts: int) -> Json:
    """What `_one` prints, of a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.nights", "--one", str(contacts)],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    return json.loads(ran.stdout.splitlines()[-1])


# ── what it comes to ──


def dollars(night: Json, times: int = 1) -> dict[str, float]:
    """By what they are for; of a shop so many times as large."""
    asked = sum(max(BYTES[name] * rows * times, LEAST_SCANNED) for name, rows in night["scanned"].items())
    told = TELLS * night["told"] * times
    tasks = night["tasks"]
    seconds = sum(each["processor"] for name, each in tasks.items() if name != "tell")
    seconds = (seconds + TELLS * tasks["tell"]["processor"]) * times + WAITS
    return {
        "Athena": price("Athena TB scanned", asked / 1e12),
        "the function": price("Lambda GB-seconds, arm64", MEMORY * seconds),
        "steps and files": price("Step Functions transitions", 40 + told / 500) + price("S3 PUT requests", 40),
        "telling": sum(price(item, quantity * told) for item, quantity in TOLD.items()),
    }


def measure(sizes: Sequence[int] = SIZES) -> list[Row]:
    rows = []
    for contacts in sizes:
        night = play(contacts)
        tasks = night["tasks"]
        for name in ("fit", "tell"):
            task = tasks[name]
            rows.append(
                Row(
                    f"{name} of a first night of insight, {contacts:,} contacts ({night['told']:,} told)",
                    f"{task['processor']:.1f} s of processor time, {task['longest']:.0f} s by the clock in the longest "
                    f"of {task['times']:.0f}; {task['peak']:,.0f} MB",
                    f"{SECONDS} s, {MEGABYTES:,} MB",
                    task["longest"] <= SECONDS and task["peak"] <= MEGABYTES,
                )
            )
        task, moved = night["usual"]["tasks"]["fit"], night["usual"]["told"]
        rows.append(
            Row(
                f"fit of the night after it ({moved:,} told)",
                f"{task['processor']:.1f} s of processor time, {task['longest']:.0f} s by the clock; "
                f"{task['peak']:,.0f} MB",
                f"{SECONDS} s, {MEGABYTES:,} MB",
                task["longest"] <= SECONDS and task["peak"] <= MEGABYTES,
            )
        )
        rows.append(Row("its largest state", f"{night['state']:,} bytes", f"{STATE:,}", night["state"] <= STATE))
        rows.append(Row("a usual night of it at list prices", _told(dollars(night))))
    rows.append(Row(f"that of {LARGEST:,} contacts, in proportion", _told(dollars(night, LARGEST // contacts))))
    return rows


def _told(parts: dict[str, float]) -> str:
    return f"${sum(parts.values()):.3f} ({', '.join(f'{name} ${each:.4f}' for name, each in parts.items())})"


if __name__ == "__main__":
    from tests.benchmarks.measuring import show

    if sys.argv[1:2] == ["--one"]:
        _one(int(sys.argv[2]))
    else:
        show(measure([int(each) for each in sys.argv[1:]] or SIZES))
