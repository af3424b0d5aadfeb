"""What waits is listed by the server alone, the nearest deadline first, however much it is."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment

from desk.inbox.desk import MOST, Desk
from leverframe import Leverframe, Pending
from leverframe import pending as listing
from leverframe.contracts import names
from leverframe.pending import cases_query, waiting_query
from worker.testing.waiting import until

NOW = datetime.now(UTC).replace(microsecond=0)


async def wait_for(client: Client, role: str, deadlines: Sequence[datetime | None]) -> list[str]:
    """Actions that wait for a role until then, started in this order; nobody serves them, so none can be asked."""
    gate, queue = asyncio.Semaphore(32), f"nobody-{uuid4().hex[:8]}"
    ids = [f"order_cancellation-{uuid4().hex[:16]}-{number:012}" for number in range(len(deadlines))]

    async def start(action_id: str, deadline: datetime | None) -> None:
        pairs = [SearchAttributePair(names.AWAITING, role), SearchAttributePair(names.STATE, "confirming")]
        attributes = TypedSearchAttributes(
            [*pairs, SearchAttributePair(names.DEADLINE, deadline)] if deadline else pairs
        )
        async with gate:
            await client.start_workflow(
                "order_cancellation", id=action_id, task_queue=queue, search_attributes=attributes
            )

    await asyncio.gather(*map(start, ids, deadlines))

    async def found() -> int:
        return (await client.count_workflows(f"{names.AWAITING.name} = '{role}' AND TaskQueue = '{queue}'")).count

    await until(found, lambda count: count == len(ids), 30)
    return ids


async def test_the_inbox_shows_what_ends_next_of_many(temporal: WorkflowEnvironment) -> None:
    role = f"support_{uuid4().hex[:8]}"
    # As it is in life: what was started first ends first.
    deadlines = [NOW + timedelta(minutes=number + 1) for number in range(MOST + 20)]
    ids = await wait_for(temporal.client, role, deadlines)
    started = time.monotonic()
    items = await Desk(temporal.client).waiting(role)
    seconds = time.monotonic() - started
    assert [item.action_id for item in items] == ids[:MOST]
    assert [item.deadline for item in items] == deadlines[:MOST]
    assert seconds < 2, f"{MOST} waiting were listed in {seconds:.2f} s"


async def listed(client: Client, role: str | None, users: bool = True) -> list[Pending]:
    return [one async for one in Leverframe(client).pending(role, users)]


async def test_more_than_a_page_is_found_by_ranges_of_the_deadline(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 10)
    role = f"support_{uuid4().hex[:8]}"
    overdue = [NOW - timedelta(days=number) for number in range(1, 5)]
    together = [NOW + timedelta(minutes=2)] * 15
    spread = [NOW + timedelta(hours=number) for number in range(20)]
    far = [NOW + timedelta(days=365 * 20 + number) for number in range(5)]
    deadlines = [None, None, *far, *together, *spread, *overdue]
    ids = await wait_for(temporal.client, role, deadlines)
    expected = sorted(zip(deadlines, ids, strict=True), key=lambda one: (one[0] or listing.END, one[1]))
    assert [(one.deadline, one.action_id) for one in await listed(temporal.client, role)] == expected
    monkeypatch.setattr(listing, "FEW", 5)
    for start in (0, 3, 17, 40, 45, 50):
        found, count = await listing.some(temporal.client, waiting_query(role), 15, start, 7)
        assert ([(one.deadline, one.action_id) for one in found], count) == (expected[start : start + 7], 46)


async def test_what_waits_for_users_is_left_out_of_what_waits_for_operators(temporal: WorkflowEnvironment) -> None:
    (asked,) = await wait_for(temporal.client, "user", [NOW])
    (waiting,) = await wait_for(temporal.client, "support", [NOW])
    both = {one.action_id for one in await listed(temporal.client, None)}
    assert {asked, waiting} <= both
    operators = {one.action_id for one in await listed(temporal.client, None, users=False)}
    assert (asked in operators, waiting in operators) == (False, True)


def test_a_role_is_named_as_screens_show_it() -> None:
    assert waiting_query("support lead") == waiting_query("support_lead")
    assert cases_query(" support  lead ") == cases_query("support_lead")
