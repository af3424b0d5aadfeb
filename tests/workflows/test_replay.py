"""Recorded histories of every path replay on the code as it is now. ``make record-histories`` records them anew."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from leverframe.contracts import entries
from leverframe.contracts.entries import Body, Moved
from leverframe.contracts.ledger import RecordRequest
from leverframe.contracts.names import RECORD
from machines.registry import machine_for
from tests.support.sandbox import runner
from worker.testing.servers import CONVERTER
from workflows.action import ActionWorkflow
from workflows.case import CaseWorkflow

FOLDER = Path(__file__).parent / "histories"
FILES = sorted(FOLDER.glob("*.json.gz"))

CALL_BY_CALL = {("refunding", "stale"), ("refunding", "failed")}
"""With ``confirming_refund``: where only a plan comes that is carried out call by call, as older versions did."""


def read(file: Path) -> WorkflowHistory:
    text = gzip.decompress(file.read_bytes()).decode()
    return WorkflowHistory.from_json(_id(json.loads(text)["events"]) or file.name, text)


def _id(events: list[dict[str, Any]]) -> str | None:
    """Whose history it is. The server whose time is skipped does not say; there, the action's case is named for it."""
    if own := events[0]["workflowExecutionStartedEventAttributes"].get("workflowId"):
        return str(own)
    begun = (event.get("startChildWorkflowExecutionInitiatedEventAttributes") for event in events)
    return next((str(one["workflowId"]).removesuffix("/case") for one in begun if one), None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".json.gz"))
async def test_a_recorded_history_replays(file: Path) -> None:
    replayer = Replayer(workflows=[ActionWorkflow, CaseWorkflow], workflow_runner=runner(), data_converter=CONVERTER)
    await replayer.replay_workflow(read(file))


async def test_every_transition_of_the_machine_is_recorded() -> None:
    machine = machine_for("order_cancellation")
    every = {
        (state.id, str(event), target.id)
        for state in machine.states
        for transition in state.transitions
        for event in transition.events
        for target in transition.targets
        if state.id != "confirming_refund" and (state.id, str(event)) not in CALL_BY_CALL
    }
    told = [body for file in FILES async for body in recorded(read(file))]
    assert every - {(moved.source, moved.event, moved.target) for moved in told if isinstance(moved, Moved)} == set()


async def recorded(history: WorkflowHistory) -> AsyncIterator[Body]:
    """What was handed over to the ledger: whichever version wrote it, it is read."""
    for event in history.events:
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == RECORD:
            (request,) = await CONVERTER.decode(scheduled.input.payloads, [RecordRequest])
            for entry in request.entries:
                yield entries.read(entry.kind, entry.body)
