"""Proofs over all paths of a machine (docs/architecture.md, "The machine"). A machine that breaks one does not load."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from machines.arguments import cites
from machines.base import WITHDRAW, ActionMachine
from machines.graph import Edge, Graph, Path, in_words
from machines.states import Ask, Call, Confirm, Decide, End, LeverState, Wait


class UnsafeMachine(Exception):
    """A machine breaks a proof; the message names the rule and the offending path."""


def verify(machine: type[ActionMachine]) -> None:
    """Check the proofs.

    Raises:
        UnsafeMachine: naming every broken rule with the shortest path that breaks it.
    """
    graph = Graph.of(machine)
    problems = [problem for proof in PROOFS for problem in proof(graph)]
    if problems:
        raise UnsafeMachine(f"machine {machine.__name__} is not safe:\n" + "\n".join(f"- {p}" for p in problems))


def _destructive_only_when_confirmed(graph: Graph) -> Iterator[str]:
    """A destructive ``Call`` is reached only from a covering ``Confirm``, through calls and waits alone, once."""
    for call in _destructive(graph):
        path = _unconfirmed_path(call, graph)
        if path is not None:
            yield f"destructive call {call.id!r} is reachable without a confirmation that covers it: {in_words(path)}"
        for edge in graph.leaving(call):
            if edge.event == "stale" and not _covers(edge.target, call):
                yield f"a stale plan must be confirmed anew, but {in_words((edge,))} leads elsewhere"
    calls = {state.id for state in graph.states if isinstance(state, Call)}
    confirmations = [state for state in graph.states if isinstance(state, Confirm)]
    for confirm in confirmations:
        if not confirm.covers or (isinstance(confirm.quorum, int) and confirm.quorum < 1):
            yield f"confirmation {confirm.id!r} must cover at least one call and ask at least one person"
        if confirm.money is None and (callable(confirm.quorum) or confirm.amount is not None):
            yield f"confirmation {confirm.id!r} has a rule on people or amounts, and does not say of which money"
        if any(other is not confirm and _asks_less(other, confirm) for other in confirmations):
            yield f"confirmation {confirm.id!r} covers just what another one does, and they ask differently of people"
        for covered in confirm.covers:
            if covered not in calls:
                yield f"confirmation {confirm.id!r} covers {covered!r}, which is not a call of this machine"


def _plans_are_carried_out_as_shown(graph: Graph) -> Iterator[str]:
    """The calls that a confirmation covers follow each other as its plan shows them, or after a waiting period."""
    states = {state.id: state for state in graph.states}
    for confirm in (state for state in graph.states if isinstance(state, Confirm)):
        for call, follows in pairwise(confirm.covers):
            for edge in graph.leaving(states[call]) if call in states else ():
                if edge.event == "succeeded" and edge.target.id != follows and not isinstance(edge.target, Wait):
                    yield f"{confirm.id!r} covers {call!r} and then {follows!r}, but there is {in_words((edge,))}"


def _asks_less(other: Confirm, confirm: Confirm) -> bool:
    """Whether another confirmation of the same calls asks otherwise: a hostile driver could pick the weaker."""
    return other.covers == confirm.covers and (
        other.role,
        other.quorum,
        other.money,
        other.amount,
        other.escalate_to,
    ) != (
        confirm.role,
        confirm.quorum,
        confirm.money,
        confirm.amount,
        confirm.escalate_to,
    )


def _unconfirmed_path(call: Call, graph: Graph) -> Path | None:
    def step(edge: Edge, covered: bool) -> bool:
        if isinstance(edge.source, Confirm) and edge.event == "approved":
            return _covers(edge.source, call)
        # Anything but another call, or time passing, in between could change what was shown.
        return covered and isinstance(edge.source, Call | Wait) and edge.source is not call

    def unconfirmed(state: LeverState, covered: bool) -> bool:
        return state is call and not covered

    return graph.find(False, step, unconfirmed)


def _waits_fail_closed(graph: Graph) -> Iterator[str]:
    """Each waiting state has a deadline, after which nothing more is destroyed and no model is asked.

    A ``Wait`` between an approval and what it covers is there so that the action can still be withdrawn.
    """
    for edge in graph.edges:
        if isinstance(edge.target, Wait) and edge.event == "approved" and not _withdrawable(edge.target, graph):
            yield f"an approved action must be withdrawable while it waits: {in_words((edge,))}"
    for state in graph.states:
        if isinstance(state, Wait) and state.lasts <= timedelta(0):
            yield f"waiting period {state.id!r} must last longer than nothing (lasts > 0)"
        if isinstance(state, Decide) and state.patience <= timedelta(0):
            yield f"decision {state.id!r} needs a deadline for a model that is away (patience > 0)"
        if not isinstance(state, Ask | Confirm):
            continue
        if state.within <= timedelta(0) or not timedelta(0) <= state.remind < state.within:
            yield f"waiting state {state.id!r} needs a deadline (within > 0) and a reminder before it"
        if isinstance(state, Confirm) and state.escalate_to is not None and not state.remind:
            yield f"confirmation {state.id!r} escalates when it reminds, so it needs a reminder (remind > 0)"
        event = "unanswered" if isinstance(state, Ask) else "expired"
        for edge in graph.leaving(state):
            if edge.event == event and not _closed(edge.target):
                yield f"the deadline of {state.id!r} must end the action or undo it, but leads on: {in_words((edge,))}"


def _withdrawable(state: LeverState, graph: Graph) -> bool:
    return any(edge.event == WITHDRAW and edge.always for edge in graph.leaving(state))


def _decides_offer_a_person(graph: Graph) -> Iterator[str]:
    """Each ``Decide`` can always give the action to a person, and offers just the events that it has."""
    for state in graph.states:
        if not isinstance(state, Decide):
            continue
        leaving = graph.leaving(state)
        ways = [edge for edge in leaving if edge.event in state.offers and edge.always and _person(edge.target)]
        if not ways:
            yield f"decision {state.id!r} offers no unconditional way to a person"
        for edge in leaving:
            if edge.event == "undecided" and not _person(edge.target):
                yield f"decision {state.id!r} without a usable proposal must go to a person: {in_words((edge,))}"
        proposed = {edge.event for edge in leaving} - {"undecided", WITHDRAW}
        for event in sorted(proposed ^ state.offers.keys()):
            yield f"decision {state.id!r}: {event!r} must be both a transition and an offer with arguments"


def _outcomes_lead_to_an_end(graph: Graph) -> Iterator[str]:
    """Every outcome of every state leads somewhere without a condition, and every state can reach an end."""
    ending = graph.reaching(lambda state: isinstance(state, End))
    for state in graph.states:
        for outcome in state.sends:
            if not any(edge.event == outcome and edge.always for edge in graph.leaving(state)):
                yield f"state {state.id!r} has no unconditional transition for its outcome {outcome!r}"
        if not isinstance(state, Decide):
            for edge in graph.leaving(state):
                if edge.event not in (*state.sends, WITHDRAW):
                    yield f"{in_words((edge,))}: a {type(state).__name__} never sends {edge.event!r}"
        if state.id not in ending:
            yield f"state {state.id!r} cannot reach an end"


def _failing_writes_are_taken_care_of(graph: Graph) -> Iterator[str]:
    """A failing write leads to its compensation or a person; what was written is finished, undone or handed over."""
    for edge in graph.edges:
        if isinstance(edge.source, Call) and edge.source.writes:
            if edge.event == "failed" and not (_person(edge.target) or _compensates(edge.target)):
                yield f"failing write {edge.source.id!r} leads to no compensation and no person: {in_words((edge,))}"
            if edge.event == WITHDRAW:
                yield f"an action cannot be withdrawn in the middle of the write {edge.source.id!r}"

    def step(edge: Edge, written: bool) -> bool:
        if isinstance(edge.source, Call) and edge.source.writes and edge.event == "succeeded":
            return edge.source.compensates is None
        return written

    def loose(state: LeverState, written: bool) -> bool:
        return isinstance(state, End) and written and state.kind not in ("done", "handed_over")

    path = graph.find(False, step, loose)
    if path is not None:
        yield f"a write is left standing by an action that ends {path[-1].target.id!r}: {in_words(path)}"


def _what_stands_outside_is_seen_to(graph: Graph) -> Iterator[str]:
    """Where a call that asks a system outside fails after another one has succeeded, that is undone, or a person's."""
    Mark = tuple[frozenset[str], bool]

    def step(edge: Edge, mark: Mark) -> Mark:
        standing, failed = mark
        call = edge.source
        if not isinstance(call, Call) or not call.writes:
            return mark
        if edge.event in ("succeeded", "pending"):
            undone = frozenset({call.compensates}) if call.compensates else frozenset()
            return (standing | {call.id} if call.asks else standing - undone), failed
        return standing, failed or bool(call.asks and edge.event == "failed" and standing)

    def quiet(state: LeverState, mark: Mark) -> bool:
        standing, failed = mark
        return isinstance(state, End) and failed and bool(standing) and not _person(state)

    path = graph.find((frozenset[str](), False), step, quiet)
    if path is not None:
        yield f"what was asked of a system outside stands after another such call has failed: {in_words(path)}"


def _declines_rest_on_a_clause(graph: Graph) -> Iterator[str]:
    """An action is declined only after a proposal that cites a clause of the policy."""

    def step(edge: Edge, cited: bool) -> bool:
        if not isinstance(edge.source, Decide):
            return cited
        offer = edge.source.offers.get(edge.event)
        return offer is not None and cites(offer)

    def groundless(state: LeverState, cited: bool) -> bool:
        return isinstance(state, End) and state.kind == "declined" and not cited

    path = graph.find(False, step, groundless)
    if path is not None:
        yield f"an action is declined without a clause that it rests on: {in_words(path)}"


def _destructive(graph: Graph) -> Iterator[Call]:
    return (state for state in graph.states if isinstance(state, Call) and state.effect == "destructive")


def _person(state: LeverState) -> bool:
    return isinstance(state, End) and state.kind == "handed_over"


def _covers(state: LeverState, call: Call) -> bool:
    return isinstance(state, Confirm) and call.id in state.covers


def _compensates(state: LeverState) -> bool:
    return isinstance(state, Call) and state.compensates is not None


def _closed(state: LeverState) -> bool:
    return isinstance(state, End) or _compensates(state)


PROOFS = (
    _destructive_only_when_confirmed,
    _plans_are_carried_out_as_shown,
    _waits_fail_closed,
    _decides_offer_a_person,
    _outcomes_lead_to_an_end,
    _failing_writes_are_taken_care_of,
    _what_stands_outside_is_seen_to,
    _declines_rest_on_a_clause,
)
"""What is checked; the first line of each docstring says it in words."""
