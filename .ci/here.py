"""Writes template.yaml as it would be for the Python and the processor of this machine: here.py FROM TO."""

import platform
import re
import sys
from pathlib import Path

version = f"python{sys.version_info.major}.{sys.version_info.minor}"
architecture = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
text = Path(sys.argv[1]).read_text(encoding="utf-8")
text = re.sub(r"\bpython3\.\d+", version, text)
text = re.sub(r"\barm64\b", architecture, text)
if sys.version_info < (3, 12):
    # duckdb has no wheel for the old C library that Lambda has under these Pythons: build all but the lake.
    text = re.sub(r"^  (?:Lake|Merge)Function:\n(?:    .*\n|\n)+", "", text, flags=re.MULTILINE)
Path(sys.argv[2]).write_text(text, encoding="utf-8")
