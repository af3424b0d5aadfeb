"""The picture of a machine: all of it is there, and the way taken is marked."""

from itertools import pairwise

import pytest

from audit.report.diagram import draw
from audit.report.layout import lay_out
from leverframe.naming import came, stands
from machines.base import WITHDRAW
from machines.graph import Graph
from machines.registry import machines
from machines.shop.order_cancellation import OrderCancellation
from machines.states import End


@pytest.mark.parametrize("name", sorted(machines()))
def test_a_diagram_has_every_state_and_transition(name: str) -> None:
    graph = Graph.of(machines()[name])
    layout = lay_out(graph, [])
    assert len(layout.rows) == sum(not isinstance(state, End) for state in graph.states)
    drawn = {event for link in layout.links for event in link.events.split(", ")}
    drawn |= {event for row in layout.rows for way in row.exits for event in way.events.split(", ")}
    events = {came(edge.event) for edge in graph.edges if edge.event != WITHDRAW}
    assert drawn == events
    ends = {way.end for row in layout.rows for way in row.exits}
    reached = {
        stands(edge.target.id).capitalize()
        for edge in graph.edges
        if isinstance(edge.target, End) and edge.event != WITHDRAW
    }
    assert ends == reached
    for lane in range(layout.lanes):
        spans = sorted(sorted((link.source, link.target)) for link in layout.links if link.lane == lane)
        assert all(one[1] < other[0] for one, other in pairwise(spans)), "two arcs overlap"


def test_the_way_taken_is_numbered() -> None:
    steps = [
        ("screening", "passed", "reading"),
        ("reading", "succeeded", "deciding"),
        ("deciding", "ask", "asking"),
        ("asking", "answered", "screening"),
        ("screening", "passed", "reading"),
        ("reading", WITHDRAW, "withdrawn"),
    ]
    layout = lay_out(Graph.of(OrderCancellation), steps)
    numbers = {link.events: link.taken for link in layout.links if link.taken}
    assert numbers == {"passed": (1, 5), "done": (2,), "ask": (3,), "answered": (4,)}
    taken = [(row.name, way.end, way.taken) for row in layout.rows for way in row.exits if way.taken]
    assert taken == [("Reading", "Withdrawn", (6,))]
    assert [row.name for row in layout.rows if row.visited] == ["Screening", "Reading", "Deciding", "Asking"]
    assert draw(OrderCancellation, steps) == draw(OrderCancellation, steps)
    assert "6. reading, withdraw: withdrawn" in draw(OrderCancellation, steps)
