"""A worker's end by SIGKILL at a chosen point, once."""

import os
import signal
from pathlib import Path
from typing import Any

from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from worker.testing.hooks import running

POINT, MARK = "DOOMED_AT", "DOOMED_MARK"
"""Environment variables: ``before`` or ``after`` with a name, and the file that says that it is done."""


class Doom(Interceptor, ClientInterceptor):
    """Before or after the tool or activity that the environment names."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Doomed(next)


class _Doomed(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        for what in running(input):
            die_at(f"before {what}")
        result = await self.next.execute_activity(input)
        # What the activity did is committed, and nobody has been told.
        for what in running(input):
            die_at(f"after {what}")
        return result


def die_at(point: str) -> None:
    """If it is this one's time, once."""
    mark = Path(os.environ[MARK])
    if os.environ.get(POINT) == point and not mark.exists():
        mark.write_text(point)
        os.kill(os.getpid(), signal.SIGKILL)
