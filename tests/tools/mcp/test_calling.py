"""A server's tools are called as a business's package declares them: read, and changed once approved."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.mcp_servers import POISON, TOKEN, Notes
from tests.support.two_customers import ANN, BOB, Action, Everything, Sql
from tests.tools.mcp.notes import read_door, write
from tools.errors import NotApproved, ToolRefused


async def test_what_is_read_is_typed_and_the_users_own_and_no_text_comes_through(anns: Action, notes: Notes) -> None:
    assert (await anns.run(read_door())).output == {"owner": ANN, "name": "door", "text": "ring twice"}
    bobs = replace(anns, subject=BOB, id="order_cancellation-0123456789abcdef-000000000002")
    assert (await bobs.run(read_door())).output["text"] == "at the back"
    assert POISON not in repr(await anns.run(read_door()))
    assert notes.tokens == {TOKEN}


async def test_a_change_is_planned_with_what_stands_there_and_made_once(
    anns: Action, notes: Notes, everything: Everything, sql: Sql
) -> None:
    plan = await anns.preview(write())
    ((change,),) = [call.changes for call in plan.calls]
    assert (change.table, change.key) == ("crm.notes", {"name": "door"})
    assert (change.before, change.after) == ({"text": "ring twice"}, {"text": "leave it at the door"})
    assert change.asking is not None
    assert change.asking.credential == "service"
    assert notes.effects == []
    results = [await anns.run(write(), plan) for _ in range(2)]
    assert [result.status for result in results] == ["succeeded"] * 2
    assert notes.effects == [(ANN, "door", "leave it at the door")]
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [("answered", 1)]
    assert not {
        text
        for rows in (await everything()).values()
        for row in rows
        if TOKEN in row or POISON in row
        for text in [row]
    }


@pytest.mark.parametrize("tool", ["notes.write", "notes.add", "notes.send"])
async def test_what_our_package_does_not_declare_as_read_is_destructive(tool: str, anns: Action, notes: Notes) -> None:
    """The server says that it only reads, and that it is idempotent."""
    assert anns.tools.get(tool).effect == "destructive"
    with pytest.raises(NotApproved):
        await anns.run(write(tool))
    assert notes.calls == []


async def test_what_stands_there_already_is_not_asked(anns: Action, notes: Notes) -> None:
    with pytest.raises(ToolRefused, match="like that already"):
        await anns.preview(write(text="ring twice"))


def test_the_page_declares_what_can_be_declared() -> None:
    page = (Path(__file__).parents[3] / "docs" / "mcp.md").read_text(encoding="utf-8")
    (block,) = re.findall("```python\n(.*?)```", page, re.DOTALL)
    made: dict[str, Any] = {}
    exec(block, made)
    assert (made["read_note"].effect, made["write_note"].effect) == ("read", "destructive")
