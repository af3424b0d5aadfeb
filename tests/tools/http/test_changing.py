"""A change in a system outside: shown before and after, carried out once, and never over somebody else's."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError

from activities.calling import permanent_failures
from leverframe.contracts.plan import Asking
from tests.support.rest_system import SERVICE, Fault, RestSystem
from tests.support.two_customers import ANN, Action, Sql
from tests.tools.http.acting import answers, patiently, states
from tests.tools.http.contracts import PATH, Conflicts, Contracts, Same, delivering, planned, tools
from tools.errors import NotConnected, ToolRefused, Unreachable
from tools.http.safeguards import Compared, IdempotencyKey, IfMatch, Repeatable, SentOnce, VersionField
from tools.outside import Outside

WAYS: list[tuple[Same, Conflicts]] = [
    (IdempotencyKey(), IfMatch()), (IdempotencyKey(), Compared()), (Repeatable(), IfMatch()),
    (Repeatable(), Compared()),
    (IdempotencyKey(busy=frozenset()), VersionField()), (SentOnce(), Compared()),
]  # fmt: skip
ways = pytest.mark.parametrize(("same", "conflicts"), WAYS, ids=lambda one: type(one).__name__)
AFTER: list[Fault] = [
    "timeout after", "reset after", "half an answer", "500 after", "garbage", "other json", "huge", "endless", "deep",
    "compressed",
]  # fmt: skip
"""It is done, and the answer is lost or of no use."""
BEFORE: list[Fault] = ["timeout before", "reset before", "500 before", "redirect"]
"""Nothing is done, and nobody can tell."""
LATER: list[Fault] = ["429", "503"]


def told(rest: RestSystem) -> tuple[object, int]:
    return rest.resources[PATH]["delivery"], len(rest.effects)


@ways
async def test_the_plan_shows_what_stands_there_and_what_will(
    acting: Action, rest: RestSystem, same: Same, conflicts: Conflicts
) -> None:
    (change,) = (await replace(acting, tools=tools(same, conflicts)).preview(delivering())).calls[0].changes
    assert (change.table, change.key) == ("contracts.delivery", {"id": "C-1"})
    assert (change.before, change.after) == ({"delivery": "daily"}, {"delivery": "weekend"})
    assert change.asking == Asking(credential="service", safeguard=conflicts.words)
    assert rest.asked == []


@ways
async def test_it_is_carried_out_once(
    acting: Action, rest: RestSystem, sql: Sql, same: Same, conflicts: Conflicts
) -> None:
    acting = replace(acting, tools=tools(same, conflicts))
    plan = await acting.preview(delivering())
    done = await acting.run(delivering(), plan)
    assert done.status == "succeeded"
    assert await acting.run(delivering(), plan) == done
    assert told(rest) == ("weekend", 1)
    assert await states(sql) == [("answered", 1)]
    assert await answers(sql) == [{"status": 200, "id": "C-1", "delivery": "weekend", "version": 2}]
    assert rest.asked[0].body["owner"] == ANN, "it is stated whose it is to be"


@ways
@pytest.mark.parametrize("fault", AFTER)
async def test_what_was_done_is_found_again(
    acting: Action, rest: RestSystem, sql: Sql, same: Same, conflicts: Conflicts, fault: Fault
) -> None:
    acting = replace(acting, tools=tools(same, conflicts))
    plan = await acting.preview(delivering())
    rest.goes_wrong(fault)
    assert (await patiently(acting, delivering(), plan)).status == "succeeded"
    assert told(rest) == ("weekend", 1)
    assert (await states(sql))[0][0] == "answered"
    assert await answers(sql) == [{"found": True}]


@ways
@pytest.mark.parametrize("fault", [*BEFORE, *LATER])
async def test_what_was_not_done_is_asked_for_again(
    acting: Action, rest: RestSystem, sql: Sql, same: Same, conflicts: Conflicts, fault: Fault
) -> None:
    acting = replace(acting, tools=tools(same, conflicts))
    plan = await acting.preview(delivering())
    rest.goes_wrong(fault)
    if isinstance(same, SentOnce):
        with pytest.raises(AssertionError, match="not carried out"):
            await patiently(acting, delivering(), plan)
        assert (told(rest), len(rest.asked)) == (("daily", 0), 1)
        assert (await states(sql))[0][0] == "sending"
        return
    assert (await patiently(acting, delivering(), plan)).status == "succeeded"
    assert told(rest) == ("weekend", 1)


@ways
async def test_a_request_that_arrives_twice(acting: Action, rest: RestSystem, same: Same, conflicts: Conflicts) -> None:
    acting = replace(acting, tools=tools(same, conflicts))
    plan = await acting.preview(delivering())
    rest.goes_wrong("doubled request")
    done = await acting.run(delivering(), plan)
    assert rest.resources[PATH]["delivery"] == "weekend"
    if isinstance(same, IdempotencyKey) or not isinstance(conflicts, Compared):
        assert len(rest.effects) == 1
    # The second of them was refused, and it is only that answer which is known.
    assert done.status in ("succeeded", "stale")


@pytest.mark.parametrize("fault", ["slow", "doubled answer"])
async def test_what_comes_late_or_twice_is_one_answer(acting: Action, rest: RestSystem, sql: Sql, fault: Fault) -> None:
    patient = Contracts(rest.url, token=SecretStr(SERVICE), private=["127.0.0.0/8"])
    acting = replace(acting, outside=Outside(patient))
    plan = await acting.preview(delivering())
    rest.goes_wrong(fault)
    assert (await acting.run(delivering(), plan)).status == "succeeded"
    assert (await acting.run(planned("read", id="C-1"))).output["delivery"] == "weekend"
    assert (len(rest.asked), told(rest), await states(sql)) == (1, ("weekend", 1), [("answered", 1)])
    await patient.close()


@pytest.mark.parametrize("fault", ["refused", "409", "401"])
async def test_a_refusal_is_known_to_have_done_nothing(
    acting: Action, rest: RestSystem, sql: Sql, fault: Fault
) -> None:
    acting = replace(acting, tools=tools(Repeatable(), IfMatch()))
    plan = await acting.preview(delivering())
    rest.goes_wrong(fault)
    if fault == "401":
        with pytest.raises(NotConnected, match=r"does not let this worker in \(HTTP 401\)"):
            await acting.run(delivering(), plan)
    else:
        refused = await acting.run(delivering(), plan)
        assert refused.status == "failed"
        assert "The system refuses it (HTTP 4" in refused.message
        assert "No more" not in refused.message, "no text of the system"
    assert told(rest) == ("daily", 0)
    assert await states(sql) == [("refused", 1)]


async def test_a_key_that_is_in_use_is_waited_for(acting: Action, rest: RestSystem) -> None:
    plan = await acting.preview(delivering())
    rest.goes_wrong("409")
    with pytest.raises(Unreachable, match="the system is still at it"):
        await acting.run(delivering(), plan)
    assert (await patiently(acting, delivering(), plan)).status == "succeeded"
    assert told(rest) == ("weekend", 1)
    assert len({one.headers["idempotency-key"] for one in rest.asked}) == 1


@ways
async def test_what_somebody_else_changed_before_is_shown_anew(
    acting: Action, rest: RestSystem, sql: Sql, same: Same, conflicts: Conflicts
) -> None:
    acting = replace(acting, tools=tools(same, conflicts))
    plan = await acting.preview(delivering())
    rest.resources[PATH]["delivery"] = "never"
    assert (await acting.run(delivering(), plan)).status == "stale"
    assert (rest.asked, await states(sql)) == ([], [])


@ways
async def test_what_somebody_else_changes_in_that_very_moment(
    acting: Action, rest: RestSystem, sql: Sql, same: Same, conflicts: Conflicts
) -> None:
    acting = replace(acting, tools=tools(same, conflicts))
    plan = await acting.preview(delivering())
    rest.before_writing = lambda: rest.resources[PATH].update(delivery="never", version=7)
    done = await acting.run(delivering(), plan)
    if isinstance(conflicts, Compared):
        assert "would be overwritten" in conflicts.words, "which people were told"
        return
    assert done.status == "stale"
    assert "Somebody else has changed it in the meantime" in done.message
    assert told(rest) == ("never", 0)
    assert await states(sql) == [("refused", 1)]
    assert (await acting.preview(delivering())).calls[0].changes[0].before == {"delivery": "never"}


@ways
async def test_what_somebody_else_changed_after_a_lost_answer_is_a_persons(
    acting: Action, rest: RestSystem, sql: Sql, same: Same, conflicts: Conflicts
) -> None:
    acting = replace(acting, tools=tools(same, conflicts))
    plan = await acting.preview(delivering())
    rest.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await acting.run(delivering(), plan)
    rest.resources[PATH] |= {"delivery": "never", "version": 9}
    left = await acting.run(delivering(), plan)
    assert left.status == "unfinished"
    assert "It is not known whether what was asked of contracts.delivery has happened" in left.message
    assert told(rest) == ("never", 1)
    assert (await states(sql))[0][0] == "unknown"


async def test_an_answer_about_something_else_is_a_persons(acting: Action, rest: RestSystem, sql: Sql) -> None:
    plan = await acting.preview(delivering())
    rest.goes_wrong("other id")
    left = await acting.run(delivering(), plan)
    assert left.status == "unfinished"
    assert "the system answered with something else than what was asked for (id)" in left.message
    assert (await states(sql))[0][0] == "unknown"


async def test_a_system_that_is_away_was_asked_nothing_and_that_is_known(
    acting: Action, rest: RestSystem, sql: Sql
) -> None:
    plan = await acting.preview(delivering())
    away = Contracts("http://127.0.0.1:1", token=SecretStr(SERVICE), private=["127.0.0.0/8"])
    for _ in range(3):
        with pytest.raises(Unreachable, match="nothing was sent"):
            await replace(acting, outside=Outside(away)).run(delivering(), plan)
    await away.close()
    assert await states(sql) == []
    assert (await acting.run(delivering(), plan)).status == "succeeded"
    assert told(rest) == ("weekend", 1)


async def test_what_could_not_leave_is_looked_at_anew(acting: Action, rest: RestSystem, sql: Sql) -> None:
    """Between the reading and the sending the system goes away: what stands there is read again, as if never asked."""
    plan = await acting.preview(delivering())
    reached = acting.outside.reach(Contracts)
    parted = Outside(Parted(reached))
    with pytest.raises(Unreachable, match="nothing was sent"):
        await replace(acting, outside=parted).run(delivering(), plan)
    assert await states(sql) == [("unsent", 1)]
    rest.resources[PATH]["delivery"] = "never"
    assert (await acting.run(delivering(), plan)).status == "stale"
    rest.resources[PATH]["delivery"] = "daily"
    assert (await acting.run(delivering(), plan)).status == "succeeded"
    assert told(rest) == ("weekend", 1)
    assert await states(sql) == [("answered", 2)]


class Parted(Contracts):
    """Reads go through; to write there is no connection."""

    def __init__(self, reads: Contracts) -> None:
        self._reads = reads

    async def send(self, call, credential, asked):  # type: ignore[no-untyped-def]
        from tools.errors import NotSent

        if asked.method != "GET":
            raise NotSent("it cannot be reached; nothing was sent")
        return await self._reads.send(call, credential, asked)


async def test_what_is_gone_is_known_to_be(acting: Action, rest: RestSystem, sql: Sql) -> None:
    ending = planned("end", id="C-1")
    acting = replace(acting, tools=tools(Repeatable(), Compared()))
    plan = await acting.preview(ending)
    assert plan.calls[0].changes[0].before == {"id": "C-1", "delivery": "daily", "version": 1}
    assert plan.calls[0].changes[0].after is None
    rest.goes_wrong("reset after")
    assert (await patiently(acting, ending, plan)).status == "succeeded"
    assert (PATH in rest.resources, len(rest.effects)) == (False, 1)
    with pytest.raises(ToolRefused, match="There is no such thing"):
        await acting.preview(ending)


async def test_what_stands_there_already_is_not_asked_for(acting: Action) -> None:
    with pytest.raises(ToolRefused, match="It stands there like that already"):
        await acting.preview(delivering(delivery="daily"))


@pytest.mark.parametrize(("said", "waits"), [("7", 7), ("0", 1), ("86400", 300), ("soon", None)])
async def test_a_system_that_asks_for_patience_is_left_alone_for_as_long(
    acting: Action, rest: RestSystem, said: str, waits: int | None
) -> None:
    """Within bounds: it may say anything."""
    plan = await acting.preview(delivering())
    rest.goes_wrong("429")
    rest.retry_after = said
    with pytest.raises((Unreachable, ApplicationError), match="HTTP 429") as later, permanent_failures():
        await acting.run(delivering(), plan)
    delay = later.value.next_retry_delay if isinstance(later.value, ApplicationError) else None
    assert delay == (None if waits is None else timedelta(seconds=waits))
