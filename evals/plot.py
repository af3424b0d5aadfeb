"""Models side by side as a picture: bars with their intervals, drawn with Pillow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from evals.report import Report

WIDTH, MARGIN, LABELS = 1000, 24, 260
"""Pixels; the names of the models stand left of the bars."""
BAR, GAP, HEAD = 22, 12, 44
INK, PALE, BARS, WHISKER = "#222222", "#dddddd", "#3b6ea5", "#c2571a"
COLOURS = (BARS, "#5b8c5a", "#8c5b86", "#a5873b", "#4f8f98", "#8a8a8a")


@dataclass(frozen=True)
class Bar:
    """One model's value, between the ends of its interval where it has one."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Panel:
    """One measure of all models; bars grow from 0 to ``top``."""

    title: str
    bars: tuple[Bar, ...]
    top: float
    form: str
    """How a value is written, for example ``{:.0%}``."""


def panels(reports: Sequence[Report]) -> list[Panel]:
    """Quality, latency, and cost where a price was given."""
    names = [report.model for report in reports]
    right = tuple(
        Bar(name, report.total.all_right.rate, *report.total.all_right.interval)
        for name, report in zip(names, reports, strict=True)
    )
    slow = tuple(Bar(name, report.costs.seconds_p95) for name, report in zip(names, reports, strict=True))
    dear = tuple(Bar(name, report.costs.price_per_thousand) for name, report in zip(names, reports, strict=True))
    found = [
        Panel("Cases all right, with 95 % intervals", right, 1.0, "{:.0%}"),
        Panel("Seconds a decision, 95th percentile", slow, _top(slow), "{:.2f} s"),
    ]
    if any(bar.value is not None for bar in dear):
        found.append(Panel("Price of a thousand decisions", dear, _top(dear), "{:.4f}"))
    return found


def draw(reports: Sequence[Report], path: Path) -> None:
    """Write the picture as a PNG file."""
    shown = panels(reports)
    height = 2 * MARGIN + sum(HEAD + len(panel.bars) * (BAR + GAP) for panel in shown)
    image = Image.new("RGB", (WIDTH, height), "white")
    pen, at = ImageDraw.Draw(image), MARGIN
    for panel in shown:
        at = _draw_panel(pen, panel, at)
    image.save(path, format="PNG")


def _draw_panel(pen: ImageDraw.ImageDraw, panel: Panel, at: int) -> int:
    pen.text((MARGIN, at), panel.title, fill=INK, font=ImageFont.load_default(18))
    at += HEAD - GAP
    left, right = LABELS, WIDTH - MARGIN - 110
    font = ImageFont.load_default(14)
    for index, bar in enumerate(panel.bars):
        pen.text((MARGIN, at + 3), _short(bar.label), fill=INK, font=font)
        pen.rectangle((left, at, right, at + BAR), outline=PALE)
        if bar.value is not None:
            end = left + round((right - left) * min(1.0, bar.value / panel.top))
            pen.rectangle((left, at, end, at + BAR), fill=COLOURS[index % len(COLOURS)])
            if bar.low is not None and bar.high is not None:
                ends = [left + round((right - left) * share / panel.top) for share in (bar.low, bar.high)]
                pen.line((ends[0], at + BAR // 2, ends[1], at + BAR // 2), fill=WHISKER, width=3)
        written = "no figure" if bar.value is None else panel.form.format(bar.value)
        pen.text((right + 8, at + 3), written, fill=INK, font=font)
        at += BAR + GAP
    return at + GAP


def _top(bars: Sequence[Bar]) -> float:
    return max((bar.value for bar in bars if bar.value), default=1.0)


def _short(label: str, limit: int = 30) -> str:
    return label if len(label) <= limit else f"{label[: limit - 1]}…"
