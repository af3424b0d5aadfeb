import asyncio
import os
from contextlib import suppress

from leverframe import business
from leverframe.claiming import ANY_NAME
from worker.cli.terminal import console, run, stop_on_signals
from worker.embedded.api import embedded_api
from worker.embedded.desk import EmbeddedDesk, embedded_desk
from worker.embedded.environments import approver_trust
from worker.embedded.served import Served
from worker.embedded.stack import Stack, embedded_stack
from worker.keys.first_operator import OPERATOR_KEY
from worker.settings.base import load
from worker.settings.embedded import EmbeddedSettings
from worker.settings.llm import ModelSettings
from worker.settings.shared import WorkerSettings

WATCH = 1.0
"""Seconds between two looks at whether the services still run."""


def run_up() -> None:
    """Run the embedded services and all roles until Ctrl-C, with something to try things on."""
    run(_up())


async def _up() -> None:
    state_dir = load(WorkerSettings).state_dir
    running = embedded_stack(state_dir, console=console, model=own_model(), ui_port=ui_port())
    async with running as stack, embedded_desk(stack, ui_port()) as desk, embedded_api(stack, ui_port()) as api:
        stop = stop_on_signals()
        fill = [entry.load() for _, entry in business.parts("samples")]
        samples = [f"start {await stored(stack.postgres.owner_url)}" for stored in fill]
        console.print(f"\n{where_to_look(stack, desk)}", soft_wrap=True)
        console.print(f"API: {api.endpoint}/openapi.json\nIn another terminal, for example:", soft_wrap=True)
        for line in (*samples, "pending", "audit --all"):
            console.print(f"  .venv/bin/python -m worker {line}", markup=False, highlight=False, soft_wrap=True)
        console.print("Ctrl-C ends everything.")
        await until_stopped(stack, desk, stop, api)


async def until_stopped(stack: Stack, desk: EmbeddedDesk, stop: asyncio.Event, *others: Served) -> None:
    """Wait for Ctrl-C; raises :class:`~worker.embedded.process.ServiceError` if a service ends before."""
    while not stop.is_set():
        stack.check()
        for served in (desk.served, *others):
            served.process.check()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), WATCH)


def ui_port() -> int:
    """Where the UI is to be."""
    return load(EmbeddedSettings).ui_port


def where_to_look(stack: Stack, desk: EmbeddedDesk) -> str:
    """The addresses of the desk, the UI and the operators' views, for people."""
    wanted, ui = ui_port(), stack.temporal.ui
    taken = f" (not at port {wanted}: that or the next is taken)" if wanted and not ui.endswith(f":{wanted}") else ""
    lines = (
        f"Desk: {desk.site}; make your passkey for it, once, at {desk.link()}",
        f"Temporal UI: {ui}{taken}",
        f"Views of it for operators: {stack.codec.endpoint}/views",
        who_decides(stack),
    )
    return "\n".join(lines)


def who_decides(stack: Stack) -> str:
    """Whose decisions count here, in one line."""
    signed = f"commands sign with {stack.environment[OPERATOR_KEY]}" if OPERATOR_KEY in stack.environment else ""
    if approver_trust() != "claimed":
        return f"Only decisions that are {approver_trust()} count" + (f"; {signed}." if signed else ".")
    return ANY_NAME + (f"; {signed}." if signed else ".")


def own_model() -> ModelSettings | None:
    """The model server that the environment names, to be used instead of the embedded small model."""
    return load(ModelSettings) if os.environ.get("LEVERFRAME_MODEL_URL") else None
