"""Mutants: small wrong changes of the code, and whether a test notices. Run by hand: `make mutants`, some ten minutes.

Each mutant is one replacement in one file, made in a copy of the repository, and the tests that are to notice. A mutant
that survives is a rule that nothing holds; one that no longer applies has to be written anew here. Most are those that
survived once: constants that were compared with themselves, an oracle made of what it tests, stored forms that were
written and read by the same code.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("functions", "shared", "infra", "tests", "docs", "pyproject.toml", "template.yaml", "README.md", ".ci")


class Mutant(NamedTuple):
    """`old` → `new`, wherever in functions, shared or infra `old` stands: in one place, or it does not apply."""

    name: str
    old: str
    new: str
    tests: tuple[str, ...]


STORED = ("tests/contract/test_stored_forms.py",)
SEGMENTS = ("tests/unit/test_segments.py",)
MESSAGES = ("tests/unit/test_messages.py",)
ADVANCING = ("tests/unit/test_journeys_advancing.py",)
POINTS = ("tests/unit/test_points.py", "tests/unit/test_calibration.py")

MUTANTS = (
    # stored forms
    Mutant("a word of the dictionary", 'near_store":[true', 'near_shop":[true', STORED),
    Mutant("a token's signature is shorter", "MAC_BYTES = 16", "MAC_BYTES = 12", STORED),
    Mutant("an address's hash is shorter", ".hexdigest()[:40]", ".hexdigest()[:32]", STORED),
    Mutant("more shards", "SHARDS = 10", "SHARDS = 16", STORED),
    Mutant("another separator in an event's id", r'"\x1f".join(parts)', r'"\x1e".join(parts)', STORED),
    Mutant("an event's key without its instant", "else iso(event.stated)}#", "else 'dated'}#", STORED),
    Mutant("another message key", "_{self.step}_{self.occurrence}", "_{self.step}-{self.occurrence}", STORED),
    Mutant("another name of a run", "{self.contact}-{self.segment}-", "{self.contact}_{self.segment}_", STORED),
    Mutant("another key of consent", '_TOPIC = "topic:"', '_TOPIC = "about:"', STORED),
    Mutant("an attribute of transitions", '"before": {"N": str(tr', '"earlier": {"N": str(tr', STORED),
    Mutant("a lake column of another type", '"quantity": "double"', '"quantity": "bigint"', STORED),
    Mutant("long identities in the clear", "> MAX_BYTES\n    return f", "> 99 * MAX_BYTES\n    return f", STORED),
    # constants
    Mutant("highly: a click in 31 days", "lately(Type.EMAIL_CLICKED, 30", "lately(Type.EMAIL_CLICKED, 31", SEGMENTS),
    Mutant("highly: visits of 31 days", "within=30 * DAY, count", "within=31 * DAY, count", SEGMENTS),
    Mutant("highly: visits on two days", 'count="days", at_least=3', 'count="days", at_least=2', SEGMENTS),
    Mutant("moderately: 60 days", "lately(Type.EMAIL_CLICKED, 90", "lately(Type.EMAIL_CLICKED, 60", SEGMENTS),
    Mutant("another cut of rfm", "top=20 * (6 - score)", "top=20 * (5 - score) or 1", SEGMENTS),
    Mutant(
        "a claim is pending for 45 minutes",
        "CLAIM_TIMEOUT = 15 * MINUTE",
        "CLAIM_TIMEOUT = 45 * MINUTE",
        ("tests/journeys",),
    ),
    Mutant("a claim that is settled a moment late", "now < self.claimed_at +", "now <= self.claimed_at +", MESSAGES),
    Mutant("dormant: 29 days", "DORMANT_PAUSE = 30 * DAY", "DORMANT_PAUSE = 29 * DAY", MESSAGES),
    Mutant("dormant: a day", "DORMANT_PAUSE = 30 * DAY", "DORMANT_PAUSE = 1 * DAY", MESSAGES),
    Mutant(
        "who left is known 2 days",
        "LEFT_KEPT = 30 * DAY",
        "LEFT_KEPT = 2 * DAY",
        ("tests/integration/test_members.py",),
    ),
    Mutant("history for 4 days", "LATE = 3 * DAY", "LATE = 4 * DAY", ("tests/unit/test_journeys.py",)),
    Mutant("awaited for 2 days", "AWAITED_FOR = DAY", "AWAITED_FOR = 2 * DAY", ("tests/unit/test_lanes.py",)),
    # meaning
    Mutant("at_most is less", "value) and value <= wanted", "value) and value < wanted", SEGMENTS),
    Mutant("prefix with its case", "fold_case(value).startswith(wanted)", "value.startswith(wanted)", SEGMENTS),
    Mutant("miles are kilometres", "KM_A_MILE = 1.609344", "KM_A_MILE = 1.0", SEGMENTS),
    Mutant(
        "a yes that waits for its confirmation is consent",
        'answer.value != "subscribed":\n        return Refusal.NO_CONSENT',
        'answer.value == "unsubscribed":\n        return Refusal.NO_CONSENT',
        MESSAGES,
    ),
    Mutant("an erasure is not lifted", 'lifted = reason == "erasure"', 'lifted = reason == "bounce"', MESSAGES),
    Mutant(
        "a cancelled order counts",
        "not self.cancelled and (self.net > 0",
        "(self.net > 0",
        ("tests/unit/test_profiles.py",),
    ),
    # points of lead models
    Mutant("points: one more halving", "HALVINGS = 10", "HALVINGS = 11", POINTS),
    Mutant(
        "points: the oldest events count",
        "max(bisect_right(times, after), len(times) - rule.up_to)",
        "bisect_right(times, after)",
        POINTS,
    ),
    Mutant(
        "points: fewer kept is all there is",
        "if len(times) - begin < rule.up_to and after < reading",
        "if False and after < reading",
        POINTS,
    ),
    Mutant(
        "points: losses do not fade",
        "falls_below(losses, decay, t, states * one + gained - bound + 1)",
        "NEVER",
        POINTS,
    ),
    Mutant("points: losses cannot keep from it", "bound - states * one + lost)", "bound - states * one)", POINTS),
    Mutant("points: states change unseen", "until = min(until, abs(signed))", "until = until", POINTS),
    Mutant(
        "points: at most is less",
        "not_(_at_least(scored, most * one + 1))",
        "not_(_at_least(scored, most * one))",
        POINTS,
    ),
    Mutant(
        "points: SQL's window has its edge",
        'f"time > {after}"] if after >= 0 else tests',
        'f"time >= {after}"] if after >= 0 else tests',
        POINTS,
    ),
    Mutant("points: SQL's hours are rounded up", "({age}) - ({age}) % {HOUR} AS DOUBLE", "({age}) AS DOUBLE", POINTS),
    Mutant("points: an event moves nobody", "*(known_models[model].needs for model in asked_for),", "", POINTS),
    Mutant("points: a customer is a lead", "(first > cut)", "(first > 0)", POINTS),
    Mutant("points: bands of nine", "IN_A_BAND = 10", "IN_A_BAND = 9", POINTS),
    # what runs do
    Mutant("an undated no ends runs", '"unsubscribed" and not change.undated', '"unsubscribed"', ADVANCING),
    Mutant("in time at its end", "happening.time < end and is_act(", "happening.time <= end and is_act(", ADVANCING),
    Mutant(
        "a definition answers a wait", "happening.time < end and is_act(happening)", "happening.time < end", ADVANCING
    ),
    Mutant("since the start and before", "begin <= held.since <= here", "held.since <= here", ADVANCING),
    Mutant("pending is a no", 'and answer.value == "unsubscribed"', 'and answer.value != "subscribed"', ADVANCING),
    Mutant(
        "let go outside its hours",
        "max(run.since, run.released, run.delayed, t)",
        "max(run.since, run.delayed, t)",
        ADVANCING,
    ),
    Mutant("older orders are forgotten", "- called and not profile.older_orders", "- called", ADVANCING),
    Mutant("history is an act", "not in _NOBODYS and not late", "not in _NOBODYS", ADVANCING),
    Mutant(
        "silence before it is heard", "book.wake(min(happening.time, heard))", "book.wake(happening.time)", ADVANCING
    ),
    Mutant("again a little later", "each.started <= t - entry.again", "each.started < t - entry.again", ADVANCING),
)


def main(wanted: list[str]) -> int:
    """Tries the mutants whose names have one of `wanted` in them (all, when none is); how many survive or do not apply
    is the exit status."""
    left = []
    with TemporaryDirectory() as directory:
        copy = Path(directory)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / part)
        tried = [mutant for mutant in MUTANTS if not wanted or any(each in mutant.name for each in wanted)]
        for mutant in tried:
            outcome = attempt(copy, mutant)
            print(f"{outcome:14} {mutant.name}", flush=True)
            if outcome != "dies":
                left.append(mutant)
    print(f"{len(tried) - len(left)} of {len(tried)} mutants die")
    return len(left)


def attempt(copy: Path, mutant: Mutant) -> str:
    found = [
        (file, text)
        for part in ("functions", "shared", "infra")
        for file in sorted((copy / part).rglob("*.py"))
        if mutant.old in (text := file.read_text(encoding="utf-8"))
    ]
    if len(found) != 1 or found[0][1].count(mutant.old) != 1:
        return "does not apply"
    ((file, text),) = found
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return "dies" if fails(copy, mutant.tests) else "SURVIVES"
    finally:
        file.write_text(text, encoding="utf-8")


def fails(copy: Path, tests: tuple[str, ...]) -> bool:
    """Whether a test fails; that none was found, or that pytest itself does not work, is no failure of a test."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", *tests]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
