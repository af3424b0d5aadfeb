"""Real Temporal servers.

PYTEST_DONT_REWRITE: it asserts nothing, and may be imported before pytest loads it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from leverframe.codec import data_converter
from leverframe.contracts.names import SEARCH_ATTRIBUTES
from worker.embedded.temporal import SERVER_OPTIONS
from worker.testing.binaries import binary
from worker.testing.keys import PAYLOADS

CONVERTER = data_converter(PAYLOADS)
"""Payloads are encrypted in every test, as they are in the product."""


async def dev_server(*options: str) -> WorkflowEnvironment:
    """A real Temporal server, to be used as a context; ``options`` are more of the command's."""
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"),
        data_converter=CONVERTER,
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_log_level="error",
        dev_server_extra_args=[*SERVER_OPTIONS, *options],
    )


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """One real Temporal server for all tests; each test has its own task queues."""
    async with await dev_server() as environment:
        yield environment


@asynccontextmanager
async def skipping_server() -> AsyncIterator[WorkflowEnvironment]:
    """A server on which days pass in a moment; it takes search attributes only after its start."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=binary("temporal-test-server"), data_converter=CONVERTER
    ) as environment:
        kinds = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
        request = AddSearchAttributesRequest(namespace=environment.client.namespace, search_attributes=kinds)
        await environment.client.operator_service.add_search_attributes(request)
        yield environment
