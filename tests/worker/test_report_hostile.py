"""Whatever anybody wrote into the ledger stays text, and the page stays readable."""

import re
from pathlib import Path

import pytest

from audit.report.action import action_report
from audit.report.page import FOLDER
from tests.worker.reporting import HOSTILE, MADE, Words, everywhere, looks_right, told_by


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_somebody_wrote_becomes_a_part_of_the_page(text: str) -> None:
    page, harmless = action_report(everywhere(text), MADE), action_report(everywhere("harmless"), MADE)
    assert Words(page).tags == Words(harmless).tags
    assert Words(page).attributes == Words(harmless).attributes
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", page)
    assert Words(page).text.count(text[:20]) >= 20 or not text.isprintable()


async def test_hostile_text_neither_runs_nor_widens_the_page(tmp_path: Path) -> None:
    # 300 letters are wider than a screen as 3,000 are, and drawn in less than half the time.
    text = " ".join(one[:300] for one in HOSTILE)
    await looks_right(action_report(everywhere(text), MADE), tmp_path / "hostile.html", "alert(1)")


def test_what_is_not_seen_is_named() -> None:
    page = action_report(told_by(("question", {"text": "pay\u202etxt.exe\x1b[2J"})), MADE)
    assert "pay⟨U+202E⟩txt.exe⟨U+001B⟩[2J" in page


SCHEMES = re.findall(r":root \{(.*?)\}", (FOLDER / "style.css").read_text(), re.DOTALL)


@pytest.mark.parametrize("scheme", SCHEMES, ids=("light", "dark", "print"))
def test_every_colour_of_text_has_enough_contrast(scheme: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6})", scheme))
    # 4.5 to 1 for text (WCAG 2.2, 1.4.3), 3 to 1 for the lines of a picture (1.4.11).
    for ground in ("paper", "raised", "tint"):
        for text in ("ink", "pale", "good", "bad", "warn", "accent"):
            assert contrast(colours[text], colours[ground]) >= 4.5, f"{text} on {ground}"
        assert contrast(colours["way"], colours[ground]) >= 3
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
