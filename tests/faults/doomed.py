"""A worker of all roles that kills itself (SIGKILL) at a chosen point, once: ``python -m tests.faults.doomed``."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.envconfig import ClientConfig
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from leverframe.codec import data_converter
from leverframe.contracts.names import ROLES
from worker.roles.workers import load_roles, serve
from worker.telemetry.setup import start_telemetry
from worker.testing.hooks import running
from worker.testing.keys import PAYLOADS

POINT, MARK, SPANS = "DOOMED_AT", "DOOMED_MARK", "DOOMED_SPANS"


class Doom(Interceptor, ClientInterceptor):
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
    mark = Path(os.environ[MARK])
    if os.environ.get(POINT) == point and not mark.exists():
        mark.write_text(point)
        os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    options = ClientConfig.load_client_connect_config()
    settings = load_roles(ROLES)
    converter = data_converter(PAYLOADS, settings.people)
    telemetry = start_telemetry("doomed", Path(os.environ[SPANS]))
    client = await Client.connect(**options, data_converter=converter, interceptors=[telemetry.interceptor, Doom()])
    await serve(client, ROLES, settings, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())
