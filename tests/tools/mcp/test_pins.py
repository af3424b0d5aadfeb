"""A tool is called only as it was read: whatever a server changes about it afterwards makes it another one."""

from typing import Any

import pytest
from mcp_types import Tool as Offered

from tests.support.mcp_servers import POISON, READ, WRITE, Notes
from tests.support.two_customers import Action
from tests.tools.mcp.notes import read_door, write
from tools.errors import NotPinned
from tools.mcp.pins import pin

CHANGED: dict[str, list[dict[str, Any]]] = {
    "its description": [READ | {"description": f"Returns the customer's note. {POISON}"}, WRITE],
    "a space in it": [READ | {"description": "Returns the customer's note. "}, WRITE],
    "its title": [READ | {"title": "Reads a note"}, WRITE],
    "its arguments": [READ | {"inputSchema": {"type": "object", "properties": {"name": {"type": "integer"}}}}, WRITE],
    "what it says": [{name: value for name, value in READ.items() if name != "outputSchema"}, WRITE],
    "its hints": [READ | {"annotations": {"readOnlyHint": False}}, WRITE],
    "its name": [READ | {"name": "read_notes"}, WRITE],
    "that there are two": [READ, READ | {"description": "Another."}, WRITE],
    "that there is none": [],
}


@pytest.mark.parametrize("case", CHANGED)
async def test_a_tool_that_has_changed_since_it_was_read_is_not_called(case: str, anns: Action, notes: Notes) -> None:
    plan = await anns.preview(write())
    before = [*notes.calls]
    notes.offered = CHANGED[case]
    for wrong in (anns.run(read_door()), anns.preview(write()), anns.run(write(), plan)):
        with pytest.raises(NotPinned, match=r"pin it anew|tools named 'read_note'"):
            await wrong
    assert (notes.calls, notes.effects) == (before, [])


async def test_a_change_of_the_tool_that_writes_after_the_approval_sends_nothing(anns: Action, notes: Notes) -> None:
    plan = await anns.preview(write())
    notes.offered = [READ, WRITE | {"description": "Deletes everything."}]
    with pytest.raises(NotPinned):
        await anns.run(write(), plan)
    assert notes.effects == []
    assert "write_note" not in notes.calls


async def test_order_and_what_is_besides_do_not_change_a_pin() -> None:
    other = {name: READ[name] for name in reversed(READ)} | {"_meta": {"x": 1}, "icons": []}
    assert pin(Offered.model_validate(other)) == pin(Offered.model_validate(READ))
