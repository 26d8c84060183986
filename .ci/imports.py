"""Imports every built handler, and all modules beside it, in a clean interpreter, with nothing on its path but what
Lambda gives it.

imports.py BUILD VENV: what `sam build` made for this machine, and a virtual environment with boto3 in it (Lambda's
runtime brings boto3; it is not in the artifacts). Prints what each artifact weighs. Exits 1 when an import fails.
"""

# ruff: noqa: S603, T201 - a command that prints, and runs what was just built
import re
import subprocess
import sys
import tempfile
from pathlib import Path

RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
LIMIT = 250  # MB unzipped, of a function and its layers: Lambda's


def main(build: Path, venv: Path) -> int:
    layer = build / "SharedLayer" / "python"
    print(f"{size(layer):7.1f} MB  SharedLayer")
    failed = 0
    with tempfile.TemporaryDirectory() as runtime:
        (packages,) = venv.glob("lib/python3*/site-packages")
        for name in RUNTIME:
            (Path(runtime) / name).symlink_to(packages / name)
        for name, (module, handler) in sorted(handlers(build / "template.yaml").items()):
            artifact = build / name
            path = [str(artifact), str(layer), runtime]
            code = f"import sys; sys.path += {path!r}; from {module} import {handler}"
            folder = artifact / Path(*module.split(".")[:-1])  # some are only imported when they are asked for
            code += "".join(f"; import {module.rpartition('.')[0]}.{each.stem}" for each in folder.glob("*.py"))
            done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
            weight = size(artifact)
            print(f"{weight:7.1f} MB  {artifact.name}{done.stderr and '  ' + done.stderr.strip().splitlines()[-1]}")
            failed += done.returncode != 0 or weight + size(layer) > LIMIT
    return 1 if failed else 0


def handlers(template: Path) -> dict[str, tuple[str, str]]:
    """Each function's module and the handler in it, by its logical id."""
    found: dict[str, tuple[str, str]] = {}
    resource = ""
    for line in template.read_text().splitlines():
        if named := re.fullmatch(r"  (\w+):", line):
            resource = named[1]
        elif handler := re.fullmatch(r" +Handler: ([\w.]+)\.(\w+)", line):
            found[resource] = handler[1], handler[2]
    return found


def size(folder: Path) -> float:
    """In MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
