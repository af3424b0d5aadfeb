"""One action of one customer with real machine, tools, capabilities, approvals role and database, and everything that a
hostile program between them could do. What really was decided is kept apart, for the test to compare with.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.approving import Approving
from leverframe.capability import Claims, Use, Verifier, use_of
from leverframe.contracts.calling import CallRequest, CallResult, PreviewRequest
from leverframe.contracts.decision import Choice, Decision, Judged, JudgeRequest
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.decision_signature import sign_decision
from leverframe.errors import CapabilityRefused
from machines.shop.order_cancellation import OrderCancellation
from tests.activities.approvals_desk import History, directory
from tests.support.keys import capability
from tests.support.two_customers import planned_entry
from tools import ledger
from tools.approvals import ApprovalRecord
from tools.errors import ToolError, ToolRefused
from tools.execute import execute
from tools.preview import preview
from tools.scope import Scope, ScopedSessions
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from tools.toolbox import toolbox
from worker.testing.keys import APPROVALS, ISSUER, OLGA, RITA, TENANT, VERIFIER

LIMIT, TYPED_ABOVE = Decimal("500.00"), Decimal("100.00")
REFUSED = (ToolRefused, ToolError, CapabilityRefused, IntegrityError)
"""What tools, capability or database say no with; nothing is written then."""
ROLES = {"olga": "support", "rita": "support", "lea": "support_lead", "max": "billing"}
"""Who is who in the tests' directory; ``mallory`` is in none."""
PRINCIPALS = {"olga": "jwt:olga", "rita": "jwt:rita", "lea": "jwt:lea", "max": "jwt:max", "mallory": "jwt:mallory"}


@dataclass
class Parts:
    """What all stories share."""

    owner: AsyncEngine
    auditor: AsyncEngine
    sessions: ScopedSessions
    record: ApprovalRecord


@dataclass(frozen=True)
class Given:
    """A decision as it really was made, and whether the rules let that person decide then."""

    digest: str
    person: str
    choice: Choice
    at: datetime
    counts: bool


class Clocked(Verifier):
    """Verifies at the story's time."""

    def __init__(self, history: History) -> None:
        super().__init__(VERIFIER.issuers, VERIFIER.approvals, VERIFIER.tenant)
        object.__setattr__(self, "_history", history)

    def verify(self, token: str, use: Use, now: datetime | None = None) -> Claims:
        return super().verify(token, use, cast(History, self._history).now)  # type: ignore[attr-defined]


class AnyHistory(History):
    """Of whichever action."""

    def get_workflow_handle(self, action_id: str, *, run_id: str) -> "History":
        return self


@dataclass
class Story:
    """An action, and what has happened to it."""

    parts: Parts
    number: int
    machine: OrderCancellation = field(default_factory=OrderCancellation)
    history: AnyHistory = field(default_factory=AnyHistory)
    plans: list[Plan] = field(default_factory=list)
    shown_at: dict[str, datetime] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    """Capabilities that a hostile worker can have come by, the action's own first."""

    def __post_init__(self) -> None:
        digits = f"{self.number:05d}"
        self.ann, self.bob = f"ann_{digits}", f"bob_{digits}"
        self.id = f"order_cancellation-{self.number:016x}-{self.number:012x}"
        self.small, self.large, self.bobs = (f"#W1{digits}{last}" for last in (1, 2, 3))
        self.tokens = [
            capability(self.ann, action_id=self.id),
            capability(self.ann, action_id=f"{self.id[:-1]}f"),
            capability(self.bob, action_id=self.id.replace("-0", "-1")),
        ]
        self.verifier = Clocked(self.history)

    async def open_shop(self) -> None:
        """Ann has an order that one person may approve and one that needs two; Bob has one."""
        orders = ((self.small, "54.10"), (self.large, "620.00"))
        await store(self.parts.owner, demo_customer(self.ann, [_order(*order) for order in orders]))
        await store(self.parts.owner, demo_customer(self.bob, [_order(self.bobs, "20.00")]))

    def calls(self, order_id: str, visit: int, refund_only: bool = False) -> tuple[PlannedCall, ...]:
        """Of a confirmation."""
        cancel = self.call("cancelling", order_id, visit)
        refund = self.call("refunding", order_id, visit)
        return (refund,) if refund_only else (cancel, refund)

    def call(self, state: str, order_id: str, visit: int) -> PlannedCall:
        tools = {"cancelling": "orders.cancel", "refunding": "payments.refund", "reinstating": "orders.reinstate"}
        arguments = {"order_id": order_id} | ({"reason": "no longer needed"} if state == "cancelling" else {})
        return PlannedCall(call=state, key=f"{state}#{visit}", tool=tools[state], arguments=dict(arguments))

    async def show(self, calls: tuple[PlannedCall, ...], token: int = 0) -> Plan | None:
        """Preview and show; None where tools or capability refuse."""
        request = PreviewRequest(action_id=self.id, capability=self.tokens[token], calls=calls)
        try:
            plan = await preview(self.parts.sessions, toolbox(), self.verifier, request)
        except REFUSED:
            return None
        self.history.pass_time(seconds=1)
        await self.history.show(plan)
        if plan not in self.plans:
            async with self.parts.sessions.begin(Scope("", self.id)) as session:
                await ledger.append(session, self.id, [planned_entry(plan)], "")
        self.plans.append(plan)
        self.shown_at[plan.digest] = self.history.now
        return plan

    async def decide(
        self, plan: Plan, person: str, how: str, choice: Choice, right_code: bool = True, right_amount: bool = True
    ) -> Judged | None:
        """Somebody sends a decision on a plan, and an honest worker has it judged."""
        self.history.pass_time(seconds=1)
        careful = right_amount or choice == "reject" or money(plan) <= TYPED_ABOVE
        counts = right_code and careful and self._may_decide(plan, person, how)
        self.given.append(Given(plan.digest, person, choice, self.history.now, counts))
        amount = str(money(plan) if right_amount else money(plan) + 1)
        signature = None
        if how == "signed" and person in ("olga", "rita"):
            ring = OLGA if person == "olga" else RITA
            key = str(ring.newest[1])
            said = {"action_id": self.id, "digest": plan.digest, "amount": amount}
            signed = sign_decision(key, **said, choice=choice, valid=timedelta(days=9))
            signature = signed.signature
        decision = Decision(code=plan.code if right_code else "0" * 8, amount=amount, signature=signature)
        principal = PRINCIPALS[person] if how == "principal" else None
        await self.history.signal(choice, decision, f"{person}@support", principal)
        return await self.judge(choice, self.history.signals - 1, plan.digest, len(plan.calls) == 1)

    def _may_decide(self, plan: Plan, person: str, how: str) -> bool:
        """The rules once more, in other words than the product's."""
        established = how == "principal" or (how == "signed" and person in ("olga", "rita"))
        waited = self.history.now - self.shown_at[plan.digest]
        role = "support" if waited < timedelta(days=2) else "support_lead" if waited < timedelta(days=3) else "nobody"
        return established and ROLES.get(person) == role

    async def judge(self, choice: Choice, signal: int, digest: str, refund_only: bool, token: int = 0) -> Judged | None:
        """Ask the approvals role; None where it refuses to answer. A signed approval is the hostile worker's to use."""
        approving = Approving(
            cast(Client, self.history),
            keys=APPROVALS,
            issuers=ISSUER.public,
            record=self.parts.record,
            operators=partial(directory, "signed"),
            tenant=TENANT,
        )
        request = JudgeRequest(
            action_id=self.id,
            run_id="run",
            choice=choice,
            update_id=None,
            signal_index=signal,
            state="confirming_refund" if refund_only else "confirming",
            digest=digest,
            capability=self.tokens[token],
        )
        environment = ActivityEnvironment()
        environment.info = replace(
            environment.info, workflow_id=self.id, workflow_run_id="run", workflow_type=OrderCancellation.action
        )
        try:
            judged: Judged = await environment.run(approving.judge, request)
        except ApplicationError:
            return None
        if judged.approved is not None:
            self.tokens.append(judged.approved)
        return judged

    async def run(
        self, call: PlannedCall, plan: Plan | None, token: int, crash_after: int | None = None
    ) -> CallResult | None:
        """Run a call, or have the worker die in the middle of it; None where it is refused or died."""
        request = CallRequest(action_id=self.id, capability=self.tokens[token], planned=call, approved=plan)
        running = asyncio.ensure_future(execute(self.parts.sessions, toolbox(), self.verifier, request, ""))
        if crash_after is not None:
            for _ in range(crash_after):
                await asyncio.sleep(0)
            running.cancel()
        with suppress(*REFUSED, asyncio.CancelledError):
            return await running
        return None

    def approved_token(self, plan: Plan) -> int:
        """The newest capability in which the plan is approved, else the action's own."""
        for index in range(len(self.tokens) - 1, -1, -1):
            use = use_of("destructive", self.id, [plan.calls[0].planned], {}, plan.digest)
            with suppress(CapabilityRefused):
                self.verifier.verify(self.tokens[index], use)
                return index
        return 0

    async def sql(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """As another program of the business would."""
        async with self.parts.owner.begin() as connection:
            found = await connection.execute(text(statement), values)
            return [dict(row._mapping) for row in found] if found.returns_rows else []


def money(plan: Plan) -> Decimal:
    """What a plan gives back, in other words than the product's."""
    added = [change.after or {} for call in plan.calls for change in call.changes if change.table == "order_payments"]
    return sum((Decimal(str(row["amount"])) for row in added), Decimal(0))


def _order(order_id: str, price: str) -> DemoOrder:
    return DemoOrder(order_id=order_id, items=(DemoItem(name="Lamp", price=price),))
