"""MJML's own list of elements and attributes: `make mjml` reads it from the npm package into
shared/definitions/mjml.json, by which templates are checked. mrml, which compiles them, takes any attribute and says
nothing of a misspelt one."""

# ruff: noqa: S603, S607 - it runs npm and node
from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "shared" / "definitions" / "mjml.json"


def main() -> int:
    with TemporaryDirectory() as directory:
        for name in ("package.json", "elements.js"):
            shutil.copy(HERE / name, directory)
        installing = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(installing, cwd=directory, check=True)
        told = subprocess.run(["node", "elements.js"], cwd=directory, check=True, capture_output=True).stdout
    version = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["mjml"]
    elements = json.loads(told)
    lines = (f"  {json.dumps(name)}: {json.dumps(elements[name])}" for name in sorted(elements))
    body = ",\n".join(lines)
    TARGET.write_text(f'{{\n"version": "{version}",\n"elements": {{\n{body}\n}}\n}}\n', encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
