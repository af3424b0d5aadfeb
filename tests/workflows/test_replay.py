"""Recorded histories of every path replay on the code as it is now. ``make record-histories`` records them anew."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from leverframe.contracts.ledger import RecordRequest
from leverframe.contracts.names import RECORD
from machines.registry import machine_for
from worker.testing.servers import CONVERTER
from workflows import runner
from workflows.action import ActionWorkflow

FOLDER = Path(__file__).parent / "histories"
FILES = sorted(FOLDER.glob("*.json.gz"))


def read(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.name.removesuffix(".json.gz"), gzip.decompress(file.read_bytes()).decode())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".json.gz"))
async def test_a_recorded_history_replays(file: Path) -> None:
    replayer = Replayer(workflows=[ActionWorkflow], workflow_runner=runner(), data_converter=CONVERTER)
    await replayer.replay_workflow(read(file))


async def test_every_transition_of_the_machine_is_recorded() -> None:
    machine = machine_for("order_cancellation")
    every = {
        (state.id, str(event), target.id)
        for state in machine.states
        for transition in state.transitions
        for event in transition.events
        for target in transition.targets
    }
    recorded = {step for file in FILES async for step in transitions(read(file))}
    assert every - recorded == set()


async def transitions(history: WorkflowHistory) -> AsyncIterator[tuple[str, str, str]]:
    for event in history.events:
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == RECORD:
            (request,) = await CONVERTER.decode(scheduled.input.payloads, [RecordRequest])
            for entry in request.entries:
                if entry.kind == "transition":
                    yield entry.body["source"], entry.body["event"], entry.body["target"]
