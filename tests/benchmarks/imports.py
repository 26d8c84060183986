"""What importing a handler takes: the part of a cold start that is ours.

Measured against importing boto3 and making one client, which every handler needs before it can do anything. Each
import is a process of its own, and what counts is the processor time it took: the least of several, taken in turn, so
that whatever else the machine does disturbs all alike. `ratios` imports from the project's folder, with bytecode there
before. `measure` imports what is deployed: the artefacts, packed for this machine as `sam build` packs them for Lambda,
with nothing on the path but them, the layer and boto3, and nothing written, as on Lambda.
"""

from __future__ import annotations

import compileall
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3

from tests.benchmarks.measuring import Row

ROOT = Path(__file__).resolve().parents[2]
AIMS = {
    **dict.fromkeys(("ingest", "profile", "transition", "refresh", "feedback", "preference"), 1.3),
    "journey": 1.5,  # all that segments and journeys mean is in it, and nobody but a state machine waits for it
    "insight": 2.2,  # numpy; scipy comes with what is worked out, at night
    "message": 1.8,
    "admin": 2.2,  # with what the first page asks for: a marketer's first click waits for it alone
}
ASKED = {"admin": "; import functions.admin.routes; functions.admin.routes.load_those_of('today')"}
"""What a handler imports besides, with the first request for it."""
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
    subjects = {"": BASE, **{name: statement_of(name) for name in AIMS}}
    with TemporaryDirectory() as bytecode:
        for statement in subjects.values():
            _seconds(statement, bytecode)
        taken = [{name: _seconds(statement, bytecode) for name, statement in subjects.items()} for _ in range(rounds)]
    least = {name: min(seconds[name] for seconds in taken) for name in subjects}
    base = least.pop("")
    return {name: seconds / base for name, seconds in least.items()}, base


def statement_of(name: str) -> str:
    return f"import functions.{name}.app{ASKED.get(name, '')}"


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


def artefacts(into: Path) -> dict[str, list[Path]]:
    """What is on each handler's path on Lambda, packed for this machine's Python and processor."""
    here = runpy.run_path(str(ROOT / ".ci" / "here.py"))
    here["main"](ROOT / "template.yaml", into / "template.yaml")
    names = {**{name: f"{name.title()}Function" for name in AIMS}, "layer": "SharedLayer"}
    for name in names.values():
        command = [sys.executable, str(ROOT / "infra/artefacts/build.py"), name, str(into / name)]
        environment = {**os.environ, "TEMPLATE": str(into / "template.yaml")}
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    runtime, packages = into / "runtime", Path(boto3.__file__).parents[1]
    for package in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3"):
        shutil.copytree(packages / package, runtime / package, ignore=_all_services_but_one)
    shutil.copy(packages / "six.py", runtime)
    compileall.compile_dir(runtime, quiet=2)  # uv installs without bytecode
    layer = into / names.pop("layer") / "python"
    return {name: [into / artefact, layer, runtime] for name, artefact in names.items()}


def _all_services_but_one(folder: str, names: list[str]) -> list[str]:
    """Of botocore's models, some 100 MB, all but the base's: for `copytree`."""
    return [name for name in names if folder.endswith("botocore/data") and "." not in name and name != "dynamodb"]


def cold_starts(paths: dict[str, list[Path]], rounds: int = 5) -> tuple[dict[str, float], float]:
    """Each artefact's import as a multiple of the base's, and the seconds of the base: the least of `rounds`."""
    base = next(iter(paths.values()))
    subjects = {"": (BASE, base), **{name: (statement_of(name), path) for name, path in paths.items()}}
    taken = [{name: _on_lambda(*subject) for name, subject in subjects.items()} for _ in range(rounds)]
    least = {name: min(seconds[name] for seconds in taken) for name in subjects}
    of_base = least.pop("")
    return {name: seconds / of_base for name, seconds in least.items()}, of_base


def _on_lambda(statement: str, path: list[Path]) -> float:
    """The processor seconds of a statement where nothing but `path` and the standard library can be imported."""
    code = f"import sys; sys.path += {[str(each) for each in path]}; {TIMED.format(statement)}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def measure(rounds: int = 7) -> list[Row]:
    with TemporaryDirectory() as into:
        try:
            paths = artefacts(Path(into))
        except subprocess.CalledProcessError as error:
            return [Row("cold starts", f"not measured: {error.stderr.strip().splitlines()[-1]}")]
        measured, base = cold_starts(paths, rounds)
    return [
        Row("import boto3 and make one client", f"{base * 1000:.0f} ms of processor time"),
        *(
            Row(
                f"import of {name} as it is deployed, as a multiple",
                f"{ratio:.2f}",
                f"≤ {AIMS[name]}",
                ratio <= AIMS[name],
            )
            for name, ratio in measured.items()
        ),
    ]
