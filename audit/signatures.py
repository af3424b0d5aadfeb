"""Whether what operators signed holds, by their public keys alone and no server's word. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from audit.checks import Problem
from leverframe.contracts.entries import Decided
from leverframe.decision_signature import signed_by
from leverframe.operators import Operator, Operators
from leverframe.passkeys import asserted, challenge
from tools.chain import LedgerRow
from tools.said import said_as

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""That a decision came in time, the approvals role has seen: whoever verifies later asks who signed what."""


def unsigned(action_id: str, entries: Sequence[LedgerRow], operators: Operators) -> list[Problem]:
    """Decisions that count as signed, and that the person's own key or passkey in this directory has not signed."""
    return [
        Problem(action_id, row.seq, why)
        for row, told in said_as(Decided, entries)
        if told.accepted and told.approver is not None and told.approver.trust == "signed"
        if (why := _wrong(action_id, told, operators.named(told.approver.person)))
    ]


def _wrong(action_id: str, told: Decided, signer: Operator | None) -> str:
    if signer is None:
        return "it counts as signed by somebody whom the operators' directory does not know"
    if told.digest is None or (told.signature is None and told.passkey is None):
        return "it counts as signed, and holds no signature"
    holds = _by_passkey(action_id, told, signer) if told.passkey else _by_key(action_id, told, signer)
    return "" if holds else f"its signature is not {signer.person}'s on this decision"


def _by_passkey(action_id: str, told: Decided, signer: Operator) -> bool:
    if told.passkey is None or told.digest is None:
        return False
    asked = challenge(
        action_id=action_id,
        digest=told.digest,
        choice=told.choice,
        amount=told.signed_amount,
        until=told.passkey.until,
    )
    return any(asserted(told.passkey, passkey, asked) for passkey in signer.passkeys)


def _by_key(action_id: str, told: Decided, signer: Operator) -> bool:
    if told.signature is None or told.digest is None:
        return False
    return any(
        signed_by(
            told.signature,
            key,
            action_id=action_id,
            digest=told.digest,
            choice=told.choice,
            amount=told.signed_amount,
            at=LONG_AGO,
        )
        for key in signer.keys
    )
