"""The whole system on one machine."""

import sys

# `python -m infra.local`, whose first module this is: Ctrl-C is an end and no fault, from here on.
if sys.argv[:1] == ["-m"]:
    sys.excepthook = lambda kind, error, trace: (
        None if issubclass(kind, KeyboardInterrupt) else sys.__excepthook__(kind, error, trace)
    )
    import signal

    # While others are being imported it ends the process at once: an exception can be raised anywhere in an import,
    # and libraries make others of it. `main` catches it from then on.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
