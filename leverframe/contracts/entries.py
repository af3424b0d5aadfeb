"""What the ledger's entries say: one model for the body of each kind. Writers make them, readers match on them."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias, get_args

from pydantic import Field, JsonValue, StrictBool

from leverframe.contracts.base import Contract
from leverframe.contracts.case import CaseEvent
from leverframe.contracts.decision import NOTE_LIMIT, Act, Approver, Choice, PasskeySignature, Trust
from leverframe.contracts.entry import Entry, IfAny, Malformed
from leverframe.contracts.feedback import Thumb
from leverframe.contracts.people import Did
from leverframe.contracts.plan import CallPlan, Plan, PlannedCall, Row, RowChange
from leverframe.contracts.policy import Clause, Related
from leverframe.contracts.proposal import Attempt, Proposal, Usage
from leverframe.contracts.verdict import Verdict
from leverframe.modes import Mode


def _usual(value: object) -> bool:
    return value == "live"


class Started(Entry):
    kind = "started"

    action: str
    requester: str
    pseudonym: str
    mode: Annotated[Mode, Field(exclude_if=_usual)] = "live"
    """In which it runs until its end."""


class Moved(Entry):
    kind = "transition"

    source: str
    event: str
    target: str


class Judged(Verdict, Entry):
    kind = "verdict"

    @classmethod
    def of(cls, verdict: Verdict) -> "Judged":
        """The entry of what a guard said."""
        return cls(**dict(verdict))


class Proposed(Proposal, Entry):
    kind = "proposal"

    model: str
    prompt: str
    prompt_version: int
    prompt_hash: str
    usage: Usage | None = None
    duration_ms: int | None = None
    cited: tuple[Clause, ...] = ()
    related: tuple[Related, ...] = ()
    endpoint: Annotated[str, IfAny] = ""
    """Which of the settings' endpoints answered."""
    revision: Annotated[str, IfAny] = ""
    """Of the model's weights, as the settings say."""


class Attempted(Attempt, Entry):
    kind = "attempt"


class Planned(Plan, Entry):
    kind = "plan"

    sentences: Annotated[tuple[str, ...], IfAny] = ()
    """What each call does, in words, as people were told."""
    money: Annotated[str | None, IfAny] = None
    """Which money it is about, as the business's own function of a plan told it when people were asked."""


class Decided(Entry):
    kind = "decision"

    choice: Choice
    accepted: StrictBool
    reason: str | None = None
    """Why it does not count."""
    digest: str | None = None
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Since the plan was shown."""
    hasty: StrictBool = False
    """Whether it is an approval that came sooner than a plan can be read."""
    note: str | None = None
    amount: str | None = None
    """What was typed of the money that it is about."""
    approver: Approver | None = None
    signature: Annotated[str | None, IfAny] = None
    """With which an approver's own key has signed it; auditors verify it with the operators' directory."""
    passkey: Annotated[PasskeySignature | None, IfAny] = None
    """The same of their passkey."""
    signed_amount: Annotated[str | None, IfAny] = None
    """The amount as it was typed and signed."""


class Approval(Contract):
    """Who approved, as the capability says with which the call was run."""

    person: str
    trust: str


class Effected(Entry):
    kind = "effect"

    planned: PlannedCall
    digest: str
    plan: str
    """Digest of the approved plan; empty for a call that needs none."""
    token: str = ""
    """Id of the capability."""
    approvals: tuple[Approval, ...] = ()
    changes: tuple[RowChange, ...]
    output: dict[str, JsonValue] = {}
    answers: tuple[Row, ...] = ()
    """What the systems outside said. It is not known when a plan is made, so it is not in the digest."""
    pending: Annotated[StrictBool, IfAny] = False
    """Whether a system outside has still to carry out its part."""

    @property
    def call(self) -> CallPlan:
        """The call as a plan shows it."""
        return CallPlan(planned=self.planned, changes=self.changes, digest=self.digest)


class Reminded(Entry):
    kind = "reminder"

    deadline: str


class Escalated(Entry):
    kind = "escalation"

    source: str
    target: str


class Asked(Entry):
    kind = "question"

    text: str


class Answered(Entry):
    kind = "answer"

    accepted: StrictBool
    reason: str | None = None


class Withdrawn(Entry):
    kind = "withdrawal"

    accepted: StrictBool
    by: str | None = None
    reason: Annotated[str | None, IfAny] = None
    """Why it does not count; without one, it came too late."""


class Troubled(Entry):
    kind = "problem"

    what: str
    cause: Annotated[str, IfAny] = ""  # What the error itself said: ``what`` is for people.


class Part(Entry):
    kind = "part"

    action: str
    action_id: str
    outcome: Annotated[str | None, IfAny] = None
    """``None`` when it was started."""


class Closed(Entry):
    kind = "closed"

    outcome: str
    state: str


class Reopened(Entry):
    kind = "reopened"

    outcome: str | None
    """How it had ended."""


class Settled(Entry):
    kind = "settlement"

    call_key: str
    """Of the call whose request to a system outside got no answer that could be relied on."""
    happened: StrictBool
    """Whether it has, as a person found who looked at the system."""
    person: Annotated[str, Field(min_length=1)]
    """Who says so: in the operators' directory where it is signed, else by the name that they gave."""
    note: Annotated[str, Field(min_length=1, max_length=NOTE_LIMIT)]
    signature: Annotated[str | None, IfAny] = None
    """Signed with the person's own key (:mod:`leverframe.settlement_signature`); in a case, as its steps are."""
    run: Annotated[str, IfAny] = ""
    """Of the case in which they say so, if it is one."""
    approver: Annotated[Approver | None, IfAny] = None
    """Who it was, in a case."""
    passkey: Annotated[PasskeySignature | None, IfAny] = None
    """Signed with their passkey, in a case."""

    @property
    def trust(self) -> Trust:
        """How it is established who says so."""
        if self.approver is not None:
            return self.approver.trust
        return "claimed" if self.signature is None else "signed"


class Handled(Entry):
    kind = "handling"

    act: Annotated[Act | None, IfAny] = None
    """``None`` where it could not be read."""
    accepted: StrictBool
    reason: Annotated[str | None, IfAny] = None
    """Why it does not count."""
    digest: str | None = None
    """Of the plan that waited."""
    to: Annotated[str, IfAny] = ""
    """The role or the person to whom it was handed over."""
    arguments: Annotated[dict[str, JsonValue], IfAny] = {}
    """What a correction changed, by name."""
    note: Annotated[str, IfAny] = ""
    approver: Approver | None = None
    """Who it was."""
    signature: Annotated[str | None, IfAny] = None
    """With which their own key has signed it."""
    passkey: Annotated[PasskeySignature | None, IfAny] = None


class CaseEntry(Entry):
    kind = "case"

    what: CaseEvent
    run: str
    """Of the case: an action can have one after the other."""
    role: str
    accepted: StrictBool = True
    reason: Annotated[str | None, IfAny] = None
    """Why a person takes over; of what was refused, why."""
    deadline: Annotated[str | None, IfAny] = None
    note: Annotated[str | None, IfAny] = None
    """What the person says; when it is resolved, how."""
    approver: Annotated[Approver | None, IfAny] = None
    """Who did it; where it was signed, over :func:`leverframe.digest.case_digest` of this case and note."""
    signature: Annotated[str | None, IfAny] = None
    passkey: Annotated[PasskeySignature | None, IfAny] = None


class FeedbackEntry(Entry):
    kind = "feedback"

    thumb: Thumb
    text: Annotated[str, IfAny] = ""
    """The user's own words of it, screened and masked."""


class PeopleDid(Did, Entry):
    kind = "people"

    by: str
    """Who tells it, as their capability says."""


Body: TypeAlias = (
    Started | Moved | Judged | Proposed | Planned | Decided | Effected | Reminded | Escalated | Asked | Answered
    | Withdrawn | Troubled | Part | Closed | Reopened | Settled | Handled | CaseEntry
    | FeedbackEntry | PeopleDid | Attempted
)  # fmt: skip
KINDS: Mapping[str, type[Body]] = {model.kind: model for model in get_args(Body)}


def read(kind: str, body: Mapping[str, JsonValue]) -> Body:
    """What an entry says; raises :class:`Malformed`."""
    model = KINDS.get(kind)
    if model is None:
        raise Malformed(f"no entry of this kind is known here; known are {', '.join(KINDS)}")
    return model.read(body)
