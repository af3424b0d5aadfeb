"""A customer is erased: two people, a waiting period, other actions first, all at once, and the key at the end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_all
from leverframe import InvalidRequest, Leverframe, Refused, Status
from leverframe.contracts.names import ROLES
from leverframe.errors import KeyDestroyed
from machines.shop.customer_erasure import WAITING
from tests.support.rig import BO, BOS, CHAIR, LAMP, MIA, Rig, cancel, open_rig
from tests.workflows.erasures import (
    CARD,
    EMAIL,
    FIRST,
    LAST,
    PARCEL,
    PERSON,
    TEXT,
    WORDS,
    approved,
    asked,
    decided_by,
    erasures,
    hurry,
    nobodies,
    settle,
)
from tests.workflows.test_shredding import as_json, dump, opened
from worker.roles.workers import role_workers
from worker.telemetry.setup import start_telemetry
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.servers import skipping_server
from worker.testing.serving import as_person
from worker.testing.waiting import until


@pytest.fixture
async def mia(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    hurry(monkeypatch)
    await settle(rig)
    return rig


@pytest.fixture
async def skipping(database: Database) -> AsyncIterator[Rig]:
    async with skipping_server() as environment, open_rig(environment, database) as rig:
        await settle(rig)
        yield rig


@pytest.fixture
async def traced(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Rig]:
    """Workers that leave their spans in files, with a key for each person."""
    hurry(monkeypatch)
    telemetry = start_telemetry("test", tmp_path)
    async with open_rig(temporal, database, roles=(), key_for_each=True) as rig, AsyncExitStack() as stack:
        client = Client(
            rig.client.service_client,
            namespace=rig.client.namespace,
            data_converter=rig.client.data_converter,
            interceptors=[telemetry.interceptor],
        )
        for worker in await stack.enter_async_context(role_workers(client, ROLES, rig.settings)):
            await stack.enter_async_context(worker)
        yield rig
    telemetry.close()


def told(text: str) -> set[str]:
    return {word for word in (*WORDS, *CARD) if word.lower() in text.lower()}


async def test_nothing_is_left_that_names_the_customer(traced: Rig, tmp_path: Path) -> None:
    rig = traced
    # Three actions of Mia: one that is done, one that waits for people, one that erases her.
    done = (await rig.waiting(f"cancel my lamp, says Mia Berg, {EMAIL}, I no longer need it")).action_id
    status = await rig.service.status(done)
    assert status.plan is not None
    await rig.operator.approve(done, status.plan.code, note="Mia Berg called")
    assert (await rig.result(done)).kind == "done"
    rig.script[:] = [cancel(CHAIR)]
    waits = (await rig.waiting(f"cancel {CHAIR}, I, Mia Berg, no longer need it")).action_id
    await settle(rig)
    others = await rig.sql("SELECT * FROM shop.orders WHERE customer_id <> :mia", mia=MIA)
    assert told(await dump(rig.database)) >= {FIRST, LAST, EMAIL, MIA, PARCEL, CARD[1]}
    erasing = await approved(rig)
    outcome = await rig.result(erasing)
    assert (outcome.kind, outcome.state) == ("done", "erased")
    assert told(outcome.reply) == set()
    assert (await rig.result(waits)).kind == "withdrawn"

    mias = (done, waits, erasing)
    # Whatever is searched does hold the words as long as there is a key.
    assert all([told(await opened(rig, action_id)) for action_id in mias])
    assert told(await opened(rig, erasing)) >= {*WORDS, CARD[0]}
    assert await until(rig.shred, bool) == [PERSON]
    rig.forget_keys()

    for action_id in mias:
        assert told(await as_json(rig, action_id)) == set()
        assert told(await opened(rig, action_id)) == set()
        with pytest.raises(KeyDestroyed):
            await rig.result(action_id)
    assert told(await dump(rig.database)) == set()
    spans = "".join(file.read_text() for file in tmp_path.glob("*.jsonl"))
    assert all(action_id in spans for action_id in mias)
    assert told(spans) == set()

    audits = {audit.action_id: audit for audit in await audit_all(rig.auditor, rig.people)}
    assert {*mias} <= audits.keys()
    assert {audit.problems for audit in audits.values()} == {()}
    assert all(set(audits[action_id].unreadable.values()) == {"destroyed"} for action_id in mias)
    assert await rig.sql("SELECT * FROM shop.orders WHERE order_id = :bos", bos=BOS) == others
    rig.script[:] = [cancel(BOS)]
    assert (await rig.waiting("cancel my lamp", subject=BO)).plan is not None


async def test_other_actions_have_ended_before_anything_is_erased(mia: Rig) -> None:
    rig = mia
    await rig.sql("UPDATE shop.orders SET status = 'pending' WHERE order_id = :lamp", lamp=LAMP)
    waits = (await rig.waiting()).action_id
    rig.script[:] = [propose("ask", missing="what_to_erase")]
    asks = await rig.start("please delete it", action="customer_erasure")
    await rig.until(asks, lambda status: status.awaiting == "user")
    bos = (await bos_waiting(rig)).action_id
    await rig.sql("UPDATE shop.orders SET status = 'delivered' WHERE order_id = :lamp", lamp=LAMP)
    erasing = await approved(rig)
    assert (await rig.result(erasing)).kind == "done"
    (withdrawal, erasure) = await rig.kinds(erasing, "effect")
    assert withdrawal["planned"]["tool"] == "actions.withdraw_open"
    assert withdrawal["answers"] == [{"withdrawn": sorted([waits, asks])}]
    (at,) = [entry.at for entry in await rig.ledger(erasing) if entry.body == erasure]
    for other in (waits, asks):
        assert (await rig.result(other)).kind == "withdrawn"
        closed = (await rig.client.get_workflow_handle(other).describe()).close_time
        assert closed is not None
        assert closed < datetime.fromisoformat(at)
    assert (await rig.service.status(bos)).awaiting == "operator"


async def bos_waiting(rig: Rig) -> Status:
    rig.script[:] = [cancel(BOS)]
    return await rig.waiting("cancel my lamp", subject=BO)


async def test_one_person_is_not_enough_and_nobody_counts_twice(mia: Rig) -> None:
    rig = mia
    status = await asked(rig)
    assert (status.quorum, status.role) == (2, "support")
    before = await rig.snapshot()
    await decided_by(rig, status, "olga@support")
    with pytest.raises(Refused, match="already"):
        await decided_by(rig, status, "olga@support")
    with pytest.raises(Refused):
        await decided_by(rig, status, "storefront")
    still = await rig.service.status(status.action_id)
    assert (still.state, len(still.approvals)) == ("confirming", 1)
    assert await rig.snapshot() == before
    await decided_by(rig, status, "rita@support")
    assert (await rig.result(status.action_id)).kind == "done"
    assert await erasures(rig, status.action_id) == 1


async def test_one_rejection_ends_it(mia: Rig) -> None:
    rig = mia
    status = await asked(rig)
    before = await rig.snapshot()
    await decided_by(rig, status, "olga@support")
    assert status.plan is not None
    rita = Leverframe(await as_person(rig.client, "rita@support"), task_queue_prefix=rig.prefix)
    await rita.reject(status.action_id, status.plan.code, "she called, and stays")
    assert (await rig.result(status.action_id)).kind == "rejected"
    assert await rig.snapshot() == before


@pytest.mark.parametrize("days", [0, 3, 6.99])
async def test_withdrawn_during_the_waiting_period_nothing_has_happened(days: float, skipping: Rig) -> None:
    rig = skipping
    action_id = await approved(rig)
    waiting = await rig.until(action_id, lambda status: status.state == "waiting" and status.deadline is not None)
    before = await rig.snapshot()
    assert waiting.deadline is not None
    started = (await rig.client.get_workflow_handle(action_id).describe()).start_time
    assert timedelta(0) <= datetime.fromisoformat(waiting.deadline) - started - WAITING < timedelta(minutes=5)
    if days:
        await rig.environment.sleep(timedelta(days=days))
    assert (await rig.service.status(action_id)).state == "waiting"
    await rig.withdraw(action_id)
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before
    assert await rig.kinds(action_id, "effect") == []
    assert await rig.sql("SELECT 1 FROM leverframe.subject_keys WHERE doomed_by IS NOT NULL") == []


async def test_a_plan_that_nobody_confirms_expires_undone(skipping: Rig) -> None:
    rig = skipping
    before = await rig.snapshot()
    status = await asked(rig)
    await decided_by(rig, status, "olga@support")
    await rig.environment.sleep(timedelta(days=3, seconds=1))
    assert (await rig.result(status.action_id)).kind == "expired"
    assert await rig.snapshot() == before


@pytest.mark.parametrize(
    ("change", "clause", "words"),
    [
        ("UPDATE shop.orders SET status = 'processed' WHERE order_id = :lamp", "ERASE-HOLD-OPEN-ORDER", "no return"),
        ("DELETE FROM shop.order_payments WHERE order_id = :lamp", "ERASE-HOLD-UNPAID", "not paid in full"),
    ],
)
async def test_a_hold_is_told_with_its_clause(change: str, clause: str, words: str, mia: Rig) -> None:
    rig = mia
    await rig.sql(change, lamp=LAMP)
    before = await rig.snapshot()
    rig.script[:] = [propose("decline", clause=clause)]
    action_id = await rig.start(TEXT, action="customer_erasure")
    outcome = await rig.result(action_id)
    assert outcome.kind == "declined"
    assert LAMP in outcome.reply
    assert words in outcome.reply
    (proposal,) = await rig.kinds(action_id, "proposal")
    assert [cited["id"] for cited in proposal["cited"]] == [clause]
    # A model that would erase nonetheless cannot say so.
    rig.script[:] = [propose("erase", clause="ERASE-RIGHT")]
    assert (await rig.result(await rig.start(TEXT, action="customer_erasure"))).kind == "handed_over"
    assert await rig.snapshot() == before


async def test_a_hold_that_appears_while_it_waits_stops_it_before_anything_is_withdrawn(mia: Rig) -> None:
    rig = mia
    rig.script[:] = [propose("ask", missing="what_to_erase")]
    other = await rig.start("please delete it", action="customer_erasure")
    await rig.until(other, lambda status: status.awaiting == "user")

    async def order() -> None:
        await rig.sql("UPDATE shop.orders SET status = 'return requested' WHERE order_id = :lamp", lamp=LAMP)

    rig.before["actions.withdraw_open"] = order
    action_id = await approved(rig)
    assert (await rig.result(action_id)).kind == "handed_over"
    assert "ERASE-HOLD-OPEN-ORDER" in str(await rig.kinds(action_id, "problem"))
    assert await rig.kinds(action_id, "effect") == []
    assert (await rig.service.status(other)).awaiting == "user"
    assert await nobodies(rig) == 0


async def test_what_moves_while_it_waits_is_confirmed_anew_and_waits_again(mia: Rig) -> None:
    rig = mia

    async def move() -> None:
        await rig.sql("UPDATE shop.customers SET address1 = '1 New Street' WHERE customer_id = :mia", mia=MIA)

    rig.before["actions.withdraw_open"] = move
    action_id = await approved(rig)
    again = await rig.until(action_id, lambda status: status.awaiting == "operator" and status.notice is not None)
    assert (again.state, again.approvals) == ("confirming", ())
    assert await rig.kinds(action_id, "effect") == []
    await decided_by(rig, again, "olga@support", "rita@support")
    assert (await rig.result(action_id)).kind == "done"
    passed = [entry["target"] for entry in await rig.kinds(action_id, "transition")]
    assert passed.count("waiting") == 2
    assert await erasures(rig, action_id) == 1


async def test_what_moves_after_the_others_were_withdrawn_is_confirmed_and_waits_too(mia: Rig) -> None:
    rig = mia

    async def move() -> None:
        await rig.sql("UPDATE shop.customers SET address1 = '1 New Street' WHERE customer_id = :mia", mia=MIA)

    rig.before["customers.erase"] = move
    action_id = await approved(rig)
    again = await rig.until(action_id, lambda status: status.state == "confirming_erasure" and bool(status.plan))
    assert again.quorum == 2
    assert await nobodies(rig) == 0
    await decided_by(rig, again, "olga@support", "rita@support")
    assert (await rig.result(action_id)).kind == "done"
    assert "waiting_again" in [entry["target"] for entry in await rig.kinds(action_id, "transition")]
    assert (await erasures(rig, action_id), await nobodies(rig)) == (1, 1)


async def test_an_unclear_wish_is_asked_back(mia: Rig) -> None:
    rig = mia
    rig.script[:] = [propose("ask", missing="what_to_erase")]
    action_id = await rig.start("please delete it", action="customer_erasure")
    asked_back = await rig.until(action_id, lambda status: status.awaiting == "user")
    assert asked_back.question is not None
    assert "all the personal data" in asked_back.question
    rig.script[:] = [propose("erase", clause="ERASE-RIGHT")]
    await rig.service.reply(action_id, "all the data about me")
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert status.plan is not None


async def test_without_keys_for_each_person_nothing_is_erased(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    async with open_rig(temporal, database, key_for_each=False) as rig:
        await settle(rig)
        before = await rig.snapshot()
        rig.script[:] = [propose("erase", clause="ERASE-RIGHT")]
        action_id = await rig.start(TEXT, action="customer_erasure")
        assert (await rig.result(action_id)).kind == "handed_over"
        assert "(ERASE-KEY)" in str(await rig.kinds(action_id, "problem"))
        assert await rig.snapshot() == before


async def test_once_erased_nothing_more_begins(mia: Rig) -> None:
    rig = mia
    assert (await rig.result(await approved(rig))).kind == "done"
    assert await until(rig.shred, bool) == [PERSON]
    with pytest.raises(InvalidRequest, match="was erased"):
        await rig.start(TEXT, action="customer_erasure")
    assert await nobodies(rig) == 1
