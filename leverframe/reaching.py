"""Connecting with the Temporal server that the standard environment names."""

import asyncio
from collections.abc import Mapping, Sequence

from temporalio.client import Client, Interceptor
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig

from leverframe.errors import ServerUnreachable
from leverframe.leaving import leave_in_order
from leverframe.server_answers import WITHIN

DEFAULT_ADDRESS = "localhost:7233"
"""Where Temporal's own tools look for a server when nothing says otherwise."""


async def reach(
    converter: DataConverter,
    *,
    environment: Mapping[str, str] | None = None,
    identity: str | None = None,
    interceptors: Sequence[Interceptor] = (),
    within: float = WITHIN,
) -> Client:
    """A client as ``TEMPORAL_ADDRESS`` and the like configure it; ``environment`` is read instead of this process's.

    Raises ServerUnreachable when no server answers within so many seconds.
    """
    options = ClientConfig.load_client_connect_config(override_env_vars=environment)
    options.setdefault("target_host", DEFAULT_ADDRESS)
    leave_in_order()
    try:
        async with asyncio.timeout(within):
            return await Client.connect(
                **options, identity=identity, data_converter=converter, interceptors=list(interceptors)
            )
    except (RuntimeError, TimeoutError) as error:
        why = str(error) or f"nothing within {within:g} s"
        raise ServerUnreachable(
            f"No Temporal server answers at {options['target_host']} ({why}). Name yours with TEMPORAL_ADDRESS"
        ) from error
