"""Keep what a release's roles are asked and answer: ``make record-contracts``, once the histories are recorded.

Of each activity one line for each form that its requests and answers took in the recorded histories: a role's worker of
a later release is asked like that by actions that wait on an older version. Before them the schemas of the answers, as
such actions read them.
"""

import asyncio
import gzip
import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import JsonValue
from temporalio.client import WorkflowHistory

from leverframe.contracts import names
from leverframe.contracts.base import Contract
from tests.workflows.test_replay import FILES, read
from worker.testing.servers import CONVERTER
from workflows.roles import Roles

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "contracts"
ACTIVITIES = (
    names.SCREEN, names.REPLY, names.RETRIEVE, names.PROPOSE, names.JUDGE, names.PREVIEW, names.CALL, names.RECORD,
    names.NOTIFY, names.WITHDRAWAL, names.JUDGE_CASE,
)  # fmt: skip
Exchange = tuple[str, Any, Any]
"""An activity's name, what it was asked, and what it answered."""


def contracts(activity: str) -> tuple[type[Contract], type[Contract] | None]:
    """What an activity is asked and answers, as workflows say; nothing where no answer is read."""
    hints = get_type_hints(getattr(Roles, activity))
    answer = hints["return"]
    return hints["request"], answer if isinstance(answer, type) and issubclass(answer, Contract) else None


async def exchanges(history: WorkflowHistory) -> AsyncIterator[Exchange]:
    """What each activity of a history was asked and answered, as JSON."""
    asked = {}
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            scheduled = event.activity_task_scheduled_event_attributes
            (request,) = await CONVERTER.decode(scheduled.input.payloads)
            asked[event.event_id] = (scheduled.activity_type.name, request)
        elif event.HasField("activity_task_completed_event_attributes"):
            completed = event.activity_task_completed_event_attributes
            (answer,) = await CONVERTER.decode(completed.result.payloads) or [None]
            yield *asked[completed.scheduled_event_id], answer


def form(value: JsonValue) -> JsonValue:
    """Which fields there are and what each holds, without what it says."""
    if isinstance(value, dict):
        return {name: form(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return [json.loads(one) for one in sorted({json.dumps(form(one)) for one in value})]
    return type(value).__name__


async def recorded() -> list[Exchange]:
    """One exchange of each form, the shortest."""
    found: dict[str, Exchange] = {}
    for file in FILES:
        async for one in exchanges(read(file)):
            key = json.dumps([one[0], *(form(part) for part in one[1:])])
            if key not in found or len(json.dumps(one)) < len(json.dumps(found[key])):
                found[key] = one
    return sorted(found.values(), key=lambda one: (one[0], len(json.dumps(one)), json.dumps(one)))


def main() -> None:
    release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    answers = {name: answer.model_json_schema() for name in ACTIVITIES if (answer := contracts(name)[1])}
    lines = [json.dumps(one, ensure_ascii=False) for one in (answers, *asyncio.run(recorded()))]
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{release}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))


if __name__ == "__main__":
    main()
