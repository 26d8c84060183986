"""The directory a run keeps its world in: its owner's alone, and of one server at a time."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import IO

HELD = "running"
"""The file that the server which is running holds the lock of. It stays; the lock ends with the process."""
KEPT = (HELD, "secrets.json")
"""What beginning again leaves: the lock, and what somebody has put there by hand."""


class InUseError(Exception):
    """Another server runs on this directory."""


def claim(directory: Path) -> IO[str]:
    """Makes the directory if need be, and takes it for as long as what is returned stays open. InUseError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    held = (directory / HELD).open("a")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise InUseError(str(directory)) from None
    return held


def clear(directory: Path) -> None:
    """Forgets the run that a claimed directory holds."""
    for path in directory.iterdir():
        if path.name in KEPT:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
