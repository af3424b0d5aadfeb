"""Every action has a page, and what is generated in it is up to date."""

import pytest

from machines.registry import machines
from worker.actions.machine_pages import GENERATED, filled, page_of


@pytest.mark.parametrize("action", sorted(machines()))
def test_every_action_has_a_page_whose_picture_is_the_machine(action: str) -> None:
    page = page_of(action).read_text(encoding="utf-8")
    assert {found[1] for found in GENERATED.findall(page)} == {"diagram", "table"}, "both must be in the page"
    assert filled(page, machines()[action]) == page, "run 'make docs'"
