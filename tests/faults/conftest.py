"""What the story's shop has; and says at the end how many faults were tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import definitions
from shared.domain.conditions.shorthand import plain
from shared.domain.events import Type
from shared.domain.profiles.histories import touch

TRIED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TRIED] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash[TRIED]:
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True, scope="module")
def no_segments_about_sent_mails() -> Iterator[None]:
    """A Send notice that is held up rightly changes when a segment about sent mails is entered, so there is none."""
    sent = touch(Type.EMAIL_SENT)
    kept = [
        segment
        for segment in definitions.shipped()
        if not any(name.startswith(sent) for name in plain(segment.when).moved_by())
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definitions, "shipped", lambda: tuple(kept))
        yield
