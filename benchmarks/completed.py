"""A completed action as its ledger tells it, with all that the product writes, for benchmarks of auditing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from leverframe.contracts import entries
from leverframe.contracts.decision import Approver
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.names import Role
from leverframe.contracts.plan import CallPlan, Plan, PlannedCall, RowChange
from leverframe.contracts.policy import Clause, Related
from leverframe.contracts.proposal import Usage
from leverframe.contracts.verdict import Evidence
from leverframe.digest import make_plan
from tools.approvals import RecordedDecision
from tools.ledger import effect_key

FIRST, DAYS, MANY = datetime(2026, 11, 1, tzinfo=UTC), 30, 10_000
"""The actions begin evenly over these days, as if there were so many."""
REQUEST, FACTS = ("size", "quoting", "language", "injection", "pii"), ("size", "injection", "pii")
PROPOSAL, REPLY = ("proposal", "injection", "leaks"), ("leaks", "moderation")

Event = tuple[Role, entries.Body]


@dataclass(frozen=True)
class Completed:
    """One action."""

    action_id: str
    entries: tuple[LedgerEntry, ...]
    decision: RecordedDecision


def completed(action_id: str, number: int) -> Completed:
    """A cancelled order; every tenth is rejected, every fourth names an e-mail address, every fifth has a typo."""
    approved, order = number % 10 != 0, f"#W{number:07}"
    plan, began = make_plan(action_id, _calls(action_id, order)), FIRST + timedelta(days=DAYS) / MANY * (number % MANY)
    decided = began + timedelta(seconds=20 + (number * 7919) % 30_000)
    decision = RecordedDecision(
        action_id, "run", 30, "approve" if approved else "reject", plan.digest, "olga", "olga@support", "signed",
        "support", 1, decided,
    )  # fmt: skip
    before, after = [*_before(action_id, order, plan, number)], [*_after(plan, decision, number)]
    entries = _entries(before, began, 0) + _entries(after, decided, len(before))
    return Completed(action_id, tuple(entries), decision)


def _entries(events: Sequence[Event], at: datetime, count: int) -> list[LedgerEntry]:
    made = []
    for number, (role, body) in enumerate(events, 1):
        key = effect_key(body.planned.key) if isinstance(body, entries.Effected) else f"workflow#{count + number}"
        moment = at + timedelta(milliseconds=15 * number)
        made.append(LedgerEntry.of(body, key, role, moment.isoformat()))
    return made


def _before(action_id: str, order: str, plan: Plan, number: int) -> Iterator[Event]:
    pseudonym = action_id.split("-")[1]
    yield "workflows", entries.Started(action="order_cancellation", requester="storefront", pseudonym=pseudonym)
    yield from _verdicts(REQUEST, masked=number % 4 == 0)
    yield _step("screening", "passed", "reading")
    yield _step("reading", "succeeded", "deciding")
    yield from _verdicts(FACTS)
    yield "llm", _proposal(order)
    yield from _verdicts(PROPOSAL)
    yield _step("deciding", "cancel", "confirming")
    yield "tools", entries.Planned(calls=plan.calls, digest=plan.digest)


def _after(plan: Plan, decision: RecordedDecision, number: int) -> Iterator[Event]:
    if number % 5 == 0:
        yield "workflows", _decision(plan, decision, "Wrong code: it belongs to no plan that is shown now.")
    yield "approvals", _decision(plan, decision, None)
    if decision.choice == "reject":
        yield _step("confirming", "rejected", "not_approved")
    else:
        yield _step("confirming", "approved", "cancelling")
        for call in plan.calls:
            yield "tools", _effect(plan, call)
        yield _step("cancelling", "succeeded", "refunding")
        yield _step("refunding", "succeeded", "cancelled")
    yield from _verdicts(REPLY)
    outcome = "done" if decision.choice == "approve" else "rejected"
    yield "workflows", entries.Closed(outcome=outcome, state="cancelled")


def _verdicts(guards: Sequence[str], masked: bool = False) -> Iterator[Event]:
    for guard in guards:
        found = entries.Judged(guard=guard, version="1", judgement="allow", rule="none", reason="nothing found")
        if masked and guard == "pii":
            evidence = Evidence(start=35, end=55, label="email")
            found = entries.Judged(
                guard=guard,
                version="1",
                judgement="redact",
                rule="email",
                reason="personal data was masked",
                evidence=(evidence,),
            )
        yield "guards", found


def _step(source: str, event: str, target: str) -> Event:
    return "workflows", entries.Moved(source=source, event=event, target=target)


def _proposal(order: str) -> entries.Proposed:
    text = "An order can only be cancelled while its status is 'pending'."
    return entries.Proposed(
        event="cancel",
        arguments={"order_id": order, "reason": "no longer needed", "clause": "CANCEL-PENDING"},
        rationale="The user says that the lamp is no longer needed.",
        model="benchmark",
        prompt="order_cancellation",
        prompt_version=1,
        prompt_hash="0123456789ab",
        usage=Usage(input_tokens=900, output_tokens=40),
        duration_ms=850,
        cited=(Clause(id="CANCEL-PENDING", version=1, text=text),),
        related=tuple(Related(id=near, version=1) for near in ("CANCEL-REASON", "CANCEL-REFUND")),
    )


def _calls(action_id: str, order: str) -> list[tuple[PlannedCall, list[RowChange]]]:
    arguments: dict[str, JsonValue] = {"order_id": order}
    cancel = PlannedCall(
        call="cancelling",
        key="cancelling#1",
        tool="orders.cancel",
        arguments={**arguments, "reason": "no longer needed"},
    )
    refund = PlannedCall(call="refunding", key="refunding#1", tool="payments.refund", arguments=arguments)
    cancelled = RowChange(
        table="orders",
        key={"order_id": order},
        before={"status": "pending", "cancel_reason": None, "cancelled_by_action": None, "version": 1},
        after={"status": "cancelled", "cancel_reason": "no longer needed", "cancelled_by_action": action_id,
               "version": 2},
    )  # fmt: skip
    refunded = RowChange(
        table="order_payments",
        key={"payment_id": f"0ba64af5-3e5b-5c95-bed7-{order[2:]:0>12}"},
        before=None,
        after={"order_id": order, "position": 2, "transaction_type": "refund", "amount": "54.10",
               "payment_method_id": "credit_card_126271986276", "action_id": action_id},
    )  # fmt: skip
    return [(cancel, [cancelled]), (refund, [refunded])]


def _decision(plan: Plan, decision: RecordedDecision, reason: str | None) -> entries.Decided:
    approver = Approver(
        person=decision.person, identity=decision.identity, trust=decision.trust, event_id=decision.event_id
    )
    return entries.Decided(
        choice=decision.choice,
        accepted=reason is None,
        reason=reason,
        digest=plan.digest,
        note="read it, looks right",
        approver=None if reason else approver,
    )


def _effect(plan: Plan, call: CallPlan) -> entries.Effected:
    return entries.Effected(
        planned=call.planned,
        changes=call.changes,
        digest=call.digest,
        plan=plan.digest,
        token="5b" * 64,
        approvals=(entries.Approval(person="olga", trust="signed"),),
    )
