"""The paths of a machine."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from machines.base import ActionMachine, lever
from machines.states import LeverState

Mark = TypeVar("Mark")


@dataclass(frozen=True)
class Edge:
    """One transition. ``always`` when it has no condition."""

    source: LeverState
    event: str
    target: LeverState
    always: bool


Path = tuple[Edge, ...]


@dataclass(frozen=True)
class Graph:
    """All states and transitions of a machine."""

    states: tuple[LeverState, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def of(cls, machine: type[ActionMachine]) -> "Graph":
        """Raises TypeError for a state of a type that the workflow does not know."""
        return cls(tuple(lever(state) for state in machine.states), tuple(_edges(machine)))

    @cached_property
    def initial(self) -> LeverState:
        return next(state for state in self.states if state.initial)

    @cached_property
    def _leaving(self) -> dict[str, list[Edge]]:
        leaving: dict[str, list[Edge]] = {state.id: [] for state in self.states}
        for edge in self.edges:
            leaving[edge.source.id].append(edge)
        return leaving

    def leaving(self, state: LeverState) -> list[Edge]:
        """The transitions that leave a state."""
        return self._leaving[state.id]

    def find(
        self, mark: Mark, step: Callable[[Edge, Mark], Mark], bad: Callable[[LeverState, Mark], bool]
    ) -> Path | None:
        """The shortest path from the beginning to a state that is ``bad``; ``mark`` is what ``step`` remembers."""
        start = (self.initial.id, mark)
        came: dict[tuple[str, Mark], tuple[tuple[str, Mark], Edge] | None] = {start: None}
        queue = deque([(self.initial, mark)])
        while queue:
            state, here = queue.popleft()
            if bad(state, here):
                return _path(came, (state.id, here))
            for edge in self.leaving(state):
                there = (edge.target.id, step(edge, here))
                if there not in came:
                    came[there] = ((state.id, here), edge)
                    queue.append((edge.target, there[1]))
        return None

    def reached(self, start: LeverState) -> set[str]:
        """Ids of the states that can be reached from one."""
        found: set[str] = set()
        queue = deque([start])
        while queue:
            for edge in self.leaving(queue.popleft()):
                if edge.target.id not in found:
                    found.add(edge.target.id)
                    queue.append(edge.target)
        return found

    def reaching(self, goals: Callable[[LeverState], bool]) -> set[str]:
        """Ids of the states from which one of the goals can be reached."""
        entering: dict[str, list[str]] = {}
        for edge in self.edges:
            entering.setdefault(edge.target.id, []).append(edge.source.id)
        found = {state.id for state in self.states if goals(state)}
        queue = deque(found)
        while queue:
            for source in entering.get(queue.popleft(), ()):
                if source not in found:
                    found.add(source)
                    queue.append(source)
        return found


def in_words(path: Path) -> str:
    """A path as people read it."""
    if not path:
        return "(the initial state)"
    return path[0].source.id + "".join(f" --{edge.event}--> {edge.target.id}" for edge in path)


def _path(came: dict[tuple[str, Mark], tuple[tuple[str, Mark], Edge] | None], end: tuple[str, Mark]) -> Path:
    edges: list[Edge] = []
    step = came[end]
    while step is not None:
        end, edge = step
        edges.append(edge)
        step = came[end]
    return tuple(reversed(edges))


def _edges(machine: type[ActionMachine]) -> Iterator[Edge]:
    for source in machine.states:
        for transition in source.transitions:
            always = not list(transition.cond)
            for target in transition.targets:
                for event in transition.events:
                    yield Edge(lever(source), str(event), lever(target), always)
