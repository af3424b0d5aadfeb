"""A worker of all roles that kills itself (SIGKILL) at a chosen point, once: ``python -m tests.faults.doomed``."""

import asyncio
import os
from pathlib import Path

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from leverframe.codec import data_converter
from leverframe.contracts.names import ROLES
from worker.roles.workers import load_roles, serve
from worker.telemetry.setup import start_telemetry
from worker.testing.doom import Doom
from worker.testing.keys import PAYLOADS

SPANS = "DOOMED_SPANS"


async def main() -> None:
    options = ClientConfig.load_client_connect_config()
    settings = load_roles(ROLES)
    converter = data_converter(PAYLOADS, settings.people)
    telemetry = start_telemetry("doomed", Path(os.environ[SPANS]))
    client = await Client.connect(**options, data_converter=converter, interceptors=[telemetry.interceptor, Doom()])
    await serve(client, ROLES, settings, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())
