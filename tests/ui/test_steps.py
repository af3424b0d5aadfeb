"""What was done, as the Temporal UI shows it: each row and each group of events names its step in words."""

from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from tests.support.rig import GIFT, Rig, cancel
from tests.support.typed import typed
from tests.ui.desk import Desk
from tests.ui.pages import legible, picture

STEPS = (
    "Screen what the user wrote",
    "Look up orders",
    "Screen the facts for the model, find the policy's clauses",
    "Ask the model what to do",
    "Screen what the model proposes, write what the user would be told",
    "Work out what would change: Cancel order, refund payment",
    "Wait for support until",
    "Find out who sent 'approve', and whether they may",
    "Cancel order",
    "Refund payment",
)
GROUPS = {
    "screening#1": "Screen what the user wrote",
    "reading#1": "Look up orders",
    "deciding#1": "Decide what to do",
    "confirming#1": "Have support confirm: Cancel order, refund payment",
    "cancelling#1": "Cancel order",
    "cancelled#1": "End: cancelled",
}
BEGUN = (EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EventType.EVENT_TYPE_TIMER_STARTED)


async def test_each_step_is_told_in_words(desk: Desk, tmp_path: Path) -> None:
    rig, page = desk.rig, desk.page
    rig.script[:] = [cancel(GIFT)]
    status = await rig.waiting(f"Please cancel {GIFT}, I no longer need it")
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code, note="as asked", amount=typed(status.plan))
    assert (await rig.result(status.action_id)).kind == "done"

    await page.goto(f"{desk.ui}/namespaces/default/workflows/{status.action_id}")
    rows = page.get_by_test_id("timeline-canvas") if await page.get_by_test_id("timeline-canvas").count() else page
    for step in STEPS:
        await legible(rows.get_by_text(step))
    await rows.get_by_text(STEPS[-1]).first.scroll_into_view_if_needed()
    await picture(page, tmp_path, "steps", height=1300)

    await page.get_by_text("Event History").first.click()
    await page.get_by_text("Compact").click()
    for step in STEPS:
        await page.get_by_text(step).first.wait_for()
    begun = await _begun(rig, status.action_id)
    assert begun
    for event in begun:
        (summary,) = await rig.client.data_converter.decode([event.user_metadata.summary], [str])
        assert len(summary.encode()) <= 200
        # It says what was done, and to nobody: not whose it is, nor what is in it.
        assert not any(part in summary for part in (GIFT, "mia", "as asked"))
        assert event.user_metadata.summary.metadata["encoding"] == b"binary/encrypted"
    assert await _groups(rig, begun) == GROUPS


async def _groups(rig: Rig, events: list[HistoryEvent]) -> dict[str, str]:
    """The groups of the events, by id: one for each visit of a state. Newer UIs show them."""
    found: dict[str, str] = {}
    for event in events:
        for marker in event.event_group_markers:
            if marker.HasField("label"):
                (found[marker.label.id],) = await rig.client.data_converter.decode([marker.label.label], [str])
    return found


async def _begun(rig: Rig, action_id: str) -> list[HistoryEvent]:
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    return [event for event in history.events if event.event_type in BEGUN]
