"""How the proofs' cost grows with a machine: ``python -m benchmarks.verification``."""

import time
from datetime import timedelta
from types import new_class
from typing import cast

from rich.console import Console
from rich.table import Table
from statemachine.transition_list import TransitionList

from machines.arguments import HandOver
from machines.base import ActionMachine
from machines.registry import machines
from machines.states import Call, Confirm, Decide, End, LeverState
from machines.verify import verify

SIZES = (10, 100, 1000)
"""About so many states."""
STEP = 4
"""States of one step: read, decide, confirm, write."""


def machine_of(states: int) -> type[ActionMachine]:
    """A safe machine that reads, decides, confirms and writes, over and over."""
    parts: dict[str, object] = {"action": "long"}
    person, done = End("handed_over", "person"), End("done", "done")
    ends = {"person": person, "done": done}
    steps = [_step(number) for number in range(max(1, states // STEP))]
    events: dict[str, TransitionList] = {}

    def add(event: str, source: LeverState, target: LeverState) -> None:
        found = source.to(target)
        events[event] = events[event] | found if event in events else found

    for number, (read, decide, confirm, write) in enumerate(steps):
        add("succeeded", read, decide)
        add("succeeded", write, steps[number + 1][0] if number + 1 < len(steps) else done)
        add("go", decide, confirm)
        add("approved", confirm, write)
        add("stale", write, confirm)
        for event, source in (("failed", read), ("failed", write), ("hand_over", decide), ("undecided", decide)):
            add(event, source, person)
        for event in ("rejected", "expired", "unplannable"):
            add(event, confirm, person)
        parts |= {f"{name}{number}": state for name, state in zip(NAMES, steps[number], strict=True)}
    made = new_class("Long", (ActionMachine,), exec_body=lambda body: body.update(parts | events | ends))
    return cast(type[ActionMachine], made)


NAMES = ("reading", "deciding", "confirming", "writing")


def _step(number: int) -> tuple[Call, Decide, Confirm, Call]:
    return (
        Call("rows.read", "read", initial=number == 0),
        Decide("prompt", {"go": HandOver, "hand_over": HandOver}),
        Confirm([f"writing{number}"], role="support", within=timedelta(days=3)),
        Call("rows.write", "destructive"),
    )


def measure() -> Table:
    """Seconds for one verification by number of states, and for all that are registered."""
    found = Table("machine", "states", "transitions", "ms", title="Verifying machines")
    for size in SIZES:
        machine = machine_of(size)
        found.add_row(
            "made up", str(len(machine.states)), str(_transitions(machine)), f"{_milliseconds([machine]):.1f}"
        )
    known = list(machines().values())
    states = sum(len(machine.states) for machine in known)
    transitions = sum(map(_transitions, known))
    found.add_row(f"all {len(known)} registered", str(states), str(transitions), f"{_milliseconds(known):.1f}")
    return found


def _transitions(machine: type[ActionMachine]) -> int:
    return sum(len(list(state.transitions)) for state in machine.states)


def _milliseconds(machines: list[type[ActionMachine]]) -> float:
    started = time.perf_counter()
    for machine in machines:
        verify(machine)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    Console().print(measure())
