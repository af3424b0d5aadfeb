import hashlib
from typing import Literal

from pydantic import Field, JsonValue

from leverframe.contracts.base import Capability, Contract, Told
from leverframe.digest import canonical

NOTE_LIMIT = 500
"""Longest note, in characters."""
AMOUNT_LIMIT = 32
"""Longest typed amount, in characters."""
TAKER_LIMIT = 80
"""Longest name of whoever takes something over, in characters."""

Choice = Literal["approve", "reject"]
Act = Literal["claim", "release", "hand_over", "correct"]
"""What an operator does with a plan that waits, and that decides nothing: they are on it, or no more; somebody else is
to be; another plan is to be made."""
CaseStep = Literal["claim", "release", "note", "found", "resolve"]
"""What a person does with a case (:mod:`leverframe.contracts.case`)."""
AnyChoice = Choice | Act | CaseStep
Trust = Literal["principal", "signed", "claimed"]
"""How the person was established: computed by the Temporal server, signed with the person's own key or passkey, or
claimed by the client (unverified). From the most to the least trusted."""


class PasskeySignature(Contract):
    """What an operator's device has signed (WebAuthn's assertion), all bytes as base64url without padding."""

    id: str = Field(min_length=1, max_length=1400)
    """Of the credential."""
    client_data: str = Field(max_length=2000)
    authenticator_data: str = Field(max_length=1000)
    signature: str = Field(max_length=200)
    until: str = Field(max_length=40)
    """When the decision ceases to count, ISO 8601 with a time zone; it is signed too."""


class OfPlan(Contract):
    """What an operator sends about the plan that waits."""

    code: str = Field(min_length=1, max_length=64)
    """The confirmation code shown in the details of the waiting action."""
    note: str = Field(default="", max_length=NOTE_LIMIT)
    """Why, in the operator's words."""
    signature: str | None = Field(default=None, max_length=4096, repr=False)
    """Signed with the operator's own key (:func:`leverframe.sign_decision`); names the whole digest."""
    passkey: PasskeySignature | None = Field(default=None, repr=False)
    """Signed with the operator's passkey, on the desk (:mod:`leverframe.passkeys`)."""

    @property
    def signed_with(self) -> str | None:
        """What is signed beside action, digest and choice."""
        return None


class Decision(OfPlan):
    """What an operator sends with ``approve`` or ``reject``."""

    amount: str | None = Field(default=None, max_length=AMOUNT_LIMIT)
    """The amount as the operator has read it in the plan and typed it, such as ``1,234.50``; needed for an approval
    where :attr:`leverframe.Status.amount_needed` says so."""

    @property
    def signed_with(self) -> str | None:
        return self.amount


class Handling(OfPlan):
    """What an operator sends with ``handle``."""

    act: Act
    to: str = Field(default="", max_length=TAKER_LIMIT)
    """The role or the person to whom it is handed over."""
    arguments: dict[str, JsonValue] = Field(default={}, max_length=20)
    """What a correction changes, by name."""

    @property
    def signed_with(self) -> str | None:
        return about(self.to, self.arguments)


def about(to: str, arguments: dict[str, JsonValue]) -> str:
    """What is signed of a :class:`Handling` beside what is signed of a decision, in the amount's place."""
    return hashlib.sha256(canonical({"to": to, "arguments": arguments})).hexdigest()


class Approver(Told):
    """Who decided, as read from the history event."""

    person: str
    """The person, whichever of their names they used: in the operators' directory, else the name itself."""
    identity: str
    """The name that was established: a principal, the person whose key signed, or what the client claimed."""
    trust: Trust
    event_id: int
    """The history event that carries the decision."""


class OtherDecision(Contract):
    """One more decision that is to be judged; see :class:`JudgeRequest`."""

    update_id: str | None
    signal_index: int | None


class JudgeRequest(Contract):
    """Ask the approvals role who sent a decision and whether that person may decide.

    Nothing here is believed: plan, time, role and requester come from the history and the capability.
    """

    action_id: str
    run_id: str
    choice: Choice | Act
    update_id: str | None
    """Id of the update that carried the decision; ``None`` for a signal."""
    signal_index: int | None
    """Which of the action's signals that decide, or of those that do not (:data:`Act`), from 0 in the order of
    history; ``None`` for an update."""
    state: str
    """Id of the machine's ``Confirm`` state whose plan waits."""
    digest: str
    """Of the plan that waits."""
    capability: Capability = Field(repr=False)
    """The action's capability, to which the approval is added."""
    settled: bool = False
    """Whether the plan waits no longer: then it is only said who sent the decision, which is recorded nowhere."""
    others: tuple[OtherDecision, ...] = ()
    """More decisions of the same choice on the same plan, so that the history is read once for all of them."""


class Judged(Told):
    """Whether the decision counts, and what has come of the plan with it."""

    accepted: bool
    reason: str
    """Why not, in plain words for the operator."""
    approver: Approver | None = None
    approvals: tuple[Approver, ...] = ()
    """Everybody who has approved this plan so far."""
    approved: Capability | None = Field(default=None, repr=False)
    """The capability with the signed approval; there once enough people have approved."""
    others: tuple["Judged", ...] = ()
    """What is said of the request's others, in their order."""


class Receipt(Told):
    """What the operator is told."""

    accepted: bool
    message: str
