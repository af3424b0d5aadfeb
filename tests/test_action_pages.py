"""Every action has a page, and what is generated in it is up to date."""

from pathlib import Path

import pytest

from machines.registry import machines
from worker.actions.machine_pages import GENERATED, filled, page_of, write_pages


@pytest.mark.parametrize("action", sorted(machines()))
def test_every_action_has_a_page_whose_picture_is_the_machine(action: str) -> None:
    page = page_of(action).read_text(encoding="utf-8")
    assert {found[1] for found in GENERATED.findall(page)} == {"diagram", "table"}, "both must be in the page"
    assert filled(page, machines()[action]) == page, "run 'make docs'"


def test_a_business_has_its_pages_in_a_folder_of_its_own(tmp_path: Path) -> None:
    names = ("order_return", "order_exchange")
    some = {name: machines()[name] for name in names}
    page = tmp_path / "order_return.md"
    page.write_text("# Ours\n<!-- generated: table -->\nold\n<!-- end -->\n", encoding="utf-8")
    assert write_pages(some, tmp_path) == ["order_exchange"]
    assert page.read_text(encoding="utf-8") == filled(page.read_text(encoding="utf-8"), some["order_return"])
    assert "| Screening" in page.read_text(encoding="utf-8")
    assert "old" not in page.read_text(encoding="utf-8").splitlines()
