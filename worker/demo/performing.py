import asyncio
import sys
import time

import typer

from audit.audit import ActionAudit, audit_all
from leverframe import Leverframe
from leverframe.pseudonym import Pseudonyms
from tools.scope import create_engine
from worker.cli.terminal import console, run, stop_on_signals
from worker.cli.up import own_model, ui_port, until_stopped, where_to_look
from worker.connection import connect
from worker.demo.board import Board, how_to_approve, outcomes
from worker.demo.play import ACTION, SERVICE, Scene, play
from worker.demo.safety import broken_promises, changed, snapshot
from worker.demo.scenarios import scenarios
from worker.demo.shop import add_customer, stock_shop
from worker.embedded.desk import EmbeddedDesk, embedded_desk
from worker.embedded.stack import Stack, embedded_stack
from worker.keys.issuing import Issuer
from worker.settings.base import PREFIX, load
from worker.settings.service import ServiceSettings
from worker.settings.shared import WorkerSettings
from worker.telemetry.setup import Telemetry, start_telemetry

OPERATORS = ("demo operator", "second demo operator")
RUNS = 100_000
"""Runs are told apart by the second in which they began, modulo this."""


def run_demo() -> None:
    """Run eight actions on real parts, and check that no promise was broken."""
    if run(_demo()):
        raise typer.Exit(1)


async def _demo() -> list[str]:
    settings = load(WorkerSettings)
    telemetry = start_telemetry("web-shop", settings.spans_dir if settings.spans else None)
    try:
        running = embedded_stack(settings.state_dir, console=console, model=own_model(), ui_port=ui_port())
        async with running as stack, embedded_desk(stack, ui_port()) as desk:
            scenes = [Scene(scenario) for scenario in scenarios(int(time.time()) % RUNS)]
            problems = await _perform(stack, scenes, telemetry)
            await _tell(stack, desk, scenes, problems)
            if sys.stdin.isatty():
                console.print("Ctrl-C ends everything.")
                await until_stopped(stack, desk, stop_on_signals())
            return problems
    finally:
        telemetry.close()


async def _perform(stack: Stack, scenes: list[Scene], telemetry: Telemetry) -> list[str]:
    """Play all scenes at once; returns the promises that were broken."""
    await stock_shop(stack.postgres.owner_url)
    for scene in scenes:
        await add_customer(stack.postgres.owner_url, scene.scenario.customer, scene.scenario.orders)
    service, operators = await _sdk(stack, telemetry), [await _sdk(stack, telemetry, name) for name in OPERATORS]
    issuer = Issuer(_service(stack), load(WorkerSettings).tenant)
    owner, auditor = create_engine(stack.postgres.owner_url), create_engine(stack.postgres.auditor_url)
    try:
        before = await snapshot(owner)
        with Board(scenes, console) as board:
            await _play_all(scenes, service, issuer, operators, board)
        rows = changed(before, await snapshot(owner))
        audits = await audit_all(auditor, stack.people)
    finally:
        await owner.dispose()
        await auditor.dispose()
    subjects = {scene.action_id: scene.scenario.customer for scene in scenes}
    return [
        *(str(problem) for audit in audits for problem in audit.problems),
        *_unrecorded(scenes, audits),
        *broken_promises(rows, subjects, [audit.entries for audit in audits if audit.action_id in subjects]),
    ]


async def _play_all(
    scenes: list[Scene], service: Leverframe, issuer: Issuer, operators: list[Leverframe], board: Board
) -> None:
    try:
        async with asyncio.TaskGroup() as playing:
            for scene in scenes:
                token = issuer.mint(ACTION, subject=scene.scenario.customer, requester=SERVICE)
                playing.create_task(play(scene, service, token, operators, board.changed))
    except ExceptionGroup as failed:
        # The other scenes were stopped because of it: the first failure is the one to tell.
        raise failed.exceptions[0] from None


def _unrecorded(scenes: list[Scene], audits: list[ActionAudit]) -> list[str]:
    recorded = {audit.action_id for audit in audits}
    return [f"{scene.action_id} is not in the ledger" for scene in scenes if scene.action_id not in recorded]


async def _sdk(stack: Stack, telemetry: Telemetry, identity: str | None = None) -> Leverframe:
    service = _service(stack)
    keys, people = stack.payload_keys, stack.people
    client = await connect([telemetry.interceptor], stack.environment, identity, payload_keys=keys, people=people)
    pseudonyms = Pseudonyms(service.pseudonym_key.get_secret_value())
    return Leverframe(client, pseudonyms, load(WorkerSettings).task_queue_prefix, service.issuer.public, people)


def _service(stack: Stack) -> ServiceSettings:
    names = ("pseudonym_key", "issuer_keys", "approvals_public_keys")
    return ServiceSettings.model_validate({name: stack.environment[f"{PREFIX}{name.upper()}"] for name in names})


async def _tell(stack: Stack, desk: EmbeddedDesk, scenes: list[Scene], problems: list[str]) -> None:
    console.print(outcomes(scenes))
    for problem in problems:
        console.print(f"BROKEN: {problem}", style="bold red", markup=False)
    if not problems:
        console.print(
            "[green]Verified:[/] every ledger chain is whole, every changed row was approved by the operator, "
            "and nobody else's rows changed."
        )
    console.print(where_to_look(stack, desk), soft_wrap=True)
    waiting = scenes[-1]
    description = await stack.client.get_workflow_handle(waiting.action_id).describe()
    # Not wrapped: links and commands are there to be copied.
    console.print(
        how_to_approve(waiting, desk.link(waiting.action_id), stack.temporal.ui, description.run_id), soft_wrap=True
    )
    console.print(
        f"Its report, once you have decided: .venv/bin/python -m worker report {waiting.action_id}", soft_wrap=True
    )
    console.print(f"Its trace: .venv/bin/python -m worker trace {waiting.action_id}", soft_wrap=True)
    console.print(f"Any story: .venv/bin/python -m worker audit {scenes[0].action_id}", soft_wrap=True)
