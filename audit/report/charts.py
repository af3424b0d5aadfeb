"""Bars and histograms as SVG: one message each, with its figures written out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from markupsafe import Markup

from leverframe.telling import inert

WIDTH, VALUES, LETTERS = 400, 56, 44
"""Of the picture and of the figures on the right of bars, in pixels; letters in a line of a name, above its bar."""
LINE, BAR, GAP = 17, 14, 8
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
    y, drawn = 0, []
    for bar in bars:
        for line in _lines(bar.name):
            y += LINE
            drawn.append(Markup('<text x="0" y="{y}">{line}</text>').format(y=y - 4, line=line))
        width = (WIDTH - VALUES) * bar.count / most
        drawn.append(
            Markup(
                '<rect class="bar" x="0" y="{y}" width="{w:.1f}" height="{h}"/><text x="{v:.1f}" y="{t}">{count}</text>'
            ).format(y=y, w=width, h=BAR, v=width + 5, t=y + BAR - 3, count=f"{bar.count:,}")
        )
        y += BAR + GAP
    foot = Markup(
        '<line class="axis" x1="0" y1="0" x2="0" y2="{b}"/><text class="tick" x="0" y="{t}">{axis}</text>'
    ).format(b=y, t=y + 14, axis=f"0 → {axis}")
    return _opened(bars, title, name, y + 20) + Markup("").join(drawn) + foot + Markup("</svg>")


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


def _lines(name: str) -> list[str]:
    """The whole name, on as many lines as it takes."""
    return wrap(inert(name), LETTERS) or [""]
