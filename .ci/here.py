"""Writes template.yaml as it would be for the Python and the processor of this machine: here.py FROM TO."""

import platform
import re
import sys
from pathlib import Path

RESOURCE = re.compile(r"^  \w+:\n(?:    .*\n|\n)+", re.MULTILINE)


def main(source: Path, target: Path) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    architecture = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    text = source.read_text(encoding="utf-8")
    text = re.sub(r"\bpython3\.\d+", version, text)
    text = re.sub(r"\barm64\b", architecture, text)
    if sys.version_info < (3, 12):
        # It has no wheel for the old C library that Lambda has under these Pythons: build all but what needs it.
        text = without(text, "duckdb", source.parent)
    target.write_text(text, encoding="utf-8")


def without(template: str, package: str, root: Path) -> str:
    """The template without the functions whose requirements name a package."""
    files = root.glob("functions/*/requirements.txt")
    folders = [f"functions/{file.parent.name}" for file in files if f"{package}==" in file.read_text(encoding="utf-8")]

    def kept(resource: re.Match[str]) -> str:
        needs_it = any(f"CodeUri: {folder}\n" in resource[0] for folder in folders)
        return "" if needs_it else resource[0]

    return RESOURCE.sub(kept, template)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
