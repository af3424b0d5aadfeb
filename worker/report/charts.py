"""Bars and histograms as SVG: one message each, with its figures written out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from leverframe.telling import inert

WIDTH, LABELS, VALUES = 400, 130, 56
"""Pixels: of the picture, of the names on the left of bars, of the figures on their right."""
BAR, GAP = 18, 8
TALL, FOOT = 150, 44
"""Of a histogram: its columns, and what stands below them."""
OPEN = Markup(
    '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{id}-t">'
    '<title id="{id}-t">{title}: {words}</title>'
)


@dataclass(frozen=True)
class Bar:
    """A name and how many there are of it."""

    name: str
    count: int


def bars(bars: Sequence[Bar], title: str, axis: str, name: str) -> Markup:
    """Horizontal bars, the longest filling the width; ``name`` makes the picture's ids unique on the page."""
    most = max((bar.count for bar in bars), default=0) or 1
    room = WIDTH - LABELS - VALUES
    bottom = len(bars) * (BAR + GAP)
    drawn = []
    for number, bar in enumerate(bars):
        y, width = number * (BAR + GAP), room * bar.count / most
        drawn.append(
            Markup(
                '<text x="{l}" y="{t}" text-anchor="end">{name}</text>'
                '<rect class="bar" x="{x}" y="{y}" width="{w:.1f}" height="{h}"/>'
                '<text x="{v:.1f}" y="{t}">{count}</text>'
            ).format(
                l=LABELS - 6, t=y + 14, name=_short(bar.name), x=LABELS, y=y + 1, w=width, h=BAR, v=LABELS + width + 5,
                count=f"{bar.count:,}",
            )
        )  # fmt: skip
    foot = Markup(
        '<line class="axis" x1="{x}" y1="0" x2="{x}" y2="{b}"/><text class="tick" x="{x}" y="{t}">{axis}</text>'
    ).format(x=LABELS, b=bottom, t=bottom + 14, axis=f"0 → {axis}")
    return _opened(bars, title, name, bottom + 20) + Markup("").join(drawn) + foot + Markup("</svg>")


def histogram(bins: Sequence[Bar], title: str, axis: str, name: str) -> Markup:
    """Columns side by side in the order given, each with its count above and its name below."""
    most = max((bar.count for bar in bins), default=0) or 1
    width = WIDTH / max(len(bins), 1)
    top, drawn = 16, []
    for number, bar in enumerate(bins):
        height = TALL * bar.count / most
        middle = width * (number + 0.5)
        drawn.append(
            Markup(
                '<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"/>'
                '<text x="{m:.1f}" y="{v:.1f}" text-anchor="middle">{count}</text>'
                '<text class="tick" x="{m:.1f}" y="{t}" text-anchor="middle">{name}</text>'
            ).format(
                x=width * number + 1.5, y=top + TALL - height, w=width - 3, h=height, m=middle,
                v=top + TALL - height - 4, count=f"{bar.count:,}" if bar.count else "", t=top + TALL + 14,
                name=bar.name,
            )
        )  # fmt: skip
    foot = Markup(
        '<line class="axis" x1="0" y1="{y}" x2="{w}" y2="{y}"/>'
        '<text class="tick" x="{m}" y="{t}" text-anchor="middle">{axis}</text>'
    ).format(y=top + TALL, w=WIDTH, m=WIDTH / 2, t=top + TALL + 34, axis=axis)
    return _opened(bins, title, name, top + TALL + FOOT) + Markup("").join(drawn) + foot + Markup("</svg>")


def _opened(bars: Sequence[Bar], title: str, name: str, height: int) -> Markup:
    words = ", ".join(f"{inert(bar.name)} {bar.count}" for bar in bars)
    return OPEN.format(w=WIDTH, h=height, id=name, title=inert(title), words=words)


def _short(name: str, limit: int = 20) -> str:
    name = inert(name)
    return name if len(name) <= limit else f"{name[: limit - 1]}…"
