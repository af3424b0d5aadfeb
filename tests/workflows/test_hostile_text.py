"""What one user writes never holds up the action of another on the same worker."""

import asyncio

from leverframe.contracts.request import TEXT_LIMIT
from tests.support.rig import BO, BOS, LAMP, Rig
from worker.testing.scripted_model import greedy

PIECES = (" ", "\t\n", "not to的", "st. ", "* ", "1 St, ", "=2", "中A", "W.1")


async def test_hostile_texts_of_one_user_leave_the_others_their_time(rig: Rig) -> None:
    rig.script[:] = [greedy]
    hostile = [f"cancel {LAMP} {piece * TEXT_LIMIT}"[: TEXT_LIMIT - 1] + "x" for piece in PIECES]
    moving = "not to" + 600 * "的" + "! 5 Elm Street, Denver, CO 80202"
    started = await asyncio.gather(
        *(rig.start(text) for text in hostile), rig.start(moving, action="customer_address_change")
    )
    other = await asyncio.wait_for(rig.waiting(f"cancel my order {BOS}, I no longer need it", subject=BO), 60)
    assert other.plan is not None
    for action_id in started:
        # Each comes to a plan, a question or an end itself: none stops its workflow.
        await rig.until(action_id, lambda status: status.awaiting != "nobody" or status.state in ENDED)


ENDED = frozenset({"handed_over", "declined", "blocked", "escalated"})
