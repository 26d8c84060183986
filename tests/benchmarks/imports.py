"""What importing a handler takes: the part of a cold start that is ours.

Measured against importing boto3 and making one client, which every handler needs before it can do anything. Each
import is a process of its own, and what counts is the processor time it took: the least of several, taken in turn, so
that whatever else the machine does disturbs all alike. Bytecode is there before, as it is wherever boto3 is installed:
else most of what is measured would be Python's compiler.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.measuring import Row

ROOT = Path(__file__).resolve().parents[2]
AIMS = {
    **dict.fromkeys(("ingest", "profile", "transition", "refresh", "feedback", "journey", "preference"), 1.3),
    **dict.fromkeys(("message", "admin"), 1.8),
}
BASE = "import boto3; boto3.client('dynamodb')"
TIMED = "import time; began = time.process_time(); {}; print(time.process_time() - began)"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "benchmark",
}


def ratios(rounds: int = 7) -> tuple[dict[str, float], float]:
    """Each handler's import as a multiple of the base's, and the seconds of the base: the least of `rounds`."""
    subjects = {"": BASE, **{name: f"import functions.{name}.app" for name in AIMS}}
    with TemporaryDirectory() as bytecode:
        for statement in subjects.values():
            _seconds(statement, bytecode)
        taken = [{name: _seconds(statement, bytecode) for name, statement in subjects.items()} for _ in range(rounds)]
    least = {name: min(seconds[name] for seconds in taken) for name in subjects}
    base = least.pop("")
    return {name: seconds / base for name, seconds in least.items()}, base


def too_slow(measured: dict[str, float]) -> dict[str, float]:
    return {name: ratio for name, ratio in measured.items() if ratio > AIMS[name]}


def _seconds(statement: str, bytecode: str) -> float:
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(statement)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def measure(rounds: int = 7) -> list[Row]:
    measured, base = ratios(rounds)
    return [
        Row("import boto3 and make one client", f"{base * 1000:.0f} ms of processor time"),
        *(
            Row(f"import of {name}, as a multiple", f"{ratio:.2f}", f"≤ {AIMS[name]}", ratio <= AIMS[name])
            for name, ratio in measured.items()
        ),
    ]
