"""Leverframe as the programs' adapters drive it where safety is tried: every role in one process, to be killed."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from temporalio.client import Client
from temporalio.worker import Worker

from leverframe import Leverframe
from leverframe.contracts.names import ROLES
from leverframe.pseudonym import Pseudonyms
from worker.roles.workers import RoleSettings, role_workers
from worker.settings.llm import ModelSettings
from worker.settings.shared import WorkerSettings
from worker.testing import keys
from worker.testing.doom import POINT, Doom
from worker.testing.postgres import Database
from worker.testing.servers import CONVERTER
from worker.testing.serving import approvals_settings, tools_settings

PREFIX = "peers"
PSEUDONYMS = Pseudonyms(b"a benchmark's key, 16 bytes")


async def connect(identity: str | None = None) -> Client:
    """To the server that ``TEMPORAL`` names, as somebody."""
    return await Client.connect(os.environ["TEMPORAL"], data_converter=CONVERTER, identity=identity)


@asynccontextmanager
async def workers() -> AsyncIterator[Sequence[Worker]]:
    """Of every role."""
    database = Database(**json.loads(os.environ["LF_DB"]))
    doomed = [Doom()] if POINT in os.environ else []
    client = await Client.connect(os.environ["TEMPORAL"], data_converter=CONVERTER, interceptors=doomed)
    settings = RoleSettings(
        worker=WorkerSettings(task_queue_prefix=PREFIX, tenant=keys.TENANT),
        model=ModelSettings(
            model_url=os.environ["MODEL_URL"], model_name=os.environ["MODEL_NAME"], model_concurrency=50
        ),
        approvals=approvals_settings(database),
        tools=tools_settings(database),
    )
    async with role_workers(client, ROLES, settings) as running:
        yield running


def service(client: Client) -> Leverframe:
    """What starts actions and decides."""
    return Leverframe(client, PSEUDONYMS, PREFIX, keys.ISSUER.public)


def capability(customer: str) -> str:
    """A customer's."""
    return keys.capability(customer, action="order_cancellation")
