"""A machine as a picture (SVG), with the way that an action took through it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from audit.report.layout import Exit, Layout, Link, Numbers, Row, Step, lay_out
from leverframe.telling import inert
from machines.base import ActionMachine
from machines.graph import Graph

BOX, TALL, GAP, LANE, LINE = 172, 46, 40, 24, 24
"""Pixels: width and least height of a box, between boxes, between lanes, between the ends of a row."""
TOP, SIDE = 30, 12
LETTER = 7.0
"""About the width of a letter of 12 pixels."""
OPEN = Markup(
    '<svg class="diagram" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}"'
    ' role="img" aria-labelledby="{id}-t {id}-d">'
)
TITLE = Markup('<title id="{id}-t">{title}</title><desc id="{id}-d">{words}</desc>')


@dataclass(frozen=True)
class Place:
    """Where a row stands."""

    top: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height


def draw(machine: type[ActionMachine], steps: Sequence[Step], name: str = "way") -> Markup:
    """The picture; ``name`` makes its ids unique on the page."""
    layout = lay_out(Graph.of(machine), steps)
    left = SIDE + LANE * layout.lanes + (6 if layout.lanes else 0)
    places = _places(layout.rows)
    width = left + BOX + max(map(_reach, layout.rows))
    ways = "; ".join(f"{n}. {source}, {event}: {target}" for n, (source, event, target) in enumerate(steps, 1))
    return Markup("").join(
        [
            OPEN.format(w=width, h=places[-1].bottom + SIDE, id=name),
            TITLE.format(id=name, title=f"The states of {machine.action}", words=inert(ways) or "No way is marked."),
            _begin(left, places[0], bool(steps)),
            *(_link(link, left, places, layout) for link in sorted(layout.links, key=lambda link: bool(link.taken))),
            *(_row(row, left, place) for row, place in zip(layout.rows, places, strict=True)),
            Markup("</svg>"),
        ]
    )


def _places(rows: Sequence[Row]) -> list[Place]:
    places, top = [], float(TOP)
    for row in rows:
        places.append(Place(top, max(TALL, LINE * len(row.exits) + 8)))
        top = places[-1].bottom + GAP
    return places


def _reach(row: Row) -> float:
    """How far the ends of a row reach to the right of its box, and the words of a line below it."""
    return max((_exit_width(way) for way in row.exits), default=0) + SIDE + 90 * (not row.exits)


def _exit_width(way: Exit) -> float:
    return 16 + _label_width(way.events, way.taken) + 22 + LETTER * len(way.end) + 18


def _begin(left: float, first: Place, taken: bool) -> Markup:
    middle = left + BOX / 2
    mark = Markup('<circle class="{c}" cx="{x:.0f}" cy="8" r="5"/>').format(c=_class("dot", taken), x=middle)
    return mark + _line([(middle, 13), (middle, first.top)], taken)


def _row(row: Row, left: float, place: Place) -> Markup:
    box = Markup(
        '<rect class="{c}" x="{x:.0f}" y="{y:.0f}" width="{w}" height="{h:.0f}" rx="7"/>'
        '<text class="name" x="{m:.0f}" y="{a:.0f}" text-anchor="middle">{name}</text>'
        '<text class="what" x="{m:.0f}" y="{b:.0f}" text-anchor="middle">{what}</text>'
    ).format(
        c=_class("box", row.visited),
        x=left,
        y=place.top,
        w=BOX,
        h=place.height,
        m=left + BOX / 2,
        a=place.top + place.height / 2 - 3,
        b=place.top + place.height / 2 + 14,
        name=row.name,
        what=row.what,
    )
    start = place.top + place.height / 2 - LINE * (len(row.exits) - 1) / 2
    return box + Markup("").join(_exit(way, left + BOX, start + LINE * number) for number, way in enumerate(row.exits))


def _exit(way: Exit, x: float, y: float) -> Markup:
    label = x + 16
    pill = label + _label_width(way.events, way.taken) + 22
    width = LETTER * len(way.end) + 18
    return (
        Markup('<line class="{c}" x1="{x:.0f}" y1="{y:.0f}" x2="{to:.0f}" y2="{y:.0f}"/>').format(
            c=_class("way", bool(way.taken)), x=x, y=y, to=x + 13
        )
        + _label(way.events, way.taken, label, y)
        + _line([(pill - 18, y), (pill, y)], bool(way.taken))
        + Markup(
            '<rect class="{c}" x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="20" rx="10"/>'
            '<text class="end-name" x="{m:.0f}" y="{t:.0f}" text-anchor="middle">{name}</text>'
        ).format(c=_class("end", bool(way.taken)), x=pill, y=y - 10, w=width, m=pill + width / 2, t=y + 4, name=way.end)
    )


def _link(link: Link, left: float, places: Sequence[Place], layout: Layout) -> Markup:
    taken = bool(link.taken)
    if link.lane is None:
        middle = left + BOX / 2
        y, to = places[link.source].bottom, places[link.target].top
        return _line([(middle, y), (middle, to)], taken) + _label(link.events, link.taken, middle + 8, (y + to) / 2 - 2)
    x = left - 10 - LANE * link.lane
    y, to = _port(link, link.source, places, layout), _port(link, link.target, places, layout)
    if link.source == link.target:
        y, to = y + 10, to - 10
    start = (y + to) / 2 + _label_width(link.events, link.taken) / 2
    arc = _line([(left, y), (x, y), (x, to), (left, to)], taken)
    return arc + Markup('<g transform="rotate(-90 {x:.0f} {y:.0f})">{label}</g>').format(
        x=x - 5, y=start, label=_label(link.events, link.taken, x - 5, start - 4)
    )


def _port(link: Link, row: int, places: Sequence[Place], layout: Layout) -> float:
    """Where on the left side of a box an arc begins or ends: each at a height of its own, upward ones above."""
    touching = [other for other in layout.links if other.lane is not None and row in (other.source, other.target)]

    def other_end(arc: Link) -> tuple[int, int, int]:
        far = arc.target if arc.source == row else arc.source
        return (far, arc.source, arc.target)

    ordered = sorted(touching, key=other_end)
    return places[row].top + places[row].height * (ordered.index(link) + 1) / (len(ordered) + 1)


def _line(points: Sequence[tuple[float, float]], taken: bool) -> Markup:
    """A line with right angles and a head at its end."""
    (x0, y0), (x, y) = points[-2:]
    dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
    size = 8 if taken else 6
    base = (x - dx * size, y - dy * size)
    wings = [(base[0] + side * dy * size / 2, base[1] + side * dx * size / 2) for side in (-1, 1)]
    return Markup('<polyline class="{c}" points="{line}"/><polygon class="{h}" points="{head}"/>').format(
        c=_class("way", taken),
        line=_points([*points[:-1], base]),
        h=_class("head", taken),
        head=_points([(x, y), *wings]),
    )


def _label(events: str, taken: Numbers, x: float, y: float) -> Markup:
    """The events, behind the numbers of the steps that took them."""
    badge = Markup("")
    if taken:
        width = _badge_width(taken)
        badge = Markup(
            '<rect class="badge" x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="16" rx="8"/>'
            '<text class="number" x="{m:.0f}" y="{t:.0f}" text-anchor="middle">{n}</text>'
        ).format(x=x, y=y - 8, w=width, m=x + width / 2, t=y + 4, n=_listed(taken))
        x += width + 4
    text = Markup('<text class="{c}" x="{x:.0f}" y="{y:.0f}">{events}</text>')
    return badge + text.format(c=_class("event", bool(taken)), x=x, y=y + 4, events=events)


def _label_width(events: str, taken: Numbers) -> float:
    return LETTER * len(events) * (1.08 if taken else 1) + (_badge_width(taken) + 4 if taken else 0)


def _badge_width(taken: Numbers) -> float:
    return 9 + LETTER * len(_listed(taken))


def _listed(taken: Numbers) -> str:
    shown = ", ".join(map(str, taken[:4]))
    return f"{shown} …" if len(taken) > 4 else shown


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _class(name: str, taken: bool) -> str:
    return f"{name} taken" if taken else name
