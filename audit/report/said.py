"""What ledger entries say, by kind: read as they were written, or not at all where somebody wrote something else."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from leverframe.contracts.decision import Approver, Choice
from leverframe.contracts.plan import CallPlan, Plan, PlannedCall, Row, RowChange
from leverframe.contracts.policy import Clause
from leverframe.contracts.proposal import Usage
from leverframe.contracts.verdict import Verdict
from tools.chain import LedgerRow


class Said(BaseModel):
    """The body of an entry; what a later version adds to it is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Started(Said):
    action: str
    requester: str
    pseudonym: str


class Moved(Said):
    source: str
    event: str
    target: str


class Judged(Verdict, Said):
    model_config = ConfigDict(extra="ignore")


class Related(Said):
    id: str
    version: int


class Proposed(Said):
    event: str
    arguments: dict[str, JsonValue]
    rationale: str
    model: str
    prompt: str
    prompt_version: int
    prompt_hash: str
    usage: Usage | None = None
    duration_ms: int | None = None
    cited: tuple[Clause, ...] = ()
    related: tuple[Related, ...] = ()


class Planned(Plan, Said):
    model_config = ConfigDict(extra="ignore")

    money: str | None = None
    """Which money it is about, as the business's own function of a plan told it when people were asked."""


class Decided(Said):
    choice: Choice
    accepted: bool
    reason: str | None = None
    digest: str | None = None
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Since the plan was shown."""
    hasty: bool = False
    """Whether it is an approval that came sooner than a plan can be read."""
    note: str | None = None
    amount: str | None = None
    """What was typed of the money that goes back."""
    approver: Approver | None = None


class Effected(Said):
    planned: PlannedCall
    digest: str
    plan: str
    changes: tuple[RowChange, ...]
    token: str = ""
    answers: tuple[Row, ...] = ()

    @property
    def call(self) -> CallPlan:
        """The call as a plan shows it."""
        return CallPlan(planned=self.planned, changes=self.changes, digest=self.digest)


class Reminded(Said):
    deadline: str


class Escalated(Said):
    source: str
    target: str


class Asked(Said):
    text: str


class Answered(Said):
    accepted: bool
    reason: str | None = None


class Withdrawn(Said):
    accepted: bool
    by: str | None = None
    reason: str | None = None
    """Why it does not count; without one, it came too late."""


class Troubled(Said):
    what: str


class Part(Said):
    action: str
    action_id: str
    outcome: str | None = None


class Closed(Said):
    outcome: str
    state: str


class Reopened(Said):
    outcome: str | None
    """How it had ended."""


KINDS: Mapping[str, type[BaseModel]] = {
    "started": Started,
    "transition": Moved,
    "verdict": Judged,
    "proposal": Proposed,
    "plan": Planned,
    "decision": Decided,
    "effect": Effected,
    "reminder": Reminded,
    "escalation": Escalated,
    "question": Asked,
    "answer": Answered,
    "withdrawal": Withdrawn,
    "problem": Troubled,
    "part": Part,
    "closed": Closed,
    "reopened": Reopened,
}


def said(kind: str, body: Mapping[str, JsonValue]) -> BaseModel | None:
    """What a body says; ``None`` when it has not the form of its kind."""
    model = KINDS.get(kind)
    try:
        return model.model_validate(body) if model else None
    except (ValidationError, RecursionError):
        return None


def read(entry: LedgerRow) -> BaseModel | None:
    """What an entry says; ``None`` when its body has not the form of its kind."""
    return said(entry.kind, entry.body)
