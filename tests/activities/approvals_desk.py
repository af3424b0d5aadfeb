"""A desk for tests of the approvals role: histories event by event, as a server with sign-in would write them.

The development server authenticates nobody, so that a principal can be had in no other way; the record and its
database, the payloads' encryption, the capabilities and the signatures are real.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payloads, Principal
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.testing import ActivityEnvironment

from activities.approving import Approving
from leverframe.contracts.calling import Previewed
from leverframe.contracts.decision import Choice, Decision, Judged, JudgeRequest, PasskeySignature, Trust
from leverframe.contracts.names import PREVIEW
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.decision_signature import VALID, sign_decision
from leverframe.digest import make_plan
from leverframe.keys import SigningKeys
from leverframe.operators import Operator, Operators
from tests.support.keys import capability
from tests.support.typed import typed
from tools.approvals import ApprovalRecord
from worker.testing.keys import APPROVALS, ISSUER, OLGA, RITA, TENANT
from worker.testing.servers import CONVERTER

ACTION = "order_cancellation"
ID = f"{ACTION}-0123456789abcdef-000000000001"
RUN = "run-1"
SUBJECT, REQUESTER = "mia_berg_1001", "storefront"
CAREFUL = "as it stands in the plan"


def directory(least: Trust = "claimed") -> Operators:
    """Two of the support team, one who leads it, and one of another team."""
    people = [
        Operator("olga", ["support"], ["jwt:olga"], ["olga@support", "o.berg"], OLGA.public.values()),
        Operator("rita", ["support"], ["jwt:rita"], ["rita@support"], RITA.public.values()),
        Operator("lea", ["support_lead"], ["jwt:lea"], ["lea@support"]),
        Operator("max", ["billing"], ["jwt:max"], ["max@billing"]),
    ]
    return Operators(people, least)


def planned(call: str, tool: str, visit: int = 1, **arguments: str) -> PlannedCall:
    return PlannedCall(call=call, key=f"{call}#{visit}", tool=tool, arguments={"order_id": "#W1000001", **arguments})


def cancelling(visit: int = 1) -> PlannedCall:
    return planned("cancelling", "orders.cancel", visit, reason="no longer needed")


def refunding(visit: int = 1) -> PlannedCall:
    return planned("refunding", "payments.refund", visit)


def plan(amount: str = "54.10", calls: tuple[PlannedCall, ...] | None = None, action_id: str = ID) -> Plan:
    """Cancel an order and refund this much; above 500 two people are needed, above 100 the amount is typed."""
    booked = {"transaction_type": "refund", "amount": amount}
    refund = RowChange(table="order_payments", key={"payment_id": "p"}, before=None, after=dict(booked))
    calls = calls or (cancelling(), refunding())
    return make_plan(action_id, [(call, [refund] if call.call == "refunding" else []) for call in calls])


@dataclass
class History:
    """An action's history as the server holds it, and so much of a client as reads it."""

    events: list[HistoryEvent] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    signals: int = 0
    """How many decision signals the workflow has counted."""
    data_converter: DataConverter = CONVERTER

    def get_workflow_handle(self, action_id: str, *, run_id: str) -> "History":
        assert (action_id, run_id) == (ID, RUN)
        return self

    async def fetch_history_events(self) -> AsyncIterator[HistoryEvent]:
        for event in self.events:
            yield event

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)

    def add(self, kind: "EventType.ValueType") -> HistoryEvent:
        time = Timestamp()
        time.FromDatetime(self.now)
        self.events.append(HistoryEvent(event_id=len(self.events) + 1, event_time=time, event_type=kind))
        return self.events[-1]

    async def activity(self, name: str, result: object) -> int:
        """An activity that completed; returns the id of that event."""
        scheduled = self.add(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
        scheduled.activity_task_scheduled_event_attributes.activity_type.name = name
        completed = self.add(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)
        attributes = completed.activity_task_completed_event_attributes
        attributes.scheduled_event_id = scheduled.event_id
        attributes.result.CopyFrom(await encoded(result))
        return completed.event_id

    async def show(self, shown: Plan) -> int:
        return await self.activity(PREVIEW, Previewed(plan=shown))

    async def signal(self, name: str, value: object, identity: str = "", principal: str | None = None) -> JudgeRequest:
        event = self.add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
        signal = event.workflow_execution_signaled_event_attributes
        signal.signal_name, signal.identity = name, identity
        signal.input.CopyFrom(await encoded(value))
        stamp(event, principal)
        self.signals += 1
        return asked(signal_index=self.signals - 1)

    def garble(self) -> None:
        """Make the latest signal one that no worker can read."""
        payload = self.events[-1].workflow_execution_signaled_event_attributes.input.payloads[0]
        payload.metadata["encoding"], payload.data = b"json/plain", b"\xff"

    async def update(self, name: str, value: object, identity: str = "", principal: str | None = None) -> JudgeRequest:
        event = self.add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
        request = event.workflow_execution_update_accepted_event_attributes.accepted_request
        request.meta.update_id, request.meta.identity = f"update-{event.event_id}", identity
        request.input.name = name
        request.input.args.CopyFrom(await encoded(value))
        stamp(event, principal)
        return asked(update_id=request.meta.update_id)


async def encoded(value: object) -> Payloads:
    return Payloads(payloads=await CONVERTER.encode([value]))


def stamp(event: HistoryEvent, principal: str | None) -> None:
    if principal is not None:
        kind, _, name = principal.partition(":")
        event.principal.CopyFrom(Principal(type=kind, name=name))


def asked(*, update_id: str | None = None, signal_index: int | None = None) -> JudgeRequest:
    """What an honest workflow asks, but for the plan and the choice."""
    return JudgeRequest(
        action_id=ID,
        run_id=RUN,
        choice="approve",
        update_id=update_id,
        signal_index=signal_index,
        state="confirming",
        digest="",
        capability=capability(SUBJECT, requester=REQUESTER, action_id=ID),
    )


def signature(keys: SigningKeys, shown: Plan, choice: Choice = "approve", valid: timedelta = VALID) -> str:
    """Of one who signs offline."""
    decision = sign_decision(
        str(keys.newest[1]), action_id=ID, digest=shown.digest, choice=choice, amount=amount_of(shown, choice),
        valid=valid,
    )  # fmt: skip
    assert decision.signature is not None
    return decision.signature


def amount_of(shown: Plan, choice: Choice) -> str | None:
    """What a careful person types."""
    return typed(shown) if choice == "approve" else None


@dataclass
class Desk:
    """The approvals role at work on one action."""

    record: ApprovalRecord
    operators: Operators = field(default_factory=directory)
    keys: SigningKeys = APPROVALS
    history: History = field(default_factory=History)
    last: JudgeRequest | None = None
    """The latest request, to send it once more."""

    async def show(self, shown: Plan | None = None) -> Plan:
        shown = shown or plan()
        await self.history.show(shown)
        return shown

    async def decide(
        self,
        shown: Plan,
        identity: str = "",
        *,
        principal: str | None = None,
        signed: str | None = None,
        passkey: PasskeySignature | None = None,
        choice: Choice = "approve",
        code: str | None = None,
        amount: str | None = CAREFUL,
        update: bool = False,
        **changed: object,
    ) -> Judged:
        """Somebody decides; ``changed`` is what the workflow worker then asks else than it should."""
        send = self.history.update if update else self.history.signal
        decision = Decision(
            code=shown.code if code is None else code,
            amount=amount_of(shown, choice) if amount == CAREFUL else amount,
            signature=signed,
            passkey=passkey,
        )
        request = await send(choice, decision, identity, principal)
        honest = request.model_copy(update={"choice": choice, "digest": shown.digest})
        return await self.judge(honest.model_copy(update=changed))

    async def judge(
        self, request: JudgeRequest, *, workflow_id: str = ID, run_id: str = RUN, action: str = ACTION
    ) -> Judged:
        """Run the activity, in the action's own workflow or in another."""
        self.last = request
        client = cast(Client, self.history)
        role = Approving(
            client,
            keys=self.keys,
            issuers=ISSUER.public,
            record=self.record,
            operators=lambda: self.operators,
            tenant=TENANT,
        )
        environment = ActivityEnvironment()
        environment.info = replace(
            environment.info, workflow_id=workflow_id, workflow_run_id=run_id, workflow_type=action
        )
        return await environment.run(role.judge, request)
