"""moto's interpreter of the Amazon States Language, which carries out each execution before `StartExecution` is
answered.

In a thread of its own, as moto has it, a test would have to ask again and again how far it is: on a busy machine it
takes as long as it takes, and its status is there before its output and its error are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker


@contextmanager
def executing() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        patch.setattr(ExecutionWorker, "start", ExecutionWorker._execution_logic)
        yield
