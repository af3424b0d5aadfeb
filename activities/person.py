"""Who sent a decision, as far as that can be established: pure, and every refusal in plain words for the operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

from activities.history import Sent
from leverframe.contracts.decision import AnyChoice, Approver, PasskeySignature, Trust
from leverframe.decision_signature import key_named, signed_by
from leverframe.lookalikes import folded_name
from leverframe.operators import Operator, Operators
from leverframe.passkeys import decided_by

UNNAMED = "unnamed"
"""Who decides in the Temporal UI without sign-in: it claims no name at all."""
MOST_TO_LEAST: tuple[Trust, ...] = get_args(Trust)
"""Ways to establish a person, from the most to the least trusted."""


class Refusal(Exception):
    """A decision does not count; the message says why, in plain words for the operator."""

    approver: Approver | None = None
    """Who sent it, where that could be established."""


class About(Protocol):
    """What somebody may have signed."""

    @property
    def action_id(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def choice(self) -> AnyChoice: ...


@dataclass(frozen=True)
class Person:
    """Who sent a decision, as far as that could be established."""

    approver: Approver
    """What is told and recorded of them: the same person whichever of their names they used."""
    names: frozenset[str]
    """All names of theirs that are known, folded."""
    roles: frozenset[str] | None
    """None: every role. Empty: the operators' directory does not know them."""


def identify(operators: Operators, sent: Sent, about: About) -> Person:
    """Establish the person: by the server's principal, else by a signature, else by the claimed name.

    Raises Refusal when a signature does not hold, or names another person than the server does.
    """
    signer = _signer(operators, sent, about)
    if sent.principal is not None:
        known = operators.by_principal(sent.principal)
        if signer is not None and signer is not known:
            raise Refusal("The server and the signature name two different people, so this decision is nobody's.")
        return _person(operators, known, sent, "principal", sent.principal)
    if signer is not None:
        return _person(operators, signer, sent, "signed", signer.person)
    claimed = sent.claimed if folded_name(sent.claimed) else UNNAMED
    return _person(operators, operators.by_name(claimed), sent, "claimed", claimed)


def _signer(operators: Operators, sent: Sent, about: About) -> Operator | None:
    decision = sent.decision
    if decision is None:
        return None
    if decision.passkey is not None:
        return _owner(operators, decision.passkey, decision.signed_with, sent, about)
    if (signature := decision.signature) is None:
        return None
    for one, key in operators.by_key(key_named(signature)):
        if signed_by(
            signature,
            key,
            action_id=about.action_id,
            digest=about.digest,
            choice=about.choice,
            amount=decision.signed_with,
            at=sent.at,
        ):
            return one
    raise Refusal(
        "The signature does not hold: expected one with the key of a known operator, of this choice on this plan of "
        "this action, with the amount that was signed, not older than its signer allowed: "
        "was the clock right where it was signed?"
    )


def _owner(operators: Operators, signed: PasskeySignature, amount: str | None, sent: Sent, about: About) -> Operator:
    """Whose passkey has signed the decision. Raises Refusal."""
    found = operators.by_passkey(signed.id)
    if found is None or found[1].revoked:
        raise Refusal("This passkey is nobody's here: it never came into the operators' directory, or was revoked.")
    one, passkey = found
    if not decided_by(
        signed,
        passkey,
        action_id=about.action_id,
        digest=about.digest,
        choice=about.choice,
        amount=amount,
        at=sent.at,
    ):
        raise Refusal(
            "The passkey's signature does not hold: expected one of this choice on this plan of this action, with the "
            "amount that was typed, made at the desk that the passkey is for, by a device that made sure that it was "
            "you, and not too old. Open the plan again and decide anew."
        )
    return one


def _person(operators: Operators, known: Operator | None, sent: Sent, trust: Trust, identity: str) -> Person:
    person = known.person if known else folded_name(identity)
    approver = Approver(person=person, identity=identity, trust=trust, event_id=sent.event_id)
    if known is None:
        unknown = operators.anybody if trust == "claimed" else frozenset[str]()
        return Person(approver, _spelled([identity]), None if operators.everyone else unknown)
    return Person(approver, known.names | _spelled([known.person, *known.principals]), known.roles)


def _spelled(identities: Sequence[str]) -> frozenset[str]:
    """Each name, and what follows the kind in ``kind:name``: requesters are named without it."""
    return frozenset(folded_name(part) for one in identities for part in (one, one.partition(":")[2]) if part)


def suffices(trust: Trust, least: Trust) -> bool:
    """Whether a person established so is established well enough."""
    return MOST_TO_LEAST.index(trust) <= MOST_TO_LEAST.index(least)
