"""The whole system on one machine."""

from __future__ import annotations

import sys
from types import TracebackType


def _quietly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Ctrl-C, also while modules are still being imported, is an end and no fault."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


if sys.argv[:1] == ["-m"]:  # `python -m infra.local`, whose first module this is
    sys.excepthook = _quietly
