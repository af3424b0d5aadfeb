"""The approvals worker is taken over.

It holds the approvals keys, a database login of its own, public keys of the issuer, the payload keys and a login to
Temporal, with which it reads histories.

Lost at most: the question whether people have approved. It can sign the approval of any plan of an action whose
capability it is given, and write people into the record who never decided. It mints no capability, acts for no other
user, changes no plan, runs no tool on rows of its choice, reaches no business row, and takes back nothing that it has
recorded.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_action
from leverframe.biscuits import append, read
from leverframe.capability import Approval, approve
from leverframe.contracts.calling import CallRequest
from leverframe.contracts.decision import Approver, Judged, JudgeRequest
from leverframe.contracts.names import JUDGE, Role
from leverframe.contracts.plan import PlannedCall
from leverframe.errors import CapabilityRefused
from tests.support.keys import capability
from tests.support.rig import BO, LAMP, MIA, Rig
from tests.support.two_customers import ANN, BOB, BOBS, Action, Everything, Sql, cancelling, decision
from tests.threats.impostor import taken_over
from tools.approvals import ApprovalRecord
from tools.errors import NotApproved, ToolRefused
from tools.execute import execute
from tools.toolbox import toolbox
from worker.testing.keys import APPROVALS, ISSUER, VERIFIER
from worker.testing.postgres import Database, libpq

ROLE: Role = "approvals"
KEY = APPROVALS.newest[1]
OTHER = "order_cancellation-other"

Forge = Callable[[JudgeRequest], str]


def signed(token: str, digest: str, hours: float = 1) -> str:
    until = datetime.now(UTC) + timedelta(hours=hours)
    return approve(token, ISSUER.public, KEY, digest, [Approval("olga", "principal")], until)


def with_another_subject(request: JudgeRequest) -> str:
    """A block of its own that names another user, and the approval behind it."""
    widened = append(read(request.capability, ISSUER.public), "subject({s});", {"s": BO})
    return signed(widened, request.digest)


class Approvals:
    """Whatever is decided, and by whom, it says that Olga approved."""

    def __init__(self, forge: Forge) -> None:
        self.forge = forge

    @activity.defn(name=JUDGE)
    async def judge(self, request: JudgeRequest) -> Judged:
        olga = Approver(person="olga", identity="jwt:olga", trust="principal", event_id=1)
        token = self.forge(request)
        return Judged(accepted=True, reason="", approver=olga, approvals=(olga,), approved=token)


WORTHLESS: dict[str, Forge] = {
    "of another plan": lambda request: signed(request.capability, "0" * 64),
    "of an action of the user's other than this one": lambda request: signed(
        capability(MIA, action_id=OTHER), request.digest
    ),
    "of another user's action": lambda request: signed(capability(BO, action_id=OTHER), request.digest),
    "on a capability of its own making": lambda request: approve(
        capability(BO, action_id=request.action_id, issuer=APPROVALS),
        APPROVALS.public, KEY, request.digest, (), datetime.now(UTC) + timedelta(hours=1),
    ),
    "on a capability that names another user too": with_another_subject,
    "that has ended": lambda request: signed(request.capability, request.digest, hours=-1),
    "that is none": lambda request: request.capability,
    "that is no token": lambda request: "x" * 400,
}  # fmt: skip


async def decided_by_nobody(rig: Rig) -> str:
    """The worker itself sends the decision that it then judges; returns the action."""
    status = await rig.waiting()
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code)
    return status.action_id


async def test_such_an_approval_is_worth_nothing(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    approvals = Approvals(lambda request: "")
    async with taken_over(temporal, database, tmp_path, ROLE, approvals.judge) as rig:
        before, outcomes = await rig.snapshot(), {}
        for approval, approvals.forge in WORTHLESS.items():
            action_id = await decided_by_nobody(rig)
            outcomes[approval] = (await rig.result(action_id)).kind
            assert await rig.kinds(action_id, "effect") == []
        assert outcomes == dict.fromkeys(WORTHLESS, "handed_over")
        assert await rig.snapshot() == before


async def test_its_stated_reach_it_approves_what_was_shown_in_place_of_people(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    """Of the asking user's own, exactly as the plan says; and without a row in the record the audit finds it."""
    approvals = Approvals(lambda request: signed(request.capability, request.digest))
    async with taken_over(temporal, database, tmp_path, ROLE, approvals.judge) as rig:
        action_id = await decided_by_nobody(rig)
        assert (await rig.result(action_id)).kind == "done"
        assert [(refund["order_id"], str(refund["amount"])) for refund in await rig.refunds()] == [(LAMP, "54.10")]
        problems = (await audit_action(rig.auditor, action_id)).problems
        assert len(problems) == 2
        assert all("the record names 0" in str(problem) for problem in problems)


async def test_it_cannot_have_tools_run_for_anybody(action: Action, everything: Everything) -> None:
    """It gives tokens to the tools as a workflow would."""
    before = await everything()
    listing = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})
    for subject in (ANN, BOB):
        minted = capability(subject, action_id=action.id, issuer=APPROVALS)
        request = CallRequest(action_id=action.id, capability=minted, planned=listing)
        with pytest.raises(CapabilityRefused):
            await execute(action.sessions, toolbox(), VERIFIER, request, trace_id="")
    with pytest.raises(ToolRefused, match=f"no order {BOBS}"):
        await action.preview(cancelling(BOBS))
    # Signed for other changes than a plan's: the tools run it, compare, and roll back.
    plan = await action.preview(cancelling())
    changed = plan.model_copy(update={"calls": (plan.calls[0].model_copy(update={"changes": ()}),)})
    request = CallRequest(
        action_id=action.id,
        capability=signed(action.token, changed.digest),
        planned=cancelling(),
        approved=changed,
    )
    with pytest.raises(NotApproved, match="does not have the digest it claims"):
        await execute(action.sessions, toolbox(), VERIFIER, request, trace_id="")
    assert await everything() == before


DENIED = {
    "read orders": "SELECT * FROM shop.orders",
    "read customers": "SELECT * FROM shop.customers",
    "cancel": "UPDATE shop.orders SET status = 'cancelled'",
    "refund": "INSERT INTO shop.order_payments (payment_id) VALUES (gen_random_uuid())",
    "read the ledger": "SELECT * FROM leverframe.ledger",
    "write the ledger": "INSERT INTO leverframe.ledger (action_id) VALUES ('x')",
    "take an approval back": "DELETE FROM leverframe.approvals",
    "turn a rejection": "UPDATE leverframe.approvals SET choice = 'approve'",
    "lower a quorum": "UPDATE leverframe.approvals SET quorum = 1",
    "turn it by a conflict": """INSERT INTO leverframe.approvals AS a
        (action_id, run_id, event_id, choice, digest, person, identity, trust, role, quorum)
        SELECT action_id, run_id, event_id, 'approve', digest, person, identity, trust, role, quorum
        FROM leverframe.approvals ON CONFLICT (action_id, run_id, event_id) DO UPDATE SET choice = 'approve'""",
    "date an approval back": """INSERT INTO leverframe.approvals
        (action_id, run_id, event_id, choice, digest, person, identity, trust, role, quorum, at)
        VALUES ('x', 'r', 1, 'approve', repeat('a', 64), 'p', 'i', 'signed', 'support', 1, '2020-01-01')""",
    "forget all": "TRUNCATE leverframe.approvals",
    "take a revocation back": "DELETE FROM leverframe.revocations",
    "revoke": "INSERT INTO leverframe.revocations (token_id, reason) VALUES ('aa', 'x')",
    "read the scope key": "SELECT * FROM leverframe.scope_key",
    "become the tools": "SET ROLE leverframe_tools",
    "become the owner": "SET ROLE leverframe_owner",
    "lift the table's rules": "ALTER TABLE leverframe.approvals DROP CONSTRAINT approvals_pkey",
}


@pytest.mark.parametrize("attempt", DENIED)
async def test_its_login_adds_to_the_record_and_does_nothing_else(
    attempt: str, shop: None, database: Database, approvals: ApprovalRecord, everything: Everything, sql: Sql
) -> None:
    await approvals.record(decision(OTHER, "a" * 64, choice="reject"), ())
    await sql("INSERT INTO leverframe.revocations (token_id, reason) VALUES ('bb', 'stolen')")
    before = await everything()
    with (
        psycopg.connect(libpq(database.approvals_url), autocommit=True) as connection,
        pytest.raises(psycopg.Error, match=r"permission denied|must be owner"),
    ):
        connection.execute(DENIED[attempt].encode())
    assert await everything() == before
