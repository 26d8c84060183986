"""Says at the end how many faults were tried."""

from __future__ import annotations

import pytest

TRIED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TRIED] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash[TRIED]:
        terminalreporter.write_line(line)
