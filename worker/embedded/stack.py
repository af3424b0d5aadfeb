"""Everything embedded, brought up together and brought down together."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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
from leverframe.keys import PayloadKeys
from worker.connection import connect
from worker.embedded.codec import Codec, codec_server
from worker.embedded.model import SLOTS, model_server
from worker.embedded.postgres import EmbeddedPostgres, PostgresError, start_postgres
from worker.embedded.process import ManagedProcess, ServiceError, free_port
from worker.embedded.running import RunningStack, announce, kept_secret, only_stack
from worker.embedded.temporal import TemporalServer, temporal_server
from worker.embedded.weights import fetch_weights
from worker.embedded.workers import Workers
from worker.key_rings import KeyRings
from worker.settings import EmbeddedSettings, ModelSettings, load

Service = TypeVar("Service")

SMALL_MODEL_TIMEOUT = 120.0
"""Seconds for a proposal; it takes one or two on an idle machine and tens on a busy one."""


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
    codec: Codec
    postgres: EmbeddedPostgres
    model: Model
    client: Client
    workers: Workers
    payload_keys: PayloadKeys
    environment: dict[str, str] = field(repr=False)
    """Variables for a command or a service that uses the stack."""

    def check(self) -> None:
        """Raise :class:`~worker.embedded.process.ServiceError` when a service has ended by itself."""
        for process in (self.temporal.process, self.codec.process, self.model.process):
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
) -> AsyncIterator[Stack]:
    """Temporal, PostgreSQL, a small model and the workers of ``roles``, with their state in ``state_dir``.

    Each role is a process of its own, with its own secrets only. ``state_dir`` is absolute. ``model`` names a model
    server to use instead of serving a small model. Progress goes to ``console``. Everything ends on leaving, whatever
    the reason. Raises :class:`~worker.embedded.process.ServiceError` when something does not come up, or when a stack
    with this state runs already.
    """
    console = console or Console(quiet=True)
    with only_stack(state_dir):
        answering = nullcontext(Model(model)) if model else _small_model(state_dir, await _weights(console))
        async with AsyncExitStack() as services:
            with _progress(console) as progress:
                try:
                    stack = await _start(state_dir, answering, roles, services, progress)
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
) -> Stack:
    async def bring_up(name: str, service: AbstractAsyncContextManager[Service]) -> Service:
        with _step(progress, name):
            return await services.enter_async_context(service)

    keys = KeyRings(state_dir / "keys")
    await asyncio.to_thread(keys.make)
    payload_ring = keys.private("payload").read_text()
    payload_keys = PayloadKeys.parse(payload_ring)

    async def bring_up_engine() -> tuple[Codec, TemporalServer]:
        # Each must know the other's address before it starts.
        ui_port = free_port()
        codec = await bring_up("Codec server", codec_server(state_dir, payload_ring, ui_port))
        server = temporal_server(state_dir, codec_endpoint=codec.endpoint, ui_port=ui_port)
        return codec, await bring_up("Temporal", server)

    async with asyncio.TaskGroup() as starting:
        engine = starting.create_task(bring_up_engine())
        database = starting.create_task(bring_up("PostgreSQL", _postgres(state_dir)))
        llm = starting.create_task(bring_up("Language model", answering))
    (codec, temporal), postgres, model = engine.result(), database.result(), llm.result()
    common = {
        "TEMPORAL_CONFIG_FILE": str(state_dir / "temporal.toml"),
        "LEVERFRAME_STATE_DIR": str(state_dir),
        "LEVERFRAME_PAYLOAD_KEYS": payload_ring,
    }
    (state_dir / "temporal.toml").write_text(f'[profile.default]\naddress = "{temporal.address}"\n')
    client = await connect(environment=common, payload_keys=payload_keys)
    of_roles = _for_roles(postgres, model.settings, keys)
    workers = Workers(client, {role: common | of_roles[role] for role in roles}, state_dir)
    services.push_async_callback(workers.stop)
    if roles:
        with _step(progress, "Workers"):
            await workers.start()
    environment = common | _for_commands(postgres, keys, kept_secret(state_dir / "pseudonym.key"))
    return Stack(state_dir, temporal, codec, postgres, model, client, workers, payload_keys, environment)


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
        yield Model(settings, server.process)


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


def _for_roles(postgres: EmbeddedPostgres, model: ModelSettings, keys: KeyRings) -> Mapping[Role, dict[str, str]]:
    issuers = {"LEVERFRAME_ISSUER_PUBLIC_KEYS": keys.public("issuer").read_text()}
    return {
        "workflows": {},
        # A second opinion is the business's own server; without one there is no key to hand on.
        "guards": {name: os.environ[name] for name in ("LEVERFRAME_GUARD_API_KEY",) if os.environ.get(name)},
        "llm": {
            "LEVERFRAME_MODEL_URL": model.model_url,
            "LEVERFRAME_MODEL_NAME": model.model_name,
            "LEVERFRAME_MODEL_API_KEY": model.model_api_key.get_secret_value(),
            "LEVERFRAME_MODEL_PROVIDER": model.model_provider,
            "LEVERFRAME_MODEL_TIMEOUT": str(model.model_timeout),
            "LEVERFRAME_MODEL_CONCURRENCY": str(model.model_concurrency),
        },
        "approvals": issuers
        | {
            # The dev server authenticates nobody. Stricter where the environment says so and operators have keys.
            "LEVERFRAME_APPROVER_TRUST": os.environ.get("LEVERFRAME_APPROVER_TRUST") or "claimed",
            "LEVERFRAME_APPROVALS_KEYS": keys.private("approvals").read_text(),
            "LEVERFRAME_APPROVALS_DATABASE_URL": postgres.approvals_url,
        },
        "tools": issuers
        | {
            "LEVERFRAME_APPROVALS_PUBLIC_KEYS": keys.public("approvals").read_text(),
            "LEVERFRAME_DATABASE_URL": postgres.tools_url,
            "LEVERFRAME_SCOPE_KEY": postgres.scope_key,
        },
    }


def _for_commands(postgres: EmbeddedPostgres, keys: KeyRings, pseudonym_key: str) -> dict[str, str]:
    return {
        "LEVERFRAME_PSEUDONYM_KEY": pseudonym_key,
        "LEVERFRAME_ISSUER_KEYS": keys.private("issuer").read_text(),
        "LEVERFRAME_APPROVALS_PUBLIC_KEYS": keys.public("approvals").read_text(),
        "LEVERFRAME_AUDITOR_DATABASE_URL": postgres.auditor_url,
        "LEVERFRAME_OWNER_DATABASE_URL": postgres.owner_url,
    }


def _progress(console: Console) -> Progress:
    columns = SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), TimeElapsedColumn()
    return Progress(*columns, console=console)


@contextmanager
def _step(progress: Progress, name: str) -> Iterator[None]:
    step = progress.add_task(name, total=1)
    yield
    progress.update(step, completed=1)
