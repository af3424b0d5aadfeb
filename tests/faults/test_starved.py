"""A worker that gets no processor for a while is late, and loses no action by it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl

from tests.support.rig import Rig

STARVED = 2.5
"""Seconds without an instruction, where Temporal's SDK takes two for a deadlock."""
POINTS = range(20, 140, 20)
"""Before which of a workflow's own steps; an action that is approved has about 150."""


def starving(call_soon: Callable[..., Any], points: list[int]) -> Callable[..., Any]:
    """Each workflow in turn is starved at its point, in the middle of its event loop, and goes on where it stood."""
    left: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def step(workflow: Any, *given: Any, **named: Any) -> Any:
        if workflow not in left:
            left[workflow] = points.pop() if points else 0
        left[workflow] -= 1
        if left[workflow] == 0:
            until = time.monotonic() + STARVED
            while time.monotonic() < until:
                time.sleep(0.001)
        return call_soon(workflow, *given, **named)

    return step


async def test_actions_go_on_on_a_worker_that_was_starved(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    points = list(POINTS)
    monkeypatch.setattr(_WorkflowInstanceImpl, "call_soon", starving(_WorkflowInstanceImpl.call_soon, points))

    async def one() -> str:
        action_id = (await rig.waiting()).action_id
        await rig.withdraw(action_id)
        return (await rig.result(action_id)).kind

    ended = await asyncio.wait_for(asyncio.gather(*(one() for _ in POINTS)), 60)
    assert (ended, points) == (["withdrawn"] * len(POINTS), [])
