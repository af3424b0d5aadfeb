"""Where the states and transitions of a machine are drawn: a row for each state, so that no line crosses a name. Pure.

The rows are in the order in which the states are reached. A transition to the next row is a line between the two, to
any other row an arc in a lane on the left, to an end a short line on the right to a name of that end: ends have many
transitions, and one box for each would be lost among its lines.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leverframe.naming import came, stands, words, writing
from machines.base import WITHDRAW
from machines.graph import Edge, Graph
from machines.states import Ask, Call, Confirm, Decide, Dispatch, End, LeverState, Screen, Wait

Step = tuple[str, str, str]
"""A transition that was taken: source, event, target."""
Numbers = tuple[int, ...]
"""When on the way, from 1; empty for what was not taken."""

MUCH = 24
"""Characters of events that fit on one line to an end."""


@dataclass(frozen=True)
class Link:
    """One or more transitions between the same two rows."""

    source: int
    target: int
    events: str
    taken: Numbers
    lane: int | None = None
    """On the left, counted from the boxes; ``None`` for a line to the next row."""


@dataclass(frozen=True)
class Exit:
    """Transitions to an end."""

    events: str
    end: str
    taken: Numbers


@dataclass(frozen=True)
class Row:
    """A state with the ends that can be reached from it at once."""

    name: str
    what: str
    """Who or what moves it on, in words."""
    visited: bool
    exits: tuple[Exit, ...]


@dataclass(frozen=True)
class Layout:
    """All of a machine that is drawn."""

    rows: tuple[Row, ...]
    links: tuple[Link, ...]

    @property
    def lanes(self) -> int:
        """How many lanes there are on the left."""
        return max((link.lane + 1 for link in self.links if link.lane is not None), default=0)


def lay_out(graph: Graph, steps: Sequence[Step]) -> Layout:
    """The same machine and way make the same layout. Withdrawals are left out unless one was taken."""
    taken = _numbers(steps)
    order = _order(graph)
    place = {state.id: number for number, state in enumerate(order)}
    visited = {graph.initial.id, *(name for source, _, target in steps for name in (source, target))}
    edges = [edge for edge in graph.edges if edge.event != WITHDRAW or _step(edge) in taken]
    rows = tuple(
        Row(
            stands(state.id).capitalize(),
            _what(state),
            state.id in visited and bool(steps),
            _exits(state, edges, taken),
        )
        for state in order
    )
    return Layout(rows, _with_lanes(_links(edges, place, taken)))


def _numbers(steps: Sequence[Step]) -> Mapping[Step, Numbers]:
    found: dict[Step, Numbers] = defaultdict(tuple)
    for number, step in enumerate(steps, 1):
        found[step] = (*found[step], number)
    return dict(found)


def _order(graph: Graph) -> list[LeverState]:
    """States that are no ends, each before what it leads to wherever there is no loop: depth first, last first."""
    done: list[LeverState] = []
    seen: set[str] = set()

    def visit(state: LeverState) -> None:
        seen.add(state.id)
        for edge in graph.leaving(state):
            if edge.target.id not in seen and not isinstance(edge.target, End):
                visit(edge.target)
        done.append(state)

    visit(graph.initial)
    return [*reversed(done), *(s for s in graph.states if s.id not in seen and not isinstance(s, End))]


def _links(edges: Sequence[Edge], place: Mapping[str, int], taken: Mapping[Step, Numbers]) -> list[Link]:
    between: dict[tuple[int, int], list[Edge]] = defaultdict(list)
    for edge in edges:
        if not isinstance(edge.target, End):
            between[place[edge.source.id], place[edge.target.id]].append(edge)
    return [Link(source, target, _events(same), _taken(same, taken)) for (source, target), same in between.items()]


def _with_lanes(links: Sequence[Link]) -> tuple[Link, ...]:
    """Short arcs next to the boxes, and no two that overlap in one lane."""
    lanes: list[list[Link]] = []
    placed = []
    for link in sorted(links, key=lambda link: (abs(link.target - link.source), link.source, link.target)):
        if link.target == link.source + 1:
            placed.append(link)
            continue
        free = (number for number, lane in enumerate(lanes) if not any(_overlap(link, other) for other in lane))
        number = next(free, len(lanes))
        lanes[number:] = [[*(lanes[number] if number < len(lanes) else ()), link], *lanes[number + 1 :]]
        placed.append(Link(link.source, link.target, link.events, link.taken, number))
    return tuple(placed)


def _overlap(one: Link, other: Link) -> bool:
    return min(one.source, one.target) <= max(other.source, other.target) and min(other.source, other.target) <= max(
        one.source, one.target
    )


def _exits(state: LeverState, edges: Sequence[Edge], taken: Mapping[Step, Numbers]) -> tuple[Exit, ...]:
    by_end: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.source.id == state.id and isinstance(edge.target, End):
            by_end[edge.target.id].append(edge)
    groups = [
        group
        for same in by_end.values()
        for group in ([same] if len(_events(same)) <= MUCH else [[edge] for edge in same])
    ]
    return tuple(Exit(_events(group), _named(group[0].target), _taken(group, taken)) for group in groups)


def _named(state: LeverState) -> str:
    return stands(state.id).capitalize()


def _events(edges: Sequence[Edge]) -> str:
    return ", ".join(dict.fromkeys(came(edge.event) for edge in edges))


def _taken(edges: Sequence[Edge], taken: Mapping[Step, Numbers]) -> Numbers:
    return tuple(sorted({number for edge in edges for number in taken.get(_step(edge), ())}))


def _step(edge: Edge) -> Step:
    return edge.source.id, edge.event, edge.target.id


def _what(state: LeverState) -> str:
    match state:
        case Screen():
            return "guards screen"
        case Decide():
            return "the model proposes"
        case Confirm():
            return "people confirm"
        case Ask():
            return "the user is asked"
        case Wait():
            return "time passes"
        case Dispatch():
            return "parts run"
        case Call():
            return writing(state.tool) if state.writes else words(state.tool).replace(".", ", ")
    return ""
