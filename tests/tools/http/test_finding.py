"""What has become of a request of a declared tool, as an auditor finds it: with a token of their own, or not at all."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.reconcile import Compared, reconcile
from leverframe.call_timeouts import TRIED
from tests.support.rest_system import SERVICE, RestSystem
from tests.support.two_customers import Action, Sql
from tests.tools.http.contracts import MARKED, PATH, Contracts, delivering, planned, tools
from tools.errors import Unreachable
from tools.http.safeguards import IdempotencyKey
from tools.outside import Outside

LONG = timedelta(days=30)
LETTERS = tools(letters=replace(MARKED, settles=timedelta(0)))
WRITING = planned("write", id="C-1", text="It is yours.")
NOT_KNOWN = "It is not known whether what was asked of contracts.delivery has happened; it was sent once since "


@pytest.fixture
async def auditors(rest: RestSystem) -> AsyncIterator[Outside]:
    """The system as an auditor reaches it, without the tools' token."""
    client = Contracts(rest.url, audit_token=SecretStr(SERVICE), private=["127.0.0.0/8"])
    yield Outside(client)
    await client.close()


async def compared(auditor: AsyncEngine, outside: Outside) -> Sequence[Compared]:
    return [one async for one in reconcile(auditor, None, outside, LONG, LETTERS)]


async def lost(acting: Action, rest: RestSystem, sql: Sql, *, happened: bool) -> None:
    """An answer, for longer than anybody tries."""
    plan = await acting.preview(delivering())
    rest.goes_wrong("reset after" if happened else "reset before")
    with pytest.raises(Unreachable):
        await acting.run(delivering(), plan)
    await sql(f"UPDATE leverframe.outbox SET first_sent_at = now() - interval '{TRIED.total_seconds() + 60} seconds'")


@pytest.mark.parametrize("happened", [True, False])
async def test_a_change_whose_answer_was_lost_is_looked_at(
    acting: Action, auditor: AsyncEngine, auditors: Outside, rest: RestSystem, sql: Sql, happened: bool
) -> None:
    await lost(acting, rest, sql, happened=happened)
    (one,) = await compared(auditor, auditors)
    assert one.what.startswith(NOT_KNOWN)
    assert one.what.endswith("contracts.delivery says that it has: found yes" if happened else "knows nothing of it")
    (asked,) = [request for request in rest.requests if not request.writes][-1:]
    assert "owner" not in asked.body, "whoever compares does not know whose it is"
    rest.resources[PATH]["delivery"] = "never"
    (one,) = await compared(auditor, auditors)
    assert one.what.startswith(NOT_KNOWN)
    assert one.what.endswith("something else stands there now than before, and than was asked for")


async def test_a_change_that_was_answered_is_compared(
    acting: Action, auditor: AsyncEngine, auditors: Outside, rest: RestSystem
) -> None:
    assert (await acting.run(delivering(), await acting.preview(delivering()))).status == "succeeded"
    assert [one.what for one in await compared(auditor, auditors)] == [""]
    rest.resources[PATH]["delivery"] = "never"
    assert [one.what for one in await compared(auditor, auditors)] == [""], "anybody may have changed it since"
    rest.resources[PATH]["delivery"] = "daily"
    (one,) = await compared(auditor, auditors)
    assert one.what.endswith("and knows nothing of it now"), "what stood there before"
    rest.goes_wrong("503", on_reads=True)
    (one,) = await compared(auditor, auditors)
    assert one.what == "contracts.delivery cannot be compared: the system asks for patience (HTTP 503)"


async def test_what_has_come_to_be_is_found_by_our_mark(
    acting: Action, auditor: AsyncEngine, auditors: Outside, rest: RestSystem
) -> None:
    acting = replace(acting, tools=LETTERS)
    assert (await acting.run(WRITING, await acting.preview(WRITING))).status == "succeeded"
    assert [(one.what, one.looked) for one in await compared(auditor, auditors)] == [("", True)]
    (letter,) = [path for path in rest.resources if "/letters/" in path]
    rest.resources[letter]["id"] = "another"
    (one,) = await compared(auditor, auditors)
    assert one.what == "contracts.letters has answered status 201, id 1, and says found yes, id another now"
    del rest.resources[letter]
    (one,) = await compared(auditor, auditors)
    assert one.what.endswith("and knows nothing of it now")


async def test_without_an_auditors_token_nobodys_right_is_used(
    acting: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql
) -> None:
    """Neither the service account's, nor a user's."""
    await lost(acting, rest, sql, happened=True)
    asked = len(rest.requests)
    (one,) = await compared(auditor, acting.outside)
    assert (one.looked, len(rest.requests)) == (False, asked)
    assert one.what.endswith("look there (its user alone may ask there, and no auditor)")


async def test_what_cannot_be_found_again_is_left_to_people(
    acting: Action, auditor: AsyncEngine, auditors: Outside, rest: RestSystem
) -> None:
    acting = replace(acting, tools=tools(letters=IdempotencyKey()))
    assert (await acting.run(WRITING, await acting.preview(WRITING))).status == "succeeded"
    found = [one async for one in reconcile(auditor, None, auditors, LONG, acting.tools)]
    assert [(one.what, one.looked) for one in found] == [("", False)]
