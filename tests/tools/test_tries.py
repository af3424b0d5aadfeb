"""What is told of a call that is not tried any more: whether it is known what has happened outside."""

from dataclasses import replace

import pytest

from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.plan import PlannedCall
from leverframe.errors import CapabilityRefused
from tests.support.contracts_system import Contracts, ending, states
from tests.support.rest_system import RestSystem
from tests.support.two_customers import Action, Sql, cancelling
from tools.base import Toolbox
from tools.errors import UnknownTool, Unreachable
from tools.execute import execute
from tools.outside import Outside
from tools.scope import ScopedSessions, create_engine
from tools.toolbox import toolbox
from tools.trying import Try
from worker.testing.keys import OLGA, VERIFIER


@pytest.mark.parametrize("way", ["key", "tool"])
async def test_what_was_sent_before_it_was_refused_outright_is_not_told_as_nothing(
    ender: Action, rest: RestSystem, sql: Sql, way: str
) -> None:
    """The issuer's key is removed, or a release without the tool comes, between two tries: nothing is looked at."""
    plan = await ender.preview(ending())
    request = CallRequest(action_id=ender.id, capability=ender.approved(plan.digest), planned=ending(), approved=plan)
    verifier = replace(VERIFIER, issuers=OLGA.public) if way == "key" else VERIFIER
    offered = Toolbox() if way == "tool" else ender.tools
    nowhere = ScopedSessions(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"), "00" * 32)

    async def refused(which: Try) -> CallResult:
        return await execute(nowhere, offered, verifier, request, "", ender.outside, which)

    rest.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await ender.run(ending(), plan)
    with pytest.raises((CapabilityRefused, UnknownTool)):
        await refused(Try())
    left = await refused(Try(again=True))
    assert left.status == "unfinished"
    assert left.message.startswith("It is not known whether what was asked of contracts.end has happened")
    assert await states(sql) == [("sending", 1)], "so that the audit lists it"
    assert len(rest.effects) == 1


@pytest.mark.parametrize("way", ["rows alone", "a read"])
async def test_what_asks_nothing_outside_is_refused_outright_as_before(ender: Action, way: str) -> None:
    call = PlannedCall(call="reading", key="r#1", tool="orders.list", arguments={}) if way == "a read" else cancelling()
    plan = None if way == "a read" else await ender.preview(call)
    token = ender.approved(plan.digest) if plan else ender.token
    request = CallRequest(action_id=ender.id, capability=token, planned=call, approved=plan)
    stranger = replace(VERIFIER, issuers=OLGA.public)
    with pytest.raises(CapabilityRefused):
        await execute(ender.sessions, toolbox(), stranger, request, "", ender.outside, Try(again=True))


@pytest.mark.parametrize("sent", [False, True])
async def test_when_its_time_is_over_it_is_told_whether_anything_was_sent(
    ender: Action, rest: RestSystem, sql: Sql, sent: bool
) -> None:
    plan = await ender.preview(ending())
    request = CallRequest(action_id=ender.id, capability=ender.approved(plan.digest), planned=ending(), approved=plan)

    async def tried(which: Try, url: str = rest.url) -> CallResult:
        away = Outside(Contracts(url, rest.knows_keys))
        return await execute(ender.sessions, ender.tools, VERIFIER, request, "", away, which)

    if sent:
        rest.goes_wrong("reset after")
        with pytest.raises(Unreachable):
            await tried(Try())
    left = await tried(Try(again=True, last=True), "http://127.0.0.1:1")
    assert left.status == ("unfinished" if sent else "failed")
    assert left.message.startswith("It is not known whether" if sent else "nothing was sent, and it is not tried")
    assert [state for state, _ in await states(sql)] == ["unknown"] * sent
    assert len(rest.effects) == int(sent)
