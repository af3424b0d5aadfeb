"""Two customers in a real database, and one action of the first."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.capability import Approval, approve
from leverframe.contracts.calling import CallRequest, CallResult, PreviewRequest
from leverframe.contracts.decision import Choice
from leverframe.contracts.entries import Moved, Planned
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import Plan, PlannedCall
from tests.support.keys import capability
from tools import ledger
from tools.approvals import RecordedDecision
from tools.base import Toolbox
from tools.execute import execute
from tools.outside import NOTHING, Outside
from tools.preview import preview
from tools.scope import Scope, ScopedSessions
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from tools.toolbox import toolbox
from worker.testing.keys import APPROVALS, ISSUER, VERIFIER

ANN, BOB = "ann_lee_1001", "bob_ray_1002"
CARD_ORDER, GIFT_ORDER, SHIPPED, BOBS = "#W1000001", "#W1000002", "#W1000003", "#W2000001"
LAMP, BOTTLE = DemoItem(name="Desk Lamp", price="40.00"), DemoItem(name="Water Bottle", price="7.05", quantity=2)

Snapshot = dict[str, list[str]]
Sql = Callable[[str], Awaitable[Sequence[Sequence[object]]]]
Everything = Callable[[], Awaitable[Snapshot]]


@pytest.fixture
async def shop(owner: AsyncEngine) -> None:
    await store(
        owner,
        demo_customer(
            ANN,
            [
                DemoOrder(order_id=CARD_ORDER, items=(LAMP, BOTTLE), placed_on=date(2026, 5, 3)),
                DemoOrder(order_id=GIFT_ORDER, items=(LAMP,), payment="gift_card", placed_on=date(2026, 5, 2)),
                DemoOrder(order_id=SHIPPED, items=(BOTTLE,), status="delivered", placed_on=date(2026, 5, 1)),
            ],
        ),
    )
    await store(
        owner,
        demo_customer(
            BOB,
            [
                DemoOrder(order_id=BOBS, items=(LAMP,)),
                DemoOrder(order_id="#W2000002", items=(BOTTLE,), payment="gift_card"),
            ],
        ),
    )


@pytest.fixture
def sql(owner: AsyncEngine) -> Sql:
    """Run a statement as the owner; what somebody else's program would do in the meantime."""

    async def run(statement: str) -> Sequence[Sequence[object]]:
        async with owner.begin() as connection:
            result = await connection.execute(text(statement))
            return result.all() if result.returns_rows else []

    return run


@pytest.fixture
def everything(owner: AsyncEngine) -> Everything:
    """Every row of every table, as text."""

    async def read() -> Snapshot:
        async with owner.connect() as connection:
            tables = await connection.execute(
                text(
                    "SELECT table_schema || '.' || table_name FROM information_schema.tables"
                    " WHERE table_schema IN ('shop', 'leverframe') ORDER BY 1"
                )
            )
            return {
                table: sorted(row[0] for row in await connection.execute(text(f"SELECT t::text FROM {table} t")))
                for table in tables.scalars()
            }

    return read


def cancelling(order_id: str = CARD_ORDER, key: str = "cancelling#1", reason: str = "no longer needed") -> PlannedCall:
    return PlannedCall(
        call="cancelling",
        key=key,
        tool="orders.cancel",
        arguments={"order_id": order_id, "reason": reason},
    )


def refunding(order_id: str = CARD_ORDER, key: str = "refunding#1") -> PlannedCall:
    return PlannedCall(call="refunding", key=key, tool="payments.refund", arguments={"order_id": order_id})


def reinstating(order_id: str = CARD_ORDER, key: str = "reinstating#1") -> PlannedCall:
    return PlannedCall(call="reinstating", key=key, tool="orders.reinstate", arguments={"order_id": order_id})


def decision(
    action_id: str,
    digest: str,
    *,
    person: str = "olga",
    event_id: int = 5,
    choice: Choice = "approve",
    quorum: int = 1,
) -> RecordedDecision:
    """A decision as the approvals role records it."""
    return RecordedDecision(
        action_id, "run-1", event_id, choice, digest, person, f"{person}@support", "signed", "support", quorum
    )


def planned_entry(plan: Plan) -> LedgerEntry:
    """What the ledger is told of a plan that was shown."""
    return LedgerEntry.of(Planned(calls=plan.calls, digest=plan.digest), f"plan:{plan.code}", "tools", "")


def moved(key: str, at: str = "2026-05-04T12:00:00+00:00") -> LedgerEntry:
    """A transition that is recorded under the key."""
    return LedgerEntry.of(Moved(source="here", event=key, target="there"), key, "workflows", at)


@dataclass
class Action:
    """One action of one customer, as its workflow would drive it."""

    sessions: ScopedSessions
    id: str = "order_cancellation-0123456789abcdef-000000000001"
    subject: str = ANN
    outside: Outside = NOTHING
    tools: Toolbox = field(default_factory=toolbox)

    @cached_property
    def token(self) -> str:
        """The action's capability, as its issuer minted it and the SDK bound it."""
        return capability(self.subject, action_id=self.id)

    def approved(self, digest: str) -> str:
        """The capability with Olga's approval of the plan of this digest, as the approvals role signs it."""
        return self.approved_until(digest, datetime.now(UTC) + timedelta(hours=1))

    def approved_until(self, digest: str, until: datetime) -> str:
        return approve(self.token, ISSUER.public, APPROVALS.newest[1], digest, [Approval("olga", "signed")], until)

    async def preview(self, *calls: PlannedCall) -> Plan:
        request = PreviewRequest(action_id=self.id, capability=self.token, calls=calls)
        return await preview(self.sessions, self.tools, VERIFIER, request, self.outside)

    async def record(self, *entries: LedgerEntry, trace_id: str = "") -> None:
        """Have the ledger tell something of this action."""
        async with self.sessions.begin(Scope("", self.id)) as session:
            await ledger.append(session, self.id, entries, trace_id)

    async def run(
        self, planned: PlannedCall, approved: Plan | None = None, rest: Sequence[PlannedCall] = ()
    ) -> CallResult:
        """Run a call, and the rest of the plan with it; a plan that is given, whatever it says, has been approved."""
        request = CallRequest(
            action_id=self.id,
            capability=self.approved(approved.digest) if approved else self.token,
            planned=planned,
            approved=approved,
            rest=tuple(rest),
        )
        return await execute(self.sessions, self.tools, VERIFIER, request, "", self.outside)


@pytest.fixture
def action(shop: None, sessions: ScopedSessions) -> Action:
    return Action(sessions)
