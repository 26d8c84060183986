"""Packs what the admin's page is written with (Preact, htm, signals) into one module, and CodeMirror, which only
editors of code load, into another: `make vendor`.

npm installs the versions of package-lock.json into a directory that is thrown away, esbuild makes the two modules of
them, and into functions/admin/page/vendor go these, the licences, and `versions.json`: of each package its version and
the integrity by which npm took it, of each file its SHA-256. They are committed, so that nobody who runs, builds or
deploys Beckon needs npm; tests/unit/test_page_assets.py recomputes the hashes.
"""

# ruff: noqa: S603, T201 - a command that prints, and runs npm
from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "functions" / "admin" / "page" / "vendor"
PREACT = ("preact", "@preact/", "htm")
CODEMIRROR = ("@codemirror/", "@lezer/", "@marijn/", "crelt", "style-mod", "w3c-keyname")
MODULES = {"preact.js": PREACT, "codemirror.js": CODEMIRROR}
"""What is packed, by how the names of its packages begin."""
PACK = ("--bundle", "--format=esm", "--minify", "--target=es2022", "--legal-comments=none")


def main() -> int:
    with TemporaryDirectory() as directory:
        for name in ("package.json", "package-lock.json", *MODULES):
            shutil.copy(HERE / name, directory)
        installing = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(installing, cwd=directory, check=True)
        packed = {name: _packed(name, directory) for name in MODULES}
        taken = packages(json.loads((HERE / "package-lock.json").read_text(encoding="utf-8")))
        licences = "\n\n".join(
            f"{name} {told['version']} ({told['license']})\n\n{_licence(Path(directory), name)}"
            for name, told in taken.items()
        )
    files = {
        name: f"// {_named(taken, begin)}; licences in LICENSES.txt. Made by `make vendor`.\n".encode() + packed[name]
        for name, begin in MODULES.items()
    }
    files["LICENSES.txt"] = f"{licences}\n".encode()
    TARGET.mkdir(exist_ok=True)
    for name, content in files.items():
        (TARGET / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    (TARGET / "versions.json").write_text(json.dumps({"packages": taken, "sha256": hashes}, indent=2) + "\n")
    for name in MODULES:
        print(f"{name}: {len(gzip.compress(files[name], 9)):,} bytes gzipped")
    return 0


def _packed(module: str, directory: str) -> bytes:
    packing = ["npx", "--no-install", "esbuild", module, *PACK, "--log-level=warning"]
    return subprocess.run(packing, cwd=directory, check=True, capture_output=True).stdout


def _named(taken: Mapping[str, Mapping[str, str]], beginnings: tuple[str, ...]) -> str:
    """The packages of a module, with their versions."""
    told = {name: each for name, each in taken.items() if name.startswith(beginnings)}
    return ", ".join(f"{name} {each['version']} ({each['license']})" for name, each in told.items())


def packages(lock: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Of a package-lock.json, what is packed: not what packs."""
    return {
        place.removeprefix("node_modules/"): {name: told[name] for name in ("version", "license", "integrity")}
        for place, told in lock["packages"].items()
        if place and not told.get("dev")
    }


def _licence(directory: Path, package: str) -> str:
    return (directory / "node_modules" / package / "LICENSE").read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    sys.exit(main())
