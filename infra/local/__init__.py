"""The whole system on one machine."""

from __future__ import annotations

import signal
import sys

# `python -m infra.local`, whose first module this is. While others are being imported, Ctrl-C ends the process at once:
# an exception can be raised anywhere in an import, and libraries make others of it. `main` catches it from then on.
if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
