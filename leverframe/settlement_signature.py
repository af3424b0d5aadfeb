"""What a person found at a system outside, signed with their own key: as a decision is, and taken for none. Pure."""

from datetime import datetime

from leverframe.contracts.entries import Settled
from leverframe.contracts.plan import Row
from leverframe.decision_signature import sign_decision, signed_by
from leverframe.digest import sha256
from leverframe.operators import Operator


def sign_settlement(key: str, action_id: str, settled: Settled) -> Settled:
    """The same, signed with a private key (``ed25519-private/…``); raises InvalidKeys."""
    decision = sign_decision(key, action_id=action_id, digest=settlement_digest(action_id, settled), choice="approve")
    return settled.model_copy(update={"signature": decision.signature})


def holds(action_id: str, settled: Settled, signer: Operator, at: datetime) -> bool:
    """Whether the person has signed exactly this with a key of theirs, which counted at that moment (aware)."""
    digest = settlement_digest(action_id, settled)
    return settled.signature is not None and any(
        signed_by(settled.signature, key, action_id=action_id, digest=digest, choice="approve", amount=None, at=at)
        for key in signer.keys
    )


def settlement_digest(action_id: str, settled: Settled) -> str:
    """SHA-256 in hex of what is said; no plan has such a one."""
    return found_digest(action_id, settled.call_key, happened=settled.happened, note=settled.note)


def found_digest(action_id: str, call: str, *, happened: bool, note: str) -> str:
    """The same of what was found, before anybody has said it."""
    said: Row = {"action": action_id, "call": call, "happened": happened, "note": note}
    return sha256({"settlement": said})
