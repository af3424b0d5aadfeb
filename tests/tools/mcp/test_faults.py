"""What becomes of a call of a server's tool is never guessed: it happens once, or it is known that nobody knows."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from leverframe.contracts.calling import CallResult
from tests.support.mcp_servers import POISON, TOKEN, Fault, Notes
from tests.support.two_customers import ANN, Action, Sql
from tests.tools.mcp.notes import LOOPBACK, NotesServer, tried, write
from tools.errors import NotSent, Unreachable
from tools.outside import Outside

AFTER: list[Fault] = [
    "cut after", "hangs after", "500 after", "401 after", "redirect after", "huge", "garbage", "another protocol",
    "half an answer", "error after", "other form", "no form", "asks back",
]  # fmt: skip
BEFORE: list[Fault] = [
    "cut before",
    "hangs before",
    "500 before",
    "401 before",
    "429",
    "503",
    "redirect before",
    "409",
    "412",
]
NEW = (ANN, "door", "leave it at the door")


@pytest.mark.parametrize("fault", [*AFTER, *BEFORE])
async def test_what_can_be_looked_for_happens_once_whatever_the_server_says(
    fault: Fault, anns: Action, notes: Notes, sql: Sql
) -> None:
    plan = await anns.preview(write())
    notes.faults = [fault]
    result = await tried(anns, write(), plan)
    assert result is not None
    assert (result.status, notes.effects) == ("succeeded", [NEW])
    assert await sql("SELECT state FROM leverframe.outbox") == [("answered",)]


@pytest.mark.parametrize("fault", ["slow", "doubled request", "doubled answer"])
async def test_what_comes_late_or_twice_is_one_answer(fault: Fault, anns: Action, notes: Notes, sql: Sql) -> None:
    plan = await anns.preview(write())
    notes.faults = [fault]
    assert (await anns.run(write(), plan)).status == "succeeded"
    assert notes.effects == [NEW]
    assert notes.calls.count("write_note") == (2 if fault == "doubled request" else 1)
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [("answered", 1)]


@pytest.mark.parametrize("fault", ["429", "503"])
async def test_a_server_that_asks_for_patience_is_left_alone_for_as_long(
    fault: Fault, anns: Action, notes: Notes
) -> None:
    plan = await anns.preview(write())
    notes.faults = [fault]
    with pytest.raises(Unreachable) as later:
        await anns.run(write(), plan)
    assert later.value.after == timedelta(seconds=7)


async def test_an_error_after_which_nothing_can_be_read_any_more_is_not_known(anns: Action, notes: Notes) -> None:
    plan = await anns.preview(write())
    notes.faults = ["error and other tools"]
    result = await tried(anns, write(), plan)
    assert result is not None
    assert (result.status, notes.effects) == ("unfinished", [NEW])


@pytest.mark.parametrize("fault", ["cut after", "500 after", "huge", "error after", "other form", "cut before", "503"])
async def test_what_is_sent_once_is_sent_once(fault: Fault, anns: Action, notes: Notes) -> None:
    plan = await anns.preview(write("notes.add"))
    notes.faults = [fault]
    result = await tried(anns, write("notes.add"), plan)
    if fault in AFTER:
        assert result is not None
        assert (result.status, notes.effects) == ("succeeded", [NEW])
    else:
        # Still looked for: it may be on its way.
        assert (result, notes.effects) == (None, [])
    assert notes.calls.count("write_note") <= 1


@pytest.mark.parametrize("fault", [*AFTER, *BEFORE, "error before", "another owner", "another note"])
async def test_what_nobody_can_look_for_is_not_known(fault: Fault, anns: Action, notes: Notes, sql: Sql) -> None:
    """It may have happened: no screen says that it has failed, and nothing is sent a second time."""
    plan = await anns.preview(write("notes.send"))
    notes.faults = [fault]
    result = await tried(anns, write("notes.send"), plan)
    assert result is not None
    assert result.status == "unfinished"
    assert "It is not known whether what was asked of crm.notes has happened" in result.message
    assert notes.effects == ([] if fault in (*BEFORE, "error before") else [NEW])
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [("unknown", 1)]
    written = notes.calls.count("write_note")
    again = await tried(anns, write("notes.send"), plan)
    assert again is not None
    assert (again.status, notes.calls.count("write_note")) == ("unfinished", written)
    assert again.message.endswith(": it is not tried any more.")


async def test_an_error_before_anything_has_happened_is_a_refusal(anns: Action, notes: Notes) -> None:
    plan = await anns.preview(write())
    notes.faults = ["error before"]
    result = await tried(anns, write(), plan)
    assert result == CallResult(status="failed", message="The system refuses it, and nothing has changed there. (N-1)")
    assert notes.effects == []


async def test_a_server_that_is_away_has_done_nothing_and_is_asked_again(anns: Action, notes: Notes, sql: Sql) -> None:
    plan = await anns.preview(write("notes.send"))
    away = NotesServer("http://127.0.0.1:9/mcp", token=SecretStr(TOKEN), private=LOOPBACK)
    with pytest.raises(NotSent):
        await replace(anns, outside=Outside(away)).run(write("notes.send"), plan)
    result = await anns.run(write("notes.send"), plan)
    assert (result.status, notes.effects) == ("succeeded", [NEW])


@pytest.mark.parametrize("fault", ["garbage", "another protocol", "other form", "half an answer", "error after"])
async def test_nothing_that_is_sent_or_said_stands_in_a_log(
    fault: Fault, anns: Action, notes: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plan = await anns.preview(write())
    notes.faults = [fault]
    await tried(anns, write(), plan)
    # What this server's own side logs is not ours.
    logged = [line.getMessage() for line in caplog.records if not line.name.startswith(("uvicorn", "mcp.server"))]
    private = (ANN, "at the door", POISON, TOKEN)
    assert [line for line in logged if any(one in line for one in private)] == []
    assert notes.effects == [NEW]
