import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import typer
from temporalio.client import Client

from leverframe.contracts.names import Role
from worker.cli.terminal import console, errors, run, stop_on_signals
from worker.connection import connect
from worker.roles.isolation import close_to_others
from worker.roles.own_secrets import forget_secrets
from worker.roles.workers import RoleSettings, load_roles, serve
from worker.settings.models import Models
from worker.settings.shared import WorkerSettings
from worker.telemetry.logs import log_to_stderr
from worker.telemetry.setup import Telemetry, start_telemetry
from worker.telemetry.version_metrics import VersionMetrics
from worker.telemetry.waiting_metrics import WaitingMetrics
from worker.versions.working import see_to_work


def run_roles(chosen: tuple[Role, ...]) -> None:
    """Run the roles' workers until Ctrl-C."""
    close_to_others()
    settings = load_roles(chosen)
    forget_secrets()
    log_to_stderr()
    if "tools" in chosen:
        _check_tools()
    if "guards" in chosen:
        _check_clauses()
    if "llm" in chosen:
        _check_prompts()
        _check_models(settings)
    run(_run(chosen, settings))


def _check_tools() -> None:
    from machines.registry import machines
    from tools.toolbox import toolbox
    from worker.actions.tool_check import ToolMismatch, check_tools

    try:
        check_tools(machines(), toolbox())
    except ToolMismatch as error:
        _refuse(error)


def _check_clauses() -> None:
    from activities.policy import InvalidPolicy, load_policy
    from machines.registry import machines
    from worker.actions.text_check import TextMismatch, check_clauses

    try:
        check_clauses(machines(), load_policy())
    except (InvalidPolicy, TextMismatch) as error:
        _refuse(error)


def _check_prompts() -> None:
    from machines.registry import machines
    from worker.actions.text_check import TextMismatch, check_prompts

    try:
        check_prompts(machines())
    except TextMismatch as error:
        _refuse(error)


def _check_models(settings: RoleSettings) -> None:
    from machines.registry import machines
    from worker.actions.model_check import ModelMismatch, check_models

    try:
        if isinstance(settings.model, Models):
            check_models(machines(), settings.model)
    except ModelMismatch as error:
        _refuse(error)


def _currency(settings: RoleSettings) -> str:
    """Of what models cost; nothing costs anything where no model is asked."""
    return settings.model.currency if settings.model else "USD"


def _refuse(error: Exception) -> NoReturn:
    errors.print(f"Error: {error}", style="red", markup=False)
    raise typer.Exit(2) from None


async def _run(roles: tuple[Role, ...], settings: RoleSettings) -> None:
    stop = stop_on_signals()
    service = f"leverframe-{roles[0] if len(roles) == 1 else 'worker'}"
    telemetry = start_telemetry(
        service, settings.worker.spans_dir if settings.worker.spans else None, _currency(settings)
    )
    payload_keys = settings.payloads.keys if settings.payloads else None
    try:
        interceptors = (telemetry.interceptor, telemetry.measuring)
        client = await connect(interceptors, payload_keys=payload_keys, people=settings.people)
        console.print(f"Running {', '.join(roles)}; Ctrl-C ends it.")
        async with _watching(client, roles, settings, telemetry), _seeing_to_work(client, roles, settings.worker):
            await serve(client, roles, settings, stop)
    finally:
        telemetry.close()


@asynccontextmanager
async def _watching(
    client: Client, roles: tuple[Role, ...], settings: RoleSettings, telemetry: Telemetry
) -> AsyncIterator[None]:
    """Count what waits, in the processes that count what is recorded."""
    if "tools" not in roles:
        yield
        return
    watching = [
        asyncio.create_task(WaitingMetrics(telemetry.meter).watch(client, settings.worker.task_queue_prefix)),
        asyncio.create_task(VersionMetrics(telemetry.meter).watch(client, settings.worker)),
    ]
    try:
        yield
    finally:
        for one in watching:
            one.cancel()


@asynccontextmanager
async def _seeing_to_work(client: Client, roles: tuple[Role, ...], settings: WorkerSettings) -> AsyncIterator[None]:
    """Do not wait in silence for work that the server does not give to this version of workflows."""
    if not settings.build_id or "workflows" not in roles:
        yield
        return
    seeing = asyncio.create_task(see_to_work(client, settings))
    try:
        yield
    finally:
        seeing.cancel()
