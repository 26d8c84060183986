"""How many runs wait at once, and how many of their steps a core does in a second, through the handlers.

python -m tests.benchmarks.runs
"""

from __future__ import annotations

import os
import subprocess
import sys

from infra.local.shop.demo import BEGIN
from shared.adapters import contact_runs, contacts, identities, journey_definitions, run_counts
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Identity, IdentityKind
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Version, with_journey
from shared.domain.journeys.runs import Record, Run
from shared.domain.profiles import Profile, Stamped
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row, show

WAITING = 10_000
MOVED = 500
"""Of them, those that are due in the measured time."""
AIM = 100
"""Steps a second and core."""
SCHEDULES = 1_000
JOURNEY = Journey.model_validate(
    {
        "id": "waits",
        "name": "Waits",
        "sentence": "Waits, looks, and sends.",
        "trigger": {"kind": "hand"},
        "steps": [
            {"id": "first", "kind": "wait", "for": "1d"},
            {
                "id": "which",
                "kind": "branch",
                "ways": [{"when": {"kind": "consent"}, "next": "tips"}],
                "next": "end",
            },
            {"id": "tips", "kind": "send", "template": "getting_started"},
            {"id": "second", "kind": "wait", "for": "30d"},
            {"id": "last", "kind": "send", "template": "thank_you"},
        ],
    }
)
STEPS = 3
"""That each of those does: it leaves the wait, goes a way, and sends."""


def measure() -> list[Row]:
    system, watch = watched(BEGIN)
    version = Version(version=1, journey=JOURNEY, published=BEGIN, by="a bench", why="it is measured")
    journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)
    for number in range(WAITING):
        _wait(number, BEGIN - DAY + HOUR if number < MOVED else BEGIN + DAY)
    with system.hurrying():
        watch.clear()
        system.run_until(BEGIN + HOUR + 5 * MINUTE)
    taken = watch.seconds.total()  # of the handlers, without the stand-ins for AWS
    moved = sum(row.step == "second" for row in run_counts.rows("waits"))
    pace = STEPS * moved / taken
    return [
        Row(
            f"steps of runs a second and core, with {WAITING:,} that wait",
            f"{pace:.0f} ({moved} emails sent)",
            f"≥ {AIM}",
            pace >= AIM and moved == MOVED,
        ),
        _random_schedules(),
    ]


def _wait(number: int, since: int) -> None:
    """A contact whose run waits since an instant."""
    contact, address = f"c{number:015x}", f"ada.{number}@example.com"
    key = identities.identity_key(Identity(kind=IdentityKind.EMAIL, value=address))
    records = (Record(since, "", "began", "hand"), Record(since, "first", "entered"))
    run = Run(
        contact, "waits", 1, 1, since, since, "bench", step="first", since=since, wake_at=since + DAY,
        passes={"first": 0}, records=records,
    )  # fmt: skip
    profile = Profile(
        contact,
        identities=(key,),
        first_seen=since - 40 * DAY,
        traits={"email": Stamped(address, since)},
        consent={"marketing": Stamped("subscribed", since - 40 * DAY)},
        decided=since,
        runs={run.place: run.wake_at},
        runs_begun=1,
    )
    contacts.commit(
        [
            contacts.profile_write(profile, NEVER, since),
            identities.link_write(key, contact),
            contact_runs.write(run, JOURNEY, (), len(records), 1),
        ]
    )


def _random_schedules() -> Row:
    """The suite plays fifty of them."""
    environment = {**os.environ, "FAULTS_SCHEDULES": str(SCHEDULES)}
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "tests/faults/test_runs.py", "-k", "random"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((line for line in told.stdout.splitlines() if line.startswith("faults:")), "did not run")
    return Row(f"{SCHEDULES:,} random schedules of runs, with faults", line, "none changes a run", told.returncode == 0)


if __name__ == "__main__":
    show(measure())
