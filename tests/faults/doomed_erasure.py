"""The doomed worker with a key for each person and short waiting periods: ``python -m tests.faults.doomed_erasure``."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from leverframe.codec import data_converter
from leverframe.contracts.names import ROLES
from machines.shop.customer_erasure import CustomerErasure
from worker.roles.workers import load_roles, serve
from worker.testing.doom import Doom
from worker.testing.keys import PAYLOADS


async def main() -> None:
    settings = load_roles(ROLES)
    converter = data_converter(PAYLOADS, settings.people)
    options = ClientConfig.load_client_connect_config()
    client = await Client.connect(**options, data_converter=converter, interceptors=[Doom()])
    await serve(client, ROLES, settings, asyncio.Event())


if __name__ == "__main__":
    CustomerErasure.waiting.lasts = timedelta(seconds=1)
    asyncio.run(main())
