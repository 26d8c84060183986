"""Packs one function or the layer of template.yaml, as `sam build` asks for it: build.py NAME TARGET.

Into TARGET go what requirements.txt pins, by its hashes, for the template's runtime and processor, then our own code,
then the bytecode of it all. Without bytecode a cold start compiles everything first, which takes several times as
long as the import itself; a Lambda cannot keep what it has compiled. So it takes a Python of exactly the template's
version. TEMPLATE names another template than template.yaml.
"""

# ruff: noqa: S603, T201 - a command that prints, and runs pip
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BESIDES = {"shared": ["infra/athena"]}
"""What else of the project a function, or the layer, reads."""
UNUSED = ("bin", "chalice/cdk", "chalice/templates", "**/tests")
"""What no function needs of what it needs."""


def main(name: str, target: Path) -> int:
    template = (ROOT / os.environ.get("TEMPLATE", "template.yaml")).read_text(encoding="utf-8")
    folder, version, processor = asked(template, name)
    python = found(version)
    if python is None:
        print(
            f"There is no Python {version} with pip here. Install one (it need not be the default), such as with "
            f"`uv python install {version}` or https://www.python.org, and have python{version} on the PATH.",
            file=sys.stderr,
        )
        return 1
    target = target / "python" if folder == "shared" else target
    target.mkdir(parents=True, exist_ok=True)
    requirements = ROOT / folder / "requirements.txt"
    if requirements.exists():
        install(python, requirements, target, version, processor)
    for each in (folder, *BESIDES.get(folder, [])):
        shutil.copytree(
            ROOT / each,
            target / each,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "requirements.txt"),
        )
    package = (target / folder).parent
    while package != target:
        if (init := ROOT / package.relative_to(target) / "__init__.py").exists():
            shutil.copy(init, package)
        package = package.parent
    # Not by the files' times: they do not live through the zip.
    compile_all = [
        "-m",
        "compileall",
        "-q",
        "-f",
        "--invalidation-mode",
        "unchecked-hash",
        "-s",
        str(target),
        str(target),
    ]
    subprocess.run([python, *compile_all], check=True)
    return 0


def asked(template: str, name: str) -> tuple[str, str, str]:
    """The folder of a function or the layer, and the version of Python and the processor of all of them."""
    resource = re.search(rf"^  {name}:\n(?:    .*\n|\n)+", template, re.MULTILINE)
    folder = re.search(r"^ +(?:CodeUri|ContentUri): (\S+)", resource[0] if resource else "", re.MULTILINE)
    version = re.search(r"^    Runtime: python(\S+)", template, re.MULTILINE)
    processor = re.search(r"^    Architectures: \[(\S+)\]", template, re.MULTILINE)
    if not (folder and version and processor):
        raise SystemExit(f"the template has no {name}, or does not say what it runs on")
    return folder[1], version[1], processor[1]


def found(version: str) -> str | None:
    """An interpreter of that version that has pip. A virtual environment of uv has none; what it was made of may."""
    tell = f"import pip, sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for command in (sys.executable, f"python{version}", "python3", "python"):
        try:
            base = subprocess.run(
                [command, "-c", "import sys; print(sys._base_executable)"], capture_output=True, text=True, check=True
            ).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            continue
        for python in (command, base):
            if subprocess.run([python, "-c", tell], capture_output=True, check=False).returncode == 0:
                return python
    return None


def install(python: str, requirements: Path, target: Path, version: str, processor: str) -> None:
    """What the requirements pin, as wheels for Lambda: its Linux has glibc 2.34, below Python 3.12 glibc 2.26."""
    machine = {"arm64": "aarch64"}.get(processor, processor)
    glibc = 34 if int(version.split(".")[1]) >= 12 else 26
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(glibc, 16, -1)] + [f"manylinux2014_{machine}"]
    subprocess.run(
        [
            *(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"),
            *("--no-deps", "--no-compile", "--only-binary=:all:", "--require-hashes"),
            *("--python-version", version, "--implementation", "cp"),
            *(argument for platform in platforms for argument in ("--platform", platform)),
            *("--target", str(target), "--requirement", str(requirements)),
        ],
        check=True,
    )
    for pattern in UNUSED:
        for path in list(target.glob(pattern)):
            shutil.rmtree(path, ignore_errors=True)  # one within another has gone with it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
