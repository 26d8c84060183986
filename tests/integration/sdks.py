"""The SDKs that npm publishes, of the versions in tests/sdks/package-lock.json."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

SDKS = Path("tests/sdks").absolute()


@cache
def installed() -> Path:
    """Their directory. Skips the test, with the reason, where they cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm, which is not on this machine")
    done = SDKS / "node_modules" / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < (SDKS / "package-lock.json").stat().st_mtime:
        ran = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=SDKS,
            check=False,
            capture_output=True,
            text=True,
            timeout=240,
        )
        if ran.returncode != 0:
            pytest.skip(f"npm ci did not get the SDKs (is there a network?): {ran.stderr[-300:]}")
    return SDKS / "node_modules"
