"""Recorded histories of every path replay on the code as it is now. ``make record-histories`` records them anew."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from leverframe.contracts.names import RECORD
from machines import machine_for
from tests.servers import CONVERTER
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


def test_every_transition_of_the_machine_is_recorded() -> None:
    machine = machine_for("order_cancellation")
    every = {
        (state.id, str(event), target.id)
        for state in machine.states
        for transition in state.transitions
        for event in transition.events
        for target in transition.targets
    }
    recorded = {step for file in FILES for step in transitions(read(file))}
    assert every - recorded == set()


def transitions(history: WorkflowHistory) -> Iterator[tuple[str, str, str]]:
    for event in history.events:
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == RECORD:
            entries: list[dict[str, Any]] = json.loads(scheduled.input.payloads[0].data)["entries"]
            for entry in entries:
                if entry["kind"] == "transition":
                    yield entry["body"]["source"], entry["body"]["event"], entry["body"]["target"]
