"""A plan above the limit needs two different people; whoever may decide changes when it is escalated."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe import Leverframe, Receipt, Refused, Status, plan_digest, sign_decision
from tests.support.rig import SOFA, Rig, cancel, open_rig
from tests.support.typed import typed
from worker.testing.keys import OLGA, RITA, private
from worker.testing.postgres import Database
from worker.testing.servers import skipping_server
from worker.testing.serving import approvals_settings, as_person

ASKING = "cancel my sofa, I no longer need it"
OPERATORS = f"""
[olga]
roles = ["support"]
names = ["olga@support", "o.berg@support"]
keys = ["{OLGA.public[31]}"]
[rita]
roles = ["support"]
names = ["rita@support"]
keys = ["{RITA.public[32]}"]
[lena]
roles = ["support_lead"]
names = ["lena@support"]
[luis]
roles = ["support_lead"]
names = ["luis@support"]
[mia]
roles = ["support"]
names = ["mia@home", "mia_berg_1001"]
"""


@pytest.fixture
async def sofa(rig: Rig) -> Status:
    """An action with a plan that gives back one cent more than one person may approve."""
    rig.script[:] = [cancel(SOFA)]
    return await rig.waiting(ASKING)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    file = tmp_path / "operators.toml"
    file.write_text(OPERATORS)
    return file


async def decide(rig: Rig, name: str, choice: str, status: Status) -> Receipt:
    assert status.plan is not None
    person = Leverframe(await as_person(rig.client, name))
    if choice == "approve":
        return await person.approve(status.action_id, status.plan.code, amount=typed(status.plan))
    return await person.reject(status.action_id, status.plan.code)


async def test_two_people_approve_a_large_refund(rig: Rig, sofa: Status) -> None:
    assert (sofa.quorum, sofa.approvals) == (2, ())
    receipt = await decide(rig, "olga@support", "approve", sofa)
    assert "Now one other person must approve too" in receipt.message
    partly = await rig.service.status(sofa.action_id)
    assert [approver.person for approver in partly.approvals] == ["olga@support"]
    assert partly.awaiting == "operator"
    metadata = await rig.client.get_workflow_handle(sofa.action_id).query("__temporal_workflow_metadata")
    assert "2 different people must approve; so far `olga@support` (unverified: claimed)" in metadata.current_details
    assert (await rig.order(SOFA))["status"] == "pending"

    for again in ("olga@support", " Olga@Support "):
        with pytest.raises(Refused, match="decided on this plan already"):
            await decide(rig, again, "approve", sofa)
    await decide(rig, "rita@support", "approve", sofa)
    assert (await rig.result(sofa.action_id)).kind == "done"
    assert [str(refund["amount"]) for refund in await rig.refunds()] == ["500.01"]
    for effect in await rig.kinds(sofa.action_id, "effect"):
        assert [person["person"] for person in effect["approvals"]] == ["olga@support", "rita@support"]


async def test_one_rejection_ends_it(rig: Rig, sofa: Status) -> None:
    before = await rig.snapshot()
    await decide(rig, "olga@support", "approve", sofa)
    assert "Nothing will be done" in (await decide(rig, "rita@support", "reject", sofa)).message
    with pytest.raises(Refused):
        await decide(rig, "lena@support", "approve", sofa)
    assert (await rig.result(sofa.action_id)).kind == "rejected"
    assert await rig.snapshot() == before


async def test_one_person_is_enough_up_to_the_limit(rig: Rig) -> None:
    await rig.sql("UPDATE shop.order_payments SET amount = 500.00 WHERE order_id = :o", o=SOFA)
    rig.script[:] = [cancel(SOFA)]
    status = await rig.waiting(ASKING)
    assert status.quorum == 1
    await decide(rig, "olga@support", "approve", status)
    assert (await rig.result(status.action_id)).kind == "done"


async def test_a_decision_signed_offline_counts_without_the_ui(
    temporal: WorkflowEnvironment, database: Database, directory: Path
) -> None:
    """An operator signs what they have read with their own key; whoever carries it to Temporal is nobody."""
    settings = approvals_settings(database, approver_trust="signed", operators_file=directory)
    async with open_rig(temporal, database, approvals=settings) as rig:
        rig.script[:] = [cancel(SOFA)]
        status = await rig.waiting(ASKING)
        assert status.plan is not None
        digest = plan_digest(status.action_id, status.plan.calls)
        with pytest.raises(Refused, match=r"vouches|signed"):
            await decide(rig, "olga@support", "approve", status)
        for ring in (private(31), private(32)):
            key = ring.partition(":")[2]
            amount = typed(status.plan)
            decision = sign_decision(key, action_id=status.action_id, digest=digest, choice="approve", amount=amount)
            await rig.service.decide(status.action_id, "approve", decision)
        assert (await rig.result(status.action_id)).kind == "done"
        approvers = [body["approver"] for body in await rig.kinds(status.action_id, "decision") if body["accepted"]]
        assert [(approver["person"], approver["trust"]) for approver in approvers] == [
            ("olga", "signed"),
            ("rita", "signed"),
        ]


@pytest.fixture
async def skipping(database: Database, directory: Path) -> AsyncIterator[Rig]:
    settings = approvals_settings(database, operators_file=directory)
    async with skipping_server() as environment, open_rig(environment, database, approvals=settings) as rig:
        rig.script[:] = [cancel(SOFA)]
        yield rig


async def test_escalation_changes_who_may_decide(skipping: Rig) -> None:
    rig = skipping
    status = await rig.waiting(ASKING)
    assert status.role == "support"
    with pytest.raises(Refused, match="support"):
        await decide(rig, "lena@support", "approve", status)
    await decide(rig, "olga@support", "approve", status)
    await rig.environment.sleep(timedelta(days=2, hours=1))
    escalated = await rig.until(status.action_id, lambda status: status.role == "support_lead")
    assert [approver.person for approver in escalated.approvals] == ["olga"]
    with pytest.raises(Refused, match="support lead"):
        await decide(rig, "rita@support", "approve", status)
    await decide(rig, "lena@support", "approve", status)
    assert (await rig.result(status.action_id)).kind == "done"
    (escalation,) = await rig.kinds(status.action_id, "escalation")
    assert escalation == {"source": "support", "target": "support_lead"}


async def test_too_few_approvals_in_time_leave_everything_as_it_was(skipping: Rig) -> None:
    rig = skipping
    before = await rig.snapshot()
    status = await rig.waiting(ASKING)
    await decide(rig, "olga@support", "approve", status)
    await rig.environment.sleep(timedelta(days=3, seconds=1))
    assert (await rig.result(status.action_id)).kind == "expired"
    assert await rig.snapshot() == before


async def test_one_person_under_two_names_counts_once(skipping: Rig) -> None:
    rig = skipping
    status = await rig.waiting(ASKING)
    await decide(rig, "olga@support", "approve", status)
    with pytest.raises(Refused, match="decided on this plan already"):
        await decide(rig, "o.berg@support", "approve", status)
    for name, words in (("mia@home", "another person must"), ("nobody@home", "support")):
        with pytest.raises(Refused, match=words):
            await decide(rig, name, "approve", status)
    assert (await rig.service.status(status.action_id)).awaiting == "operator"
