"""What somebody who has taken over a part can do: schedule any activity with any input."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from biscuit_auth import KeyPair, PrivateKey
from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from leverframe.capability import Operation, Use, narrow, use_of
from leverframe.contracts.calling import CallRequest, CallResult, Previewed, PreviewRequest
from leverframe.contracts.decision import Choice, Judged, JudgeRequest
from leverframe.contracts.ledger import LedgerEntry, RecordRequest
from leverframe.contracts.names import Role, task_queue
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.decision_signature import sign_decision
from leverframe.digest import make_plan
from tests.support.rig import LAMP, Rig
from tests.support.typed import typed
from worker.testing.keys import OLGA, RITA
from worker.testing.serving import as_person

Answer = TypeVar("Answer", bound=BaseModel)

ROGUE = KeyPair.from_private_key(PrivateKey(f"ed25519-private/{99:064x}"))
"""A key that the attacker has made; its number is none that anybody knows."""

OPERATORS = f"""
[olga]
roles = ["support"]
principals = ["jwt:olga"]
names = ["olga@support", "o.berg@support"]
keys = ["{OLGA.public[31]}"]
[rita]
roles = ["support"]
principals = ["jwt:rita"]
names = ["rita@support"]
keys = ["{RITA.public[32]}"]
[nora]
roles = ["support"]
names = ["nora@support"]
[lena]
roles = ["support_lead"]
names = ["lena@support"]
[max]
roles = ["billing"]
names = ["max@billing"]
[mia]
roles = ["support"]
names = ["mia@home", "mia_berg_1001"]
"""


class Denied(Exception):
    """An activity was refused; the message is all that the attacker is told."""


@workflow.defn(dynamic=True, sandboxed=False)
class Puppet:
    """A workflow that does what it is told, under whatever workflow type and id it was started."""

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> None:
        self.request = workflow.payload_converter().from_payload(args[0].payload, dict[str, Any]) if args else {}
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def carried(self) -> dict[str, Any]:
        return self.request

    @workflow.update
    async def do(self, queue: str, name: str, request: dict[str, Any]) -> Any:
        try:
            return await workflow.execute_activity(
                name,
                request,
                task_queue=queue,
                start_to_close_timeout=timedelta(seconds=20),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityError as error:
            raise ApplicationError(str(error.cause), type="Denied", non_retryable=True) from None


@activity.defn(name="preview")
async def lie(request: dict[str, Any]) -> dict[str, Any]:
    """A preview that shows what it is told, for the history."""
    return request


@asynccontextmanager
async def obeying(client: Client, queue: str) -> AsyncIterator[None]:
    """A worker of the attacker's on this task queue."""
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=queue, workflows=[Puppet], activities=[lie], workflow_runner=runner):
        yield


def cancelling(order_id: str = LAMP, visit: int = 1) -> PlannedCall:
    arguments = {"order_id": order_id, "reason": "no longer needed"}
    return PlannedCall(call="cancelling", key=f"cancelling#{visit}", tool="orders.cancel", arguments=dict(arguments))


def refunding(order_id: str = LAMP, visit: int = 1) -> PlannedCall:
    return PlannedCall(
        call="refunding", key=f"refunding#{visit}", tool="payments.refund", arguments={"order_id": order_id}
    )


def both(order_id: str = LAMP, visit: int = 1) -> tuple[PlannedCall, PlannedCall]:
    return cancelling(order_id, visit), refunding(order_id, visit)


LISTING = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})


@dataclass
class Hostile:
    """An action whose workflow obeys an attacker, who holds the capability that it carries."""

    rig: Rig
    handle: WorkflowHandle[Any, Any]
    token: str = ""
    issuer_key: str = ""
    signals: int = 0

    @classmethod
    async def carrying(cls, rig: Rig, **other: Any) -> "Hostile":
        """The shop's service starts an action, and it is the attacker's worker that gets it."""
        handle = rig.client.get_workflow_handle(await rig.start(**other))
        carried = await handle.query(Puppet.carried)
        return cls(rig, handle, carried["capability"], carried["issuer_key"])

    @property
    def id(self) -> str:
        return self.handle.id

    async def run_id(self) -> str:
        return (await self.handle.describe()).run_id

    async def do(self, role: Role, name: str, request: BaseModel | dict[str, Any]) -> Any:
        """Run an activity on a role's task queue; raises Denied."""
        data = request.model_dump(mode="json") if isinstance(request, BaseModel) else request
        try:
            return await self.handle.execute_update("do", args=[task_queue(role, self.rig.prefix), name, data])
        except WorkflowUpdateFailedError as error:
            raise Denied(str(error.cause)) from None

    def narrowed(self, use: Use, token: str | None = None) -> str:
        return narrow(token or self.token, self.issuer_key, use, datetime.now(UTC) + timedelta(hours=1))

    async def preview(self, *calls: PlannedCall, **changed: Any) -> Previewed:
        calls = calls or both()
        token = self.narrowed(use_of("preview", self.id, calls, changed.get("placeholders", {})))
        request = PreviewRequest(action_id=self.id, capability=token, calls=calls)
        return Previewed.model_validate(await self.do("tools", "preview", request.model_copy(update=changed)))

    async def plan(self, *calls: PlannedCall, **changed: Any) -> Plan:
        """A real plan of these calls, else of cancelling the lamp."""
        plan = (await self.preview(*calls, **changed)).plan
        assert plan is not None
        return plan

    async def forge(self, plan: Plan) -> Plan:
        """Have the history show a plan that no tool has made."""
        await self.do("workflows", "preview", Previewed(plan=plan))
        return plan

    async def call(
        self, planned: PlannedCall, approved: Plan | None = None, operation: Operation = "destructive", **changed: Any
    ) -> CallResult:
        """Run a call, with a capability narrowed to it unless another is given."""
        digest, placeholders = approved.digest if approved else None, changed.get("placeholders", {})
        held = changed.pop("held", None)
        token = self.narrowed(use_of(operation, self.id, [planned], placeholders, digest), held)
        request = CallRequest(action_id=self.id, capability=token, planned=planned, approved=approved)
        return CallResult.model_validate(await self.do("tools", "call", request.model_copy(update=changed)))

    async def signal(self, choice: Choice, value: Any, identity: str = "somebody") -> int:
        """A decision reaches the history, under any identity; returns its place among the signals."""
        person = await as_person(self.rig.client, identity)
        await person.get_workflow_handle(self.id).signal(choice, value)
        self.signals += 1
        return self.signals - 1

    async def signed(self, plan: Plan, keys: Any = OLGA, choice: Choice = "approve") -> int:
        """An operator signs what they were shown."""
        key = str(keys.newest[1])
        amount = typed(plan) if choice == "approve" else None
        decision = sign_decision(key, action_id=self.id, digest=plan.digest, choice=choice, amount=amount)
        return await self.signal(choice, decision)

    async def judge(self, plan: Plan, index: int, **changed: Any) -> Judged:
        request = {
            "action_id": self.id,
            "run_id": await self.run_id(),
            "choice": "approve",
            "update_id": None,
            "signal_index": index,
            "state": "confirming",
            "digest": plan.digest,
            "capability": self.token,
        }
        JudgeRequest.model_validate(request)
        return Judged.model_validate(await self.do("approvals", "judge", request | changed))

    async def approved(self, plan: Plan, *people: Any) -> str:
        """The capability after these people, else Olga, have approved the plan."""
        for keys in people or (OLGA,):
            judged = await self.judge(plan, await self.signed(plan, keys))
            assert judged.accepted, judged.reason
        assert judged.approved is not None
        return judged.approved

    async def record(self, *entries: LedgerEntry, **changed: Any) -> None:
        request = RecordRequest(action_id=self.id, capability=self.narrowed(Use("record", self.id)), entries=entries)
        await self.do("tools", "record", request.model_copy(update=changed))


def forged(action_id: str, *calls: PlannedCall, amount: str = "") -> Plan:
    """A plan with fewer changes than the calls would make, and digests that are right."""
    row = {"transaction_type": "refund", "amount": amount}
    refund = RowChange(table="order_payments", key={"payment_id": "p"}, before=None, after=dict(row))
    return make_plan(action_id, [(call, [refund] if amount and call.call == "refunding" else []) for call in calls])


def entry(key: str = "note#1", kind: Any = "problem", **body: Any) -> LedgerEntry:
    return LedgerEntry(key=key, kind=kind, role="approvals", at=datetime.now(UTC).isoformat(), body=body)
