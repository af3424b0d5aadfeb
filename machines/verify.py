"""Proofs over all paths of a machine (DESIGN.md section 3). A machine that breaks one does not load."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from machines.arguments import cites
from machines.base import WITHDRAW, ActionMachine, lever
from machines.states import Ask, Call, Confirm, Decide, End, LeverState, Wait


class UnsafeMachine(Exception):
    """A machine breaks a proof; the message names the rule and the offending path."""


@dataclass(frozen=True)
class Edge:
    """One transition. ``always`` when it has no condition."""

    source: LeverState
    event: str
    target: LeverState
    always: bool


Mark = TypeVar("Mark")
Path = tuple[Edge, ...]


def verify(machine: type[ActionMachine]) -> None:
    """Check the six proofs.

    Raises:
        UnsafeMachine: naming every broken rule with the shortest path that breaks it.
    """
    edges = tuple(_edges(machine))
    states = [lever(state) for state in machine.states]
    initial = next(state for state in states if state.initial)
    checks = (
        _destructive_only_when_confirmed,
        _waits_fail_closed,
        _decides_offer_a_person,
        _outcomes_lead_to_an_end,
        _failing_writes_are_taken_care_of,
        _declines_rest_on_a_clause,
    )
    problems = [problem for check in checks for problem in check(states, initial, edges)]
    if problems:
        raise UnsafeMachine(f"machine {machine.__name__} is not safe:\n" + "\n".join(f"- {p}" for p in problems))


def _edges(machine: type[ActionMachine]) -> Iterator[Edge]:
    for source in machine.states:
        for transition in source.transitions:
            always = not list(transition.cond)
            for target in transition.targets:
                for event in transition.events:
                    yield Edge(lever(source), str(event), lever(target), always)


def _destructive_only_when_confirmed(
    states: list[LeverState], initial: LeverState, edges: tuple[Edge, ...]
) -> Iterator[str]:
    """A destructive ``Call`` is reached only from a covering ``Confirm``, through calls and waits alone, once."""
    for call in _destructive(states):
        path = _unconfirmed_path(call, initial, edges)
        if path is not None:
            yield f"destructive call {call.id!r} is reachable without a confirmation that covers it: {_words(path)}"
        for edge in edges:
            if edge.source is call and edge.event == "stale" and not _covers(edge.target, call):
                yield f"a stale plan must be confirmed anew, but {_words((edge,))} leads elsewhere"
    calls = {state.id for state in states if isinstance(state, Call)}
    for confirm in states:
        if isinstance(confirm, Confirm):
            if not confirm.covers or (isinstance(confirm.quorum, int) and confirm.quorum < 1):
                yield f"confirmation {confirm.id!r} must cover at least one call and ask at least one person"
            if any(other is not confirm and _asks_less(other, confirm) for other in states):
                yield f"confirmation {confirm.id!r} covers just what another one does, and they ask different people"
            for covered in confirm.covers:
                if covered not in calls:
                    yield f"confirmation {confirm.id!r} covers {covered!r}, which is not a call of this machine"


def _asks_less(other: LeverState, confirm: Confirm) -> bool:
    """Whether another confirmation of the same calls asks otherwise: a hostile driver could pick the weaker."""
    return (
        isinstance(other, Confirm)
        and other.covers == confirm.covers
        and (other.role, other.quorum, other.escalate_to) != (confirm.role, confirm.quorum, confirm.escalate_to)
    )


def _unconfirmed_path(call: Call, initial: LeverState, edges: tuple[Edge, ...]) -> Path | None:
    def step(edge: Edge, covered: bool) -> bool:
        if isinstance(edge.source, Confirm) and edge.event == "approved":
            return _covers(edge.source, call)
        # Anything but another call, or time passing, in between could change what was shown.
        return covered and isinstance(edge.source, Call | Wait) and edge.source is not call

    def unconfirmed(state: LeverState, covered: bool) -> bool:
        return state is call and not covered

    return _find(initial, False, edges, step, unconfirmed)


def _waits_fail_closed(states: list[LeverState], initial: LeverState, edges: tuple[Edge, ...]) -> Iterator[str]:
    """Each waiting state has a deadline, after which nothing more is destroyed and no model is asked.

    A ``Wait`` between an approval and what it covers is there so that the action can still be withdrawn.
    """
    for state in states:
        if isinstance(state, Wait):
            if state.lasts <= timedelta(0):
                yield f"waiting period {state.id!r} must last longer than nothing (lasts > 0)"
            for edge in edges:
                if edge.target is state and edge.event == "approved" and not _withdrawable(state, edges):
                    yield f"an approved action must be withdrawable while it waits: {_words((edge,))}"
        if not isinstance(state, Ask | Confirm):
            continue
        if state.within <= timedelta(0) or not timedelta(0) <= state.remind < state.within:
            yield f"waiting state {state.id!r} needs a deadline (within > 0) and a reminder before it"
        if isinstance(state, Confirm) and state.escalate_to is not None and not state.remind:
            yield f"confirmation {state.id!r} escalates when it reminds, so it needs a reminder (remind > 0)"
        event = "unanswered" if isinstance(state, Ask) else "expired"
        for edge in edges:
            if edge.source is state and edge.event == event and not _closed(edge.target):
                yield f"the deadline of {state.id!r} must end the action or undo it, but leads on: {_words((edge,))}"


def _withdrawable(state: LeverState, edges: tuple[Edge, ...]) -> bool:
    return any(edge.source is state and edge.event == WITHDRAW and edge.always for edge in edges)


def _decides_offer_a_person(states: list[LeverState], initial: LeverState, edges: tuple[Edge, ...]) -> Iterator[str]:
    """Each ``Decide`` can always give the action to a person, and offers just the events that it has."""
    for state in states:
        if not isinstance(state, Decide):
            continue
        leaving = [edge for edge in edges if edge.source is state]
        ways = [edge for edge in leaving if edge.event in state.offers and edge.always and _person(edge.target)]
        if not ways:
            yield f"decision {state.id!r} offers no unconditional way to a person"
        for edge in leaving:
            if edge.event == "undecided" and not _person(edge.target):
                yield f"decision {state.id!r} without a usable proposal must go to a person: {_words((edge,))}"
        proposed = {edge.event for edge in leaving} - {"undecided", WITHDRAW}
        for event in sorted(proposed ^ state.offers.keys()):
            yield f"decision {state.id!r}: {event!r} must be both a transition and an offer with arguments"


def _outcomes_lead_to_an_end(states: list[LeverState], initial: LeverState, edges: tuple[Edge, ...]) -> Iterator[str]:
    """Every outcome of every state leads somewhere without a condition, and every state can reach an end."""
    for state in states:
        for outcome in state.sends:
            if not any(edge.source is state and edge.event == outcome and edge.always for edge in edges):
                yield f"state {state.id!r} has no unconditional transition for its outcome {outcome!r}"
        if not isinstance(state, Decide):
            for edge in edges:
                if edge.source is state and edge.event not in (*state.sends, WITHDRAW):
                    yield f"{_words((edge,))}: a {type(state).__name__} never sends {edge.event!r}"
        if _find(state, None, edges, lambda edge, mark: None, lambda at, mark: isinstance(at, End)) is None:
            yield f"state {state.id!r} cannot reach an end"


def _failing_writes_are_taken_care_of(
    states: list[LeverState], initial: LeverState, edges: tuple[Edge, ...]
) -> Iterator[str]:
    """A failing write leads to its compensation or a person; what was written is finished, undone or handed over."""
    for edge in edges:
        if isinstance(edge.source, Call) and edge.source.writes:
            if edge.event == "failed" and not (_person(edge.target) or _compensates(edge.target)):
                yield f"failing write {edge.source.id!r} leads to no compensation and no person: {_words((edge,))}"
            if edge.event == WITHDRAW:
                yield f"an action cannot be withdrawn in the middle of the write {edge.source.id!r}"

    def step(edge: Edge, written: bool) -> bool:
        if isinstance(edge.source, Call) and edge.source.writes and edge.event == "succeeded":
            return edge.source.compensates is None
        return written

    def loose(state: LeverState, written: bool) -> bool:
        return isinstance(state, End) and written and state.kind not in ("done", "handed_over")

    path = _find(initial, False, edges, step, loose)
    if path is not None:
        yield f"a write is left standing by an action that ends {path[-1].target.id!r}: {_words(path)}"


def _declines_rest_on_a_clause(states: list[LeverState], initial: LeverState, edges: tuple[Edge, ...]) -> Iterator[str]:
    """An action is declined only after a proposal that cites a clause of the policy."""

    def step(edge: Edge, cited: bool) -> bool:
        if not isinstance(edge.source, Decide):
            return cited
        offer = edge.source.offers.get(edge.event)
        return offer is not None and cites(offer)

    def groundless(state: LeverState, cited: bool) -> bool:
        return isinstance(state, End) and state.kind == "declined" and not cited

    path = _find(initial, False, edges, step, groundless)
    if path is not None:
        yield f"an action is declined without a clause that it rests on: {_words(path)}"


def _find(
    start: LeverState,
    mark: Mark,
    edges: tuple[Edge, ...],
    step: Callable[[Edge, Mark], Mark],
    bad: Callable[[LeverState, Mark], bool],
) -> Path | None:
    """The shortest path from ``start`` to a state that is ``bad``; ``mark`` is what ``step`` remembers on the way."""
    leaving: dict[str, list[Edge]] = {}
    for edge in edges:
        leaving.setdefault(edge.source.id, []).append(edge)
    seen: set[tuple[str, Mark]] = {(start.id, mark)}
    queue: deque[tuple[LeverState, Mark, Path]] = deque([(start, mark, ())])
    while queue:
        state, here, path = queue.popleft()
        if bad(state, here):
            return path
        for edge in leaving.get(state.id, ()):
            there = step(edge, here)
            if (edge.target.id, there) not in seen:
                seen.add((edge.target.id, there))
                queue.append((edge.target, there, (*path, edge)))
    return None


def _destructive(states: list[LeverState]) -> Iterator[Call]:
    return (state for state in states if isinstance(state, Call) and state.effect == "destructive")


def _person(state: LeverState) -> bool:
    return isinstance(state, End) and state.kind == "handed_over"


def _covers(state: LeverState, call: Call) -> bool:
    return isinstance(state, Confirm) and call.id in state.covers


def _compensates(state: LeverState) -> bool:
    return isinstance(state, Call) and state.compensates is not None


def _closed(state: LeverState) -> bool:
    return isinstance(state, End) or _compensates(state)


def _words(path: Path) -> str:
    if not path:
        return "(the initial state)"
    return path[0].source.id + "".join(f" --{edge.event}--> {edge.target.id}" for edge in path)
