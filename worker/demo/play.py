import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from leverframe import Leverframe, Outcome, Plan, Status
from leverframe.confirmation_code import confirmed_with
from machines.shop.money_back import money_back
from worker.demo.scenarios import WAITING, Scenario
from worker.embedded.process import ServiceError

ACTION = "order_cancellation"
SERVICE = "web shop"
POLL = 0.25
AGREED = "Agreed otherwise with the customer on the phone."
WITHIN = 900.0
"""Seconds for one action; the small model takes some ten, and minutes on a machine that has much else to do."""


class Stuck(ServiceError):
    """An action did not come to rest in time."""


@dataclass
class Scene:
    """One story as far as it has come."""

    scenario: Scenario
    action_id: str = ""
    status: Status | None = None
    outcome: Outcome | None = None
    note: str = ""
    """What the operator or the customer did last."""

    @property
    def ending(self) -> str:
        """The outcome's kind, ``waiting``, or nothing as long as the story goes on."""
        if self.outcome is not None:
            return self.outcome.kind
        left = self.scenario.decision == "leave" and self.status is not None
        return WAITING if left and self.status and self.status.awaiting == "operator" else ""


async def play(
    scene: Scene,
    service: Leverframe,
    capability: str,
    operators: Sequence[Leverframe],
    changed: Callable[[Scene], None],
) -> None:
    """Start the scene's action and act as its customer and operators until it comes to rest.

    ``operators`` are different people; a plan that needs two gets the approval of the first two. Raises
    :class:`Stuck` when it does not come to rest within ``WITHIN`` seconds.
    """
    story = scene.scenario
    scene.action_id = await service.start(ACTION, request_id=story.customer, capability=capability, text=story.text)
    ended = asyncio.create_task(service.result(scene.action_id))
    deadline = time.monotonic() + WITHIN
    try:
        while not scene.ending:
            await asyncio.wait([ended], timeout=POLL)
            if ended.done():
                scene.outcome = ended.result()
            before, scene.status = scene.status, await service.status(scene.action_id)
            if scene.status != before:
                await _act(scene, scene.status, service, operators)
                changed(scene)
            if time.monotonic() > deadline:
                raise Stuck(f"{scene.action_id} is still in {scene.status.state} after {WITHIN:.0f} s")
    finally:
        ended.cancel()


async def _act(scene: Scene, status: Status, service: Leverframe, operators: Sequence[Leverframe]) -> None:
    story, operator = scene.scenario, operators[len(status.approvals) % len(operators)]
    if status.awaiting == "user":
        scene.note = "customer answered"
        await service.reply(scene.action_id, story.answer or "I have nothing to add, a person should look at it.")
    elif status.awaiting == "operator" and status.plan is not None:
        if not concerns(status.plan, story.order_id):
            scene.note = "operator rejected: not what was asked for"
            await operator.reject(scene.action_id, confirmed_with(status.plan), "Not what the customer asked for.")
        elif story.decision == "approve":
            scene.note = "a second operator approved" if status.approvals else "operator approved"
            # As they have read it in the plan.
            amount = str(money_back(status.plan).amount) if status.amount_needed else None
            await operator.approve(scene.action_id, confirmed_with(status.plan), "As the customer asked.", amount)
        elif story.decision == "reject":
            scene.note = "operator rejected"
            await operator.reject(scene.action_id, confirmed_with(status.plan), AGREED)


def concerns(plan: Plan, order_id: str) -> bool:
    """Whether every call of the plan is about that order."""
    return all(call.planned.arguments.get("order_id") == order_id for call in plan.calls)
