"""A decision is recorded once, by one person, for one plan, and never changed."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.errors import CapabilityRefused
from tests.support.two_customers import Sql, decision
from tools.approvals import ApprovalConflict, ApprovalRecord
from tools.revocations import revoke_token

ID, PLAN, OTHER_PLAN, TOKEN = "order_cancellation-approved", "a" * 64, "b" * 64, "0f" * 64
OLGAS = decision(ID, PLAN, quorum=2)
RITAS = decision(ID, PLAN, person="rita", event_id=8, choice="reject", quorum=2)


async def test_decisions_are_recorded_in_order_and_each_once(approvals: ApprovalRecord) -> None:
    assert await approvals.decisions(ID, PLAN) == ()
    assert await approvals.record(OLGAS, ()) == (OLGAS,)
    assert await approvals.record(RITAS, ()) == (OLGAS, RITAS)
    for again in (OLGAS, RITAS, OLGAS):
        assert await approvals.record(again, ()) == (OLGAS, RITAS)
    first, second = await approvals.decisions(ID, PLAN)
    assert first.at
    assert second.at
    assert first.at < second.at
    assert await approvals.decisions(ID, OTHER_PLAN) == ()
    assert await approvals.decisions("another_action", PLAN) == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"digest": OTHER_PLAN}, "event"),
        ({"choice": "reject"}, "event"),
        ({"person": "rita"}, "event"),
        ({"identity": "olga"}, "event"),
        ({"trust": "claimed"}, "event"),
        ({"quorum": 1}, "event"),
        ({"event_id": 9}, "person"),
        ({"event_id": 9, "choice": "reject"}, "person"),
        ({"run_id": "run-2"}, "person"),
        ({"event_id": 9, "identity": "jwt:olga", "trust": "principal"}, "person"),
    ],
)
async def test_an_event_counts_once_and_so_does_a_person(
    change: dict[str, object], kind: str, approvals: ApprovalRecord, sql: Sql
) -> None:
    await approvals.record(OLGAS, ())
    with pytest.raises(ApprovalConflict) as refused:
        await approvals.record(replace(OLGAS, **change), ())  # type: ignore[arg-type]
    assert refused.value.kind == kind
    assert await sql("SELECT count(*) FROM leverframe.approvals") == [(1,)]


async def test_the_same_person_decides_on_another_plan_and_in_another_action(approvals: ApprovalRecord) -> None:
    await approvals.record(OLGAS, ())
    anew = replace(OLGAS, digest=OTHER_PLAN, event_id=12)
    assert await approvals.record(anew, ()) == (anew,)
    elsewhere = replace(OLGAS, action_id="another_action")
    assert await approvals.record(elsewhere, ()) == (elsewhere,)


async def test_of_many_at_once_each_sees_those_before_it(approvals: ApprovalRecord) -> None:
    crowd = [decision(ID, PLAN, person=f"person {n}", event_id=n + 1, quorum=8) for n in range(8)]
    seen = await asyncio.gather(*(approvals.record(each, ()) for each in crowd))
    assert sorted(len(told) for told in seen) == list(range(1, 9)), "exactly one finds the quorum reached"
    twice = await asyncio.gather(
        *(approvals.record(decision(ID, OTHER_PLAN, event_id=n), ()) for n in (20, 21, 22)), return_exceptions=True
    )
    assert sorted(type(told).__name__ for told in twice) == ["ApprovalConflict", "ApprovalConflict", "tuple"]


async def test_nobody_decides_on_a_revoked_capability(approvals: ApprovalRecord, owner: AsyncEngine, sql: Sql) -> None:
    assert await revoke_token(owner, TOKEN, "lost")
    assert not await revoke_token(owner, TOKEN, "lost again")
    assert await sql("SELECT reason FROM leverframe.revocations") == [("lost",)]
    with pytest.raises(CapabilityRefused, match="revoked"):
        await approvals.record(OLGAS, ("ab", TOKEN))
    assert await sql("SELECT count(*) FROM leverframe.approvals") == [(0,)]
    assert await approvals.record(OLGAS, ("ab",)) == (OLGAS,)
