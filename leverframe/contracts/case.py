"""What a person takes over when an action cannot go on: a case, with an owner, a deadline, and an end in words."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints

from leverframe.contracts.base import ActionName, Capability, Contract, Told
from leverframe.contracts.decision import Approver, CaseStep, OfPlan
from leverframe.contracts.request import TEXT_LIMIT, Identifier
from leverframe.contracts.status import OutcomeKind
from leverframe.contracts.why import Why
from leverframe.digest import sha256

MOST_MESSAGES = 10
"""How many messages of the user one case takes."""

CaseEvent = Literal[
    "opened", "written", "claim", "release", "note", "found", "resolve", "reminded", "escalated", "overdue", "withdrawn"
]

WORDS: dict[CaseEvent, str] = {
    "opened": "a person takes over",
    "written": "the user has written once more",
    "claim": "claimed",
    "release": "given back",
    "note": "noted",
    "found": "looked what became of a request",
    "resolve": "settled",
    "reminded": "reminded: its time is nearly over",
    "escalated": "its time is nearly over: it has gone on",
    "overdue": "overdue",
    "withdrawn": "withdrawn",
}
"""What happened in a case, as people read it."""


def _absent(some: object) -> bool:
    return some is None or some == ()


class Unknown(Contract):
    """A request to a system outside of which nobody knows what came: a person has to look there."""

    call_key: str
    what: str
    """What it asked, in words."""
    happened: bool | None = None
    """What a person found."""


class CaseAct(OfPlan):
    """What an operator sends with ``claim``, ``release``, ``note``, ``found`` or ``resolve``: a note, signed where that
    is asked for. ``resolve`` needs one: how it was settled; and ``found``: what was seen at the system outside.
    """

    code: str = Field(default="", max_length=64)
    """Not used: a case has no plan."""
    call: str = Field(default="", max_length=200)
    """With ``found``: the key of the call whose request was looked for."""
    happened: StrictBool | None = None
    """With ``found``: whether what it asked has happened."""

    @property
    def signed_with(self) -> str | None:
        return None if self.happened is None else finding(self.call, self.happened)


def finding(call: str, happened: bool) -> str:
    """What is signed with ``found`` beside the case and the note, in the amount's place."""
    return sha256({"call": call, "happened": happened})


class CaseRequest(Contract):
    """What a case begins with. The action itself starts it, or the service for a user who writes once more."""

    action_id: str
    action: ActionName
    capability: Capability = Field(repr=False)
    """The action's own; used to write into its ledger and for nothing else."""
    issuer_key: Annotated[str, Field(pattern=r"^ed25519/[0-9a-f]{64}$")]
    requester: Identifier
    pseudonym: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    outcome: OutcomeKind
    """How the action ended."""
    state: str
    """Id of the state in which it ended."""
    reply: str
    """What the user was told."""
    reason: str
    """Why a person takes over, in words."""
    done: tuple[str, ...] = ()
    """What was carried out, a sentence each."""
    undone: tuple[str, ...] = ()
    """What was planned or wished for, and not carried out."""
    unknown: Annotated[tuple[Unknown, ...], Field(exclude_if=_absent)] = ()
    """What was sent to systems outside, and nobody knows whether it has happened."""
    why: Why


class CaseMessage(Contract):
    """What the user has written after the end; not screened yet."""

    request_id: Identifier
    """The service's own id of it: the same one is read once."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT, pattern=r"\S")]


class CaseJudgeRequest(Contract):
    """Ask the approvals role who sent a step in a case, and whether that person may."""

    action_id: str
    """Of the action that the case is about."""
    action: ActionName
    run_id: str
    """Of the case."""
    state: str
    """Id of the state in which the action ended."""
    choice: CaseStep
    update_id: str | None
    signal_index: int | None
    digest: Annotated[str | None, Field(exclude_if=_absent)] = None
    """Of what was found, with the step ``found``; the capability is narrowed to it."""
    capability: Capability = Field(repr=False)
    """Narrowed to recording in the action's chain."""


class CaseLine(Told):
    """One thing that happened in a case."""

    at: str
    """ISO 8601 in UTC."""
    what: CaseEvent
    who: str = ""
    note: str = ""


class Case(Told):
    """A case as it stands now."""

    case_id: str
    run_id: str
    action_id: str
    action: str
    role: str
    """Whose queue it stands in; after an escalation the one that it has gone to."""
    outcome: OutcomeKind
    state: str
    reply: str
    reason: str
    done: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    why: Why
    messages: tuple[str, ...] = ()
    """What the user wrote after the end, masked, oldest first."""
    opened: str
    """ISO 8601 in UTC, as ``deadline``."""
    deadline: str
    overdue: bool = False
    escalated: bool = False
    owner: Approver | None = None
    """Who has claimed it."""
    resolved: str | None = None
    """How it was settled, once it is."""
    story: tuple[CaseLine, ...] = ()
    notice: str | None = None
    """The last thing refused, in plain words."""


class CaseEnd(Told):
    """How a case ended."""

    case_id: str
    resolved: str | None
    """How; ``None`` where it was withdrawn with everything else of its user."""
    by: str = ""
