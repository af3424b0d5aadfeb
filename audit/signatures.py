"""Whether what operators signed holds, by their public keys alone and no server's word. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from audit.checks import Problem
from leverframe.capability_uses import case_id
from leverframe.contracts.case import finding
from leverframe.contracts.decision import AnyChoice, Approver, PasskeySignature, about
from leverframe.contracts.entries import CaseEntry, Decided, Handled, Settled
from leverframe.decision_signature import signed_by
from leverframe.digest import case_digest
from leverframe.operators import Operator, Operators
from leverframe.passkeys import asserted, challenge
from leverframe.settlement_signature import holds
from tools.chain import LedgerRow
from tools.said import said_as

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""That a decision came in time, the approvals role has seen: whoever verifies later asks who signed what."""


def unsigned(action_id: str, entries: Sequence[LedgerRow], operators: Operators) -> list[Problem]:
    """What counts as signed, and the person's own key or passkey in this directory has not signed."""
    found = [(row, _of(action_id, told)) for row, told in said_as(Decided, entries)]
    found += [(row, _of_handling(action_id, told)) for row, told in said_as(Handled, entries)]
    found += [(row, _of_case(action_id, told)) for row, told in said_as(CaseEntry, entries)]
    settlements = [*said_as(Settled, entries)]
    found += [(row, _of_settled(action_id, told)) for row, told in settlements if told.run]
    settled = [
        Problem(action_id, row.seq, why)
        for row, said in settlements
        if not said.run
        and said.trust == "signed"
        and (why := _wrongly_settled(action_id, said, operators.named(said.person)))
    ]
    return settled + [
        Problem(action_id, row.seq, why)
        for row, told in sorted(found, key=lambda one: one[0].seq)
        if told.accepted and told.approver is not None and told.approver.trust == "signed"
        if (why := _wrong(told, operators.named(told.approver.person)))
    ]


@dataclass(frozen=True)
class _Signed:
    """What an entry says that somebody has signed."""

    action_id: str
    accepted: bool
    approver: Approver | None
    choice: AnyChoice | None
    digest: str | None
    amount: str | None
    signature: str | None
    passkey: PasskeySignature | None


def _of(action_id: str, told: Decided) -> _Signed:
    amount, given = told.signed_amount, (told.signature, told.passkey)
    return _Signed(action_id, told.accepted, told.approver, told.choice, told.digest, amount, *given)


def _of_handling(action_id: str, told: Handled) -> _Signed:
    amount, given = about(told.to, told.arguments), (told.signature, told.passkey)
    return _Signed(action_id, told.accepted, told.approver, told.act, told.digest, amount, *given)


def _of_case(action_id: str, told: CaseEntry) -> _Signed:
    place, step = case_id(action_id), cast(AnyChoice, told.what)
    digest, given = case_digest(place, told.run, told.note or ""), (told.signature, told.passkey)
    return _Signed(place, told.accepted, told.approver, step, digest, None, *given)


def _of_settled(action_id: str, told: Settled) -> _Signed:
    place, amount, given = case_id(action_id), finding(told.call_key, told.happened), (told.signature, told.passkey)
    return _Signed(place, True, told.approver, "found", case_digest(place, told.run, told.note), amount, *given)


def _wrong(told: _Signed, signer: Operator | None) -> str:
    if signer is None:
        return "it counts as signed by somebody whom the operators' directory does not know"
    if told.digest is None or told.choice is None or (told.signature is None and told.passkey is None):
        return "it counts as signed, and holds no signature"
    signed = _by_passkey(told, signer) if told.passkey else _by_key(told, signer)
    return "" if signed else f"its signature is not {signer.person}'s on this decision"


def _wrongly_settled(action_id: str, said: Settled, signer: Operator | None) -> str:
    if signer is None:
        return "it is settled by somebody whom the operators' directory does not know"
    return "" if holds(action_id, said, signer, LONG_AGO) else f"its signature is not {signer.person}'s on this"


def _by_passkey(told: _Signed, signer: Operator) -> bool:
    if told.passkey is None or told.digest is None or told.choice is None:
        return False
    asked = challenge(
        action_id=told.action_id,
        digest=told.digest,
        choice=told.choice,
        amount=told.amount,
        until=told.passkey.until,
    )
    return any(asserted(told.passkey, passkey, asked) for passkey in signer.passkeys)


def _by_key(told: _Signed, signer: Operator) -> bool:
    if told.signature is None or told.digest is None or told.choice is None:
        return False
    return any(
        signed_by(
            told.signature,
            key,
            action_id=told.action_id,
            digest=told.digest,
            choice=told.choice,
            amount=told.amount,
            at=LONG_AGO,
        )
        for key in signer.keys
    )
