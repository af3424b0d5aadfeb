"""Everything embedded, brought up together and brought down together."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from temporalio.client import Client

from leverframe.contracts.names import ROLES, Role
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys
from leverframe.subject_keys import SubjectKeys
from worker.connection import connect
from worker.embedded.environments import OPERATORS_FILE, approver_trust, for_commands, for_roles, keys_for
from worker.embedded.keyservice import key_service
from worker.embedded.model import SLOTS, model_server
from worker.embedded.postgres import EmbeddedPostgres, PostgresError, start_postgres
from worker.embedded.process import ManagedProcess, ServiceError
from worker.embedded.running import RunningStack, announce, kept_secret, only_stack
from worker.embedded.served import Served
from worker.embedded.temporal import TemporalServer
from worker.embedded.ui import Screens, desk_port, desk_site, screens
from worker.embedded.warming import read_ahead
from worker.embedded.weights import fetch_weights
from worker.embedded.workers import Workers
from worker.keys.first_operator import OPERATOR_KEY, make_first_operator
from worker.keys.rings import KeyRings, write_private
from worker.private_files import PRIVATE
from worker.settings.base import load
from worker.settings.embedded import EmbeddedSettings
from worker.settings.llm import ModelSettings

Service = TypeVar("Service")

SMALL_MODEL_TIMEOUT = 120.0
"""Seconds for a proposal; it takes one or two on an idle machine and tens on a busy one."""

NOWHERE = "127.0.0.1:9"
"""Where nobody answers."""


@dataclass(frozen=True)
class Model:
    """The model that the workers ask, and its server's process if that is embedded."""

    settings: ModelSettings
    process: ManagedProcess | None = None


@dataclass(frozen=True)
class Stack:
    """The running embedded services."""

    state_dir: Path
    temporal: TemporalServer
    codec: Served
    keys: Served
    """The key service."""
    postgres: EmbeddedPostgres
    model: Model
    client: Client
    workers: Workers
    payload_keys: PayloadKeys
    people: SubjectKeys
    environment: dict[str, str] = field(repr=False)
    """Variables for a command or a service that uses the stack."""

    def check(self) -> None:
        """Raise :class:`~worker.embedded.process.ServiceError` when a service has ended by itself."""
        for process in (self.temporal.process, self.codec.process, self.keys.process, self.model.process):
            if process is not None:
                process.check()
        self.workers.check()


@asynccontextmanager
async def embedded_stack(
    state_dir: Path,
    *,
    console: Console | None = None,
    model: ModelSettings | None = None,
    roles: Sequence[Role] = ROLES,
    ui_port: int = 0,
) -> AsyncIterator[Stack]:
    """Temporal, PostgreSQL, a small model and the workers of ``roles``, with their state in ``state_dir``.

    Each role is a process of its own, with its own secrets only. ``state_dir`` is absolute. ``model`` names a model
    server to use instead of serving a small model. ``ui_port`` is where the UI is to be, with its codec server on the
    next port; where they are taken, and by default, both get free ones. Progress goes to ``console``. Everything ends
    on leaving, whatever the reason. Raises :class:`~worker.embedded.process.ServiceError` when something does not come
    up, or when a stack with this state runs already.
    """
    console = console or Console(quiet=True)
    with only_stack(state_dir):
        answering = nullcontext(Model(model)) if model else _small_model(state_dir, await _weights(console))
        async with AsyncExitStack() as services:
            with _progress(console) as progress:
                try:
                    stack = await _start(state_dir, answering, roles, services, progress, ui_port)
                except ExceptionGroup as failed:
                    # The others were stopped because of it: the first failure is the one to tell.
                    raise failed.exceptions[0] from None
            announce(state_dir, RunningStack(pid=os.getpid(), ui=stack.temporal.ui, environment=stack.environment))
            yield stack


async def _start(
    state_dir: Path,
    answering: AbstractAsyncContextManager[Model],
    roles: Sequence[Role],
    services: AsyncExitStack,
    progress: Progress,
    ui_port: int,
) -> Stack:
    async def bring_up(name: str, service: AbstractAsyncContextManager[Service]) -> Service:
        with _step(progress, name):
            return await services.enter_async_context(service)

    keys = KeyRings(state_dir / "keys", public_mode=PRIVATE)
    await asyncio.to_thread(keys.make)
    payload_ring = keys.private("payload").read_text()
    payload_keys = PayloadKeys.parse(payload_ring)
    token = kept_secret(state_dir / "key_service.token")
    temporal_config = state_dir / "temporal.toml"
    # Not the last run's: whoever has its port now knows nothing of this stack's actions.
    _name_temporal(temporal_config, NOWHERE)

    async def bring_up_services() -> tuple[EmbeddedPostgres, Served, Screens]:
        postgres = await bring_up("PostgreSQL", _postgres(state_dir))
        service = key_service(state_dir, payload_ring, postgres.keys_url, token, temporal_config)
        people = await bring_up("Key service", service)
        seen = screens(state_dir, keys_for(payload_ring, people, token), ui_port)
        return postgres, people, await bring_up("Temporal and its UI", seen)

    async with asyncio.TaskGroup() as starting:
        rest = starting.create_task(bring_up_services())
        llm = starting.create_task(bring_up("Language model", answering))
    (postgres, key_server, seen), model = rest.result(), llm.result()
    temporal, codec = seen.temporal, seen.codec
    common = {
        "TEMPORAL_CONFIG_FILE": str(temporal_config),
        "LEVERFRAME_STATE_DIR": str(state_dir),
        "LEVERFRAME_UI_URL": temporal.ui,
        **keys_for(payload_ring, key_server, token),
    }
    _name_temporal(temporal_config, temporal.address)
    people = SubjectKeys(KeyService(key_server.endpoint, token))
    client = await connect(environment=common, payload_keys=payload_keys, people=people)
    operator, trust = state_dir / "operator.key", approver_trust()
    operators = state_dir / f"operators.{trust}.toml"
    await asyncio.to_thread(make_first_operator, operator, operators, claimed=trust == "claimed", mode=PRIVATE)
    of_roles = for_roles(postgres, model.settings, keys, operators, desk_site(desk_port(ui_port)))
    workers = Workers(client, {role: common | of_roles[role] for role in roles}, state_dir)
    services.push_async_callback(workers.stop)
    if roles:
        with _step(progress, "Workers"):
            await workers.start()
    environment = common | for_commands(postgres, keys, kept_secret(state_dir / "pseudonym.key"))
    environment |= {OPERATORS_FILE: os.environ.get(OPERATORS_FILE) or str(operators)}
    if not os.environ.get(OPERATORS_FILE):
        environment |= {OPERATOR_KEY: str(operator)}
    return Stack(
        state_dir, temporal, codec, key_server, postgres, model, client, workers, payload_keys, people, environment
    )


def _name_temporal(config: Path, address: str) -> None:
    write_private(config, f'[profile.default]\naddress = "{address}"\n')


async def _weights(console: Console) -> Path:
    chosen = load(EmbeddedSettings)
    return await asyncio.to_thread(fetch_weights, chosen.model, path=chosen.model_path, console=console)


@asynccontextmanager
async def _small_model(state_dir: Path, weights: Path) -> AsyncIterator[Model]:
    async with model_server(weights, state_dir, name=load(EmbeddedSettings).model) as server:
        settings = ModelSettings(
            model_url=server.base_url,
            model_name=server.name,
            model_provider="llama_cpp",
            model_timeout=SMALL_MODEL_TIMEOUT,
            # More at a time would only wait in the server, and run out of time there instead of in the queue.
            model_concurrency=SLOTS,
        )
        # Nothing waits for it: whatever is asked first may ask.
        reading = asyncio.create_task(read_ahead(server.base_url, server.name, SLOTS))
        try:
            yield Model(settings, server.process)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


@asynccontextmanager
async def _postgres(state_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    starting = asyncio.create_task(asyncio.to_thread(start_postgres, state_dir))
    try:
        yield await asyncio.shield(starting)
    except PostgresError as error:
        raise ServiceError(str(error)) from error
    finally:
        # A start that was interrupted goes on in its thread: wait for it, so that nothing is left running.
        with suppress(PostgresError):
            server = await starting
            await asyncio.to_thread(server.stop)


def _progress(console: Console) -> Progress:
    columns = SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), TimeElapsedColumn()
    return Progress(*columns, console=console)


@contextmanager
def _step(progress: Progress, name: str) -> Iterator[None]:
    step = progress.add_task(name, total=1)
    yield
    progress.update(step, completed=1)
