"""Canonical JSON and the digests that an approval is bound to. Pure."""

import hashlib
from collections.abc import Iterable, Sequence

import rfc8785
from pydantic import JsonValue

from leverframe.contracts.plan import CallPlan, Plan, PlannedCall, RowChange


def sha256(value: JsonValue) -> str:
    """SHA-256 in hex over the canonical JSON of a value (RFC 8785)."""
    return hashlib.sha256(canonical(value)).hexdigest()


def canonical(value: JsonValue) -> bytes:
    """Canonical JSON (RFC 8785); raises ``ValueError`` for what it cannot hold, such as integers beyond 2^53."""
    return rfc8785.dumps(value)


def call_digest(planned: PlannedCall, changes: Iterable[RowChange]) -> str:
    """Digest of one call: what is called, and every row it changes, in order."""
    return sha256(
        {
            "planned": planned.model_dump(mode="json"),
            "changes": [change.model_dump(mode="json") for change in changes],
        }
    )


def plan_digest(action_id: str, calls: Sequence[CallPlan]) -> str:
    """Digest over an action and its calls, recomputed from the calls' contents and not from what they claim."""
    return sha256({"action_id": action_id, "calls": [call_digest(call.planned, call.changes) for call in calls]})


def make_plan(action_id: str, calls: Iterable[tuple[PlannedCall, Sequence[RowChange]]]) -> Plan:
    """The plan of these calls, with its digests."""
    planned = tuple(
        CallPlan(planned=call, changes=tuple(changes), digest=call_digest(call, changes)) for call, changes in calls
    )
    return Plan(calls=planned, digest=plan_digest(action_id, planned))


def is_genuine(action_id: str, plan: Plan) -> bool:
    """Whether the digests of a plan are those of its contents and of this action."""
    return plan.digest == plan_digest(action_id, plan.calls) and all(
        call.digest == call_digest(call.planned, call.changes) for call in plan.calls
    )
