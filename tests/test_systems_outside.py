"""The page on systems outside, followed to the letter: from nothing to an approved change behind a REST system."""

import re
import time
from pathlib import Path

from tests.support.following import Place

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "systems-outside.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```(\w+) ?(\S*)\n(.*?)```", PAGE, re.DOTALL)
BEYOND = Path(__file__).parent / "support" / "beyond_the_page.py"
SHOWN = "tools/set_delivery.py"
"""What is shown of a generated file."""


def test_followed_to_the_letter_the_page_leads_to_a_system_behind_an_approved_action(place: Place) -> None:
    began = time.monotonic()
    (place.checkout / "docs").symlink_to(DOCS)
    for kind, name, text in STEPS:
        if kind == "sh":
            place.environment.update(re.findall(r"^export (\w+)=(\S+)$", text, re.MULTILINE))
            printed = place.type(text)
        elif name == SHOWN:
            assert text in (place.package / "gazette_actions" / name).read_text(encoding="utf-8")
        else:
            assert name.startswith("tests/") or (place.package / name).is_file(), f"nothing has made {name}"
            (place.package / name).write_text(text, encoding="utf-8")
    assert "3 passed" in printed
    print(f"{time.monotonic() - began:.0f} s")
    (place.package / "tests" / "test_beyond.py").write_text(BEYOND.read_text(encoding="utf-8"), encoding="utf-8")
    assert "1 passed" in place.type("python -m pytest -q ../gazette-actions/tests/test_beyond.py")


def test_the_page_needs_as_many_lines_of_the_reader_as_it_says() -> None:
    written = sum(len(text.splitlines()) for kind, name, text in STEPS if kind != "sh" and name != SHOWN)
    assert 150 < written < 200
