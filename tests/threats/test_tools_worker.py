"""The tools worker is taken over.

It holds the tools' database login, the scope key, public keys, the payload keys and a login to Temporal.

Lost at most: the business database within that login's grants. With the scope key it can prove any customer's scope,
so it reads every order and payment, and it can cancel orders, refund up to what was paid, and tell workflows what it
likes. What stands against it is afterwards: it can neither sign an approval nor record one, it commits no change
without the ledger entry that shows it, and an effect that nobody approved is found by the audit.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.audit import audit_all
from leverframe.biscuits import append, read
from leverframe.capability import Approval, Use, approve, bind
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import PlannedCall
from leverframe.digest import call_digest
from leverframe.errors import CapabilityRefused
from leverframe.keys import SigningKeys
from tests.support.keys import capability
from tests.support.two_customers import ANN, BOB, BOBS, CARD_ORDER, GIFT_ORDER, Action, Everything, cancelling, decision
from tools import ledger
from tools.approvals import ApprovalRecord
from tools.changes import ChangeReader
from tools.scope import Scope, ScopedSessions, set_key
from worker.testing.keys import ISSUER, VERIFIER, private
from worker.testing.postgres import Database, libpq

ID = "order_cancellation-0123456789abcdef-000000000001"
OWN = SigningKeys.parse(private(99))
DIGEST = "d" * 64

CANCEL = f"""UPDATE shop.orders SET status = 'cancelled', cancel_reason = 'no longer needed',
    cancelled_by_action = '{ID}' WHERE order_id = '{{}}'"""

REFUSED = {
    "a change without a ledger entry": CANCEL.format(BOBS),
    "a change of another column": f"UPDATE shop.orders SET customer_id = '{ANN}' WHERE order_id = '{BOBS}'",
    "a customer's address": f"UPDATE shop.customers SET email = 'x@example.com' WHERE customer_id = '{BOB}'",
    "an amount that was paid": "UPDATE shop.order_payments SET amount = 1",
    "a price": "UPDATE shop.variants SET price = 1",
    "an order's end": f"DELETE FROM shop.orders WHERE order_id = '{BOBS}'",
    "an approval": f"""INSERT INTO leverframe.approvals
        (action_id, run_id, event_id, choice, digest, person, identity, trust, role, quorum)
        VALUES ('{ID}', 'r', 1, 'approve', '{DIGEST}', 'olga', 'olga', 'principal', 'support', 1)""",
    "another approval": "UPDATE leverframe.approvals SET choice = 'approve'",
    "a rejection's end": "DELETE FROM leverframe.approvals",
    "a revocation's end": "DELETE FROM leverframe.revocations",
    "a revocation": "INSERT INTO leverframe.revocations (token_id, reason) VALUES ('00', 'x')",
    "what was recorded": "UPDATE leverframe.ledger SET body = '{}'",
    "a record's end": "DELETE FROM leverframe.ledger",
    "a chain's head": "UPDATE leverframe.ledger_heads SET seq = 1",
    "what waits to be recorded": "DELETE FROM leverframe.changes",
    "the approvals role": "SET ROLE leverframe_approvals",
    "the owner": "SET ROLE leverframe_owner",
    "no more capturing": "ALTER TABLE shop.orders DISABLE TRIGGER capture",
    "no more guarding": "SET session_replication_role = replica",
    "the key in the database": "SELECT * FROM leverframe.scope_key",
    "who approved": "SELECT * FROM leverframe.approvals",
    "where customers live": "SELECT * FROM shop.customers",
}


@pytest.mark.parametrize("attempt", REFUSED)
async def test_its_login_and_its_scope_key_do_not_open(
    attempt: str, shop: None, sessions: ScopedSessions, everything: Everything
) -> None:
    before = await everything()
    with pytest.raises(SQLAlchemyError, match=r"permission denied|not in the ledger|must be owner"):
        async with sessions.begin(Scope(BOB, ID)) as session:
            await session.execute(text(REFUSED[attempt]))
    assert await everything() == before


async def test_its_stated_reach_every_order_and_payment(shop: None, sessions: ScopedSessions) -> None:
    for customer in (ANN, BOB):
        async with sessions.begin(Scope(customer, ID)) as session:
            owners = set(
                await session.scalars(text("SELECT customer_id FROM shop.orders NATURAL JOIN shop.order_payments"))
            )
        assert owners == {customer}


FORGED = {
    "a token of its own": bind(capability(BOB, issuer=OWN), OWN.public, ID),
    "an approval with a key of its own": approve(
        capability(BOB, action_id=ID), ISSUER.public, OWN.newest[1], DIGEST, [Approval("olga", "signed")],
        datetime.now(UTC) + timedelta(days=1),
    ),
    "an approval without a signature": append(
        read(capability(BOB, action_id=ID), ISSUER.public), "approved({d});", {"d": DIGEST}
    ),
    "an issuer's token that trusts its key": capability(BOB, action_id=ID, approvals=OWN.public),
}  # fmt: skip


@pytest.mark.parametrize("attempt", FORGED)
def test_it_can_sign_nothing_that_others_believe(attempt: str) -> None:
    with pytest.raises(CapabilityRefused):
        VERIFIER.verify(FORGED[attempt], Use("destructive", ID, ("orders.cancel",), (BOBS,), DIGEST))


@dataclass(frozen=True)
class Story:
    """What the taken-over worker writes into the ledger about an effect."""

    planned: PlannedCall
    plan: str = ""
    approvals: tuple[Approval, ...] = ()
    besides: tuple[LedgerEntry, ...] = ()


async def cancel_and_tell(sessions: ScopedSessions, story: Story, order_id: str = BOBS, customer: str = BOB) -> None:
    """Cancel a customer's order for good, with a ledger entry that the database accepts."""
    async with sessions.begin(Scope(customer, ID)) as session:
        await set_key(session, story.planned.key)
        await session.execute(text(CANCEL.format(order_id)))
        changes = await ChangeReader(session).take()
        told: list[JsonValue] = [change.model_dump(mode="json") for change in changes]
        body: dict[str, JsonValue] = {
            "planned": story.planned.model_dump(mode="json"),
            "digest": call_digest(story.planned, changes),
            "plan": story.plan,
            "token": "00",
            "approvals": [asdict(approval) for approval in story.approvals],
            "changes": told,
            "output": {},
        }
        effect = entry(ledger.effect_key(story.planned.key), "effect", body)
        await ledger.append(session, ID, [*story.besides, effect], "")


def entry(key: str, kind: str, body: dict[str, JsonValue]) -> LedgerEntry:
    return LedgerEntry.model_validate({"key": key, "kind": kind, "role": "tools", "at": "", "body": body})


async def problems(auditor: AsyncEngine) -> Sequence[str]:
    return [str(problem) for audit in await audit_all(auditor) for problem in audit.problems]


DECIDED: dict[str, JsonValue] = {
    "choice": "approve",
    "accepted": True,
    "digest": DIGEST,
    "approver": {"person": "olga", "identity": "olga@support", "trust": "signed", "event_id": 7},
}
STORIES = {
    "no plan": Story(cancelling(BOBS)),
    "a plan that nobody approved": Story(cancelling(BOBS), DIGEST),
    "approvals in the entry": Story(cancelling(BOBS), DIGEST, (Approval("olga", "principal"),)),
    "a decision in the ledger": Story(cancelling(BOBS), DIGEST, besides=(entry("d", "decision", DECIDED),)),
    "another order than was cancelled": Story(cancelling(CARD_ORDER), DIGEST),
    "a tool that nobody knows": Story(PlannedCall(call="x", key="x#1", tool="orders.tidy_up", arguments={})),
}


@pytest.mark.parametrize("told", STORIES)
async def test_an_effect_that_nobody_approved_is_found(
    told: str, shop: None, sessions: ScopedSessions, auditor: AsyncEngine
) -> None:
    await cancel_and_tell(sessions, STORIES[told])
    (found,) = await problems(auditor)
    assert "it cannot be undone, and of the 1 who must approve its plan the record names 0" in found


async def test_a_cancellation_that_is_told_as_a_call_that_can_be_undone_is_found(
    shop: None, sessions: ScopedSessions, auditor: AsyncEngine
) -> None:
    harmless = PlannedCall(call="x", key="x#1", tool="orders.reinstate", arguments={"order_id": BOBS})
    await cancel_and_tell(sessions, Story(harmless))
    assert await problems(auditor) != []


@pytest.mark.parametrize(("customer", "order_id"), [(ANN, GIFT_ORDER), (BOB, BOBS)])
async def test_an_approval_of_another_plan_of_the_action_is_found(
    customer: str, order_id: str, action: Action, approvals: ApprovalRecord, auditor: AsyncEngine
) -> None:
    plan = await action.preview(cancelling())
    await approvals.record(decision(ID, plan.digest), ())
    await cancel_and_tell(action.sessions, Story(cancelling(order_id), plan.digest), order_id, customer)
    assert await problems(auditor) != []


@pytest.mark.parametrize(
    "changes", ["[]", '[{"table": "orders", "key": {"order_id": "#W1"}, "before": {}, "after": {}}]']
)
async def test_a_change_is_not_committed_with_another_story(
    changes: str, shop: None, database: Database, sessions: ScopedSessions, everything: Everything
) -> None:
    before = await everything()
    with psycopg.connect(libpq(database.tools_url)) as connection:
        for name, value in (("subject", BOB), ("action", ID), ("key", "x#1"), ("proof", proof(database))):
            connection.execute("SELECT set_config(%s, %s, true)", (f"leverframe.{name}", value))
        connection.execute(CANCEL.format(BOBS).encode())
        connection.execute(
            """INSERT INTO leverframe.ledger VALUES (%s, 1, 'effect:x#1', 'effect', 'tools', '',
               jsonb_build_object('changes', %s::jsonb), '', repeat('0', 64), repeat('1', 64))""",
            (ID, changes),
        )
        with pytest.raises(psycopg.Error, match="not in the ledger"):
            connection.commit()
    assert await everything() == before


def proof(database: Database) -> str:
    """Whoever has the scope key proves any scope."""
    return Scope(BOB, ID).proof(bytes.fromhex(database.scope_key))
