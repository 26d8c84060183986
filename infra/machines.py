"""The state machines of journeys that run on Step Functions: `make machines` writes them, and says what a run costs.

Each is compiled from its definition in shared/definitions/journeys; a test holds the committed files to it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from shared.adapters.journey_files import shipped
from shared.domain.journeys.asl import DOLLARS_PER_TRANSITION, compiled, transitions

FOLDER = Path(__file__).parent / "statemachines"
WIDTH = 120


def machines() -> dict[Path, str]:
    """What each file is to hold."""
    return {
        FOLDER / f"{journey.id}.asl.json": written(compiled(journey)) + "\n"
        for journey in shipped().values()
        if journey.runs_on == "step_functions"
    }


def written(value: Any, indent: int = 0) -> str:
    """JSON for people: what fits a line is on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    inner, edge = " " * (indent + 2), " " * indent
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + written(each, indent + 2) for each in value) + f"\n{edge}]"
    parts = (f"{inner}{json.dumps(name)}: {written(each, indent + 2)}" for name, each in value.items())
    return "{\n" + ",\n".join(parts) + f"\n{edge}}}"


def main() -> None:
    for path, text in machines().items():
        path.write_text(text, encoding="utf-8")
        most = transitions(json.loads(text))
        cost = most * DOLLARS_PER_TRANSITION * 1000
        sys.stdout.write(f"{path.name}: a run enters {most} states at most, ${cost:.2f} for 1,000 runs at list price\n")


if __name__ == "__main__":
    main()
