"""Something new in a system outside: it comes to be once, and is found again by its key or its mark."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.rest_system import Fault, RestSystem
from tests.support.two_customers import ANN, Action, Sql
from tests.tools.http.acting import answers, patiently, states
from tests.tools.http.contracts import MARKED, PATH, planned, tools
from tests.tools.http.test_changing import AFTER, BEFORE, LATER
from tools.errors import Unreachable
from tools.http.safeguards import IdempotencyKey, Marker, SentOnce

SOON = replace(MARKED, settles=timedelta(0))
WRITING = planned("write", id="C-1", text="It comes at noon.")
ways = pytest.mark.parametrize("same", [IdempotencyKey(), SOON], ids=lambda one: type(one).__name__)


def letters(rest: RestSystem) -> list[str]:
    return [path for path in rest.resources if path.startswith(f"{PATH}/letters/")]


@ways
async def test_it_comes_to_be_once(acting: Action, rest: RestSystem, sql: Sql, same: IdempotencyKey | Marker) -> None:
    acting = replace(acting, tools=tools(letters=same))
    plan = await acting.preview(WRITING)
    (change,) = plan.calls[0].changes
    assert (change.table, change.key, change.before) == ("contracts.letters", {"id": "C-1"}, None)
    assert change.after == {"text": "It comes at noon."}
    done = await acting.run(WRITING, plan)
    assert done.status == "succeeded"
    assert await acting.run(WRITING, plan) == done
    (path,) = letters(rest)
    assert rest.resources[path]["text"] == "It comes at noon."
    assert await answers(sql) == [{"status": 201, "id": "1"}]


@ways
@pytest.mark.parametrize("fault", [*AFTER, *BEFORE, *LATER])
async def test_whatever_is_lost_on_the_wire_it_comes_to_be_once(
    acting: Action, rest: RestSystem, sql: Sql, same: IdempotencyKey | Marker, fault: Fault
) -> None:
    acting = replace(acting, tools=tools(letters=same))
    plan = await acting.preview(WRITING)
    rest.goes_wrong(fault)
    assert (await patiently(acting, WRITING, plan)).status == "succeeded"
    assert len(letters(rest)) == len(rest.effects) == 1
    assert (await states(sql))[0][0] == "answered"
    (told,) = await answers(sql)
    assert isinstance(told, dict)
    assert told["id"] == "1"


async def test_what_may_still_be_on_its_way_is_not_sent_again(acting: Action, rest: RestSystem) -> None:
    acting = replace(acting, tools=tools(letters=replace(MARKED, settles=timedelta(seconds=2))))
    plan = await acting.preview(WRITING)
    rest.goes_wrong("reset before")
    with pytest.raises(Unreachable):
        await acting.run(WRITING, plan)
    with pytest.raises(Unreachable, match="may still be on its way") as waits:
        await acting.run(WRITING, plan)
    assert (waits.value.after, len(rest.asked)) == (timedelta(seconds=2), 1)
    # It arrives after all.
    rest.has(f"{PATH}/letters/1", ANN, text="It comes at noon.", mark=rest.asked[0].body["mark"])
    assert (await acting.run(WRITING, plan)).status == "succeeded"
    assert (len(letters(rest)), len(rest.asked)) == (1, 1)


@pytest.mark.parametrize("fault", ["reset after", "reset before"])
async def test_what_cannot_be_known_again_is_sent_once_and_a_persons(
    acting: Action, rest: RestSystem, sql: Sql, fault: Fault
) -> None:
    acting = replace(acting, tools=tools(letters=SentOnce()))
    plan = await acting.preview(WRITING)
    rest.goes_wrong(fault)
    left = await patiently(acting, WRITING, plan)
    assert left.status == "unfinished"
    assert "It is not known whether what was asked of contracts.letters has happened" in left.message
    assert "the system cannot be asked what came of it" in left.message
    assert len(rest.asked) == 1
    assert await states(sql) == [("unknown", 2)]


async def test_people_see_exactly_what_is_sent(acting: Action, rest: RestSystem) -> None:
    acting = replace(acting, tools=tools(letters=IdempotencyKey()))
    plan = await acting.preview(WRITING)
    await acting.run(WRITING, plan)
    assert rest.asked[0].body == {**(plan.calls[0].changes[0].after or {}), "owner": ANN}
