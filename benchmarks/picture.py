"""CPU time of one action by process, as bars: docs/performance.svg."""

from collections.abc import Mapping
from html import escape

GROUPS = {
    "client": ("client",),
    "workflow worker": ("workflows",),
    "other roles": ("guards", "llm", "approvals", "tools", "notifications"),
    "key service": ("key service",),
    "Temporal server": ("Temporal",),
    "PostgreSQL and model": ("PostgreSQL", "model"),
}
"""Processes that have one colour."""
COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#9c9c9c", "#e3c567")
LEFT, WIDTH, HIGH, GAP, TOP = 190, 640, 22, 12, 64
FONT = 'font-family="sans-serif" font-size="13"'


def picture(title: str, bars: Mapping[str, Mapping[str, float]]) -> str:
    """``bars``: milliseconds by process, for each bar's name."""
    most = max(sum(parts.values()) for parts in bars.values())
    scale, height = WIDTH / most, TOP + len(bars) * (HIGH + GAP)
    drawn = [_text(8, 20, title, "font-weight='bold'"), *_legend()]
    for number, (name, parts) in enumerate(bars.items()):
        top, left = TOP + number * (HIGH + GAP), float(LEFT)
        drawn.append(_text(8, top + 16, name))
        for group, colour in zip(GROUPS, COLOURS, strict=True):
            wide = scale * sum(took for part, took in parts.items() if _in(part, GROUPS[group]))
            drawn.append(f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{HIGH}" fill="{colour}"/>')
            left += wide
        drawn.append(_text(left + 6, top + 16, f"{sum(parts.values()):.0f}"))
    size = f'width="{LEFT + WIDTH + 60}" height="{height}" viewBox="0 0 {LEFT + WIDTH + 60} {height}"'
    background = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', background, *drawn, "</svg>", ""])


def _legend() -> list[str]:
    drawn, left = [], 8
    for name, colour in zip(GROUPS, COLOURS, strict=True):
        drawn += [f'<rect x="{left}" y="34" width="12" height="12" fill="{colour}"/>', _text(left + 17, 45, name)]
        left += 34 + 8 * len(name)
    return drawn


def _in(part: str, names: tuple[str, ...]) -> bool:
    """Those of other ways have their way's name before their own."""
    return any(part == name or part.endswith(f" {name}") for name in names)


def _text(left: float, top: float, words: str, more: str = "") -> str:
    return f'<text x="{left:.1f}" y="{top}" {FONT} {more}>{escape(words)}</text>'
