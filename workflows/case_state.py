"""A case as it stands: what has happened in it, and which step a person may take next. Nothing here does I/O."""

from dataclasses import dataclass, field
from datetime import datetime

from leverframe.contracts.case import Case, CaseAct, CaseEvent, CaseLine, CaseRequest
from leverframe.contracts.decision import Approver, CaseStep
from leverframe.local_time import in_words
from machines.cases import Takeover

SHOWN = 50
"""Lines of the story that are told; the ledger has all."""
EXPECTED = 'Expected nothing, or one JSON value like {"note": "what you have to say"}.'
FINDING = 'Expected one JSON value like {"call": "…", "happened": true, "note": "what you have seen there"}.'
MISSING: dict[CaseStep, str] = {
    "note": "Say something in the note.",
    "found": "Say what you have seen at the system outside, in a note.",
    "resolve": "Say how it was settled, in a note.",
}
"""What is said where a note is needed."""
DONE: dict[CaseStep, str] = {
    "claim": "It is yours now.",
    "release": "Nobody has it now.",
    "note": "Noted.",
    "found": "It is recorded as your word.",
    "resolve": "Settled. Thank you.",
}


@dataclass
class Standing:
    """One case, changed by what comes."""

    case_id: str
    run_id: str
    request: CaseRequest
    rules: Takeover
    opened: datetime
    role: str
    escalated: bool = False
    overdue: int = 0
    """How often it was told that the deadline has passed."""
    owner: Approver | None = None
    found: dict[str, bool] = field(default_factory=dict)
    """By the keys of the calls: whether what was asked of a system outside has happened, as a person says."""
    resolved: str | None = None
    by: str = ""
    withdrawn: bool = False
    messages: list[str] = field(default_factory=list)
    story: list[CaseLine] = field(default_factory=list)
    notice: str | None = None

    @property
    def deadline(self) -> datetime:
        return self.opened + self.rules.within

    @property
    def ended(self) -> bool:
        return self.withdrawn or self.resolved is not None

    def tell(self, what: CaseEvent, at: datetime, who: str = "", note: str = "") -> None:
        """Add a line to the story."""
        self.story.append(CaseLine(at=at.isoformat(), what=what, who=who, note=note))

    def refusal(self, step: CaseStep, said: CaseAct | None, person: Approver | None = None) -> str | None:
        """Why a step cannot be taken, in plain words; ``None`` where it can (by this person, once they are known)."""
        if said is None:
            return f"This could not be read. {EXPECTED}"
        if self.ended:
            return "Too late: this case is settled already."
        if step in MISSING and not said.note.strip():
            return MISSING[step]
        if (said.happened is None) == (step == "found"):
            return f"This could not be read. {FINDING if step == 'found' else EXPECTED}"
        if step == "found" and self._asked(said.call) is None:
            return f"Nobody has to look for this request: expected one of those of this case. {FINDING}"
        if step == "release" and self.owner is None:
            return "Nobody has claimed this case."
        if person and self.owner and step in ("claim", "resolve") and self.owner.person != person.person:
            return f"{self.owner.identity} has claimed this case. Ask them, or release it first."
        return None

    def take(self, step: CaseStep, said: CaseAct, person: Approver, at: datetime) -> None:
        """Take a step that may be taken."""
        match step:
            case "claim":
                self.owner = person
            case "release":
                self.owner = None
            case "found" if said.happened is not None:
                self.found[said.call] = said.happened
            case "resolve":
                self.owner, self.resolved, self.by = person, said.note, person.person
        self.notice = None
        self.tell(step, at, person.identity, f"{self._told(said)}{said.note}")

    def _told(self, said: CaseAct) -> str:
        """What was found, of what was looked for."""
        if said.happened is None or (asked := self._asked(said.call)) is None:
            return ""
        return f"{asked}: this has {'' if said.happened else 'not '}happened. "

    def _asked(self, call: str) -> str | None:
        return next((one.what for one in self.request.unknown if one.call_key == call), None)

    def view(self) -> Case:
        """What people and programs are told of it."""
        shared = CaseRequest.model_fields.keys() & Case.model_fields.keys() - {"unknown"}
        return Case(
            **{name: getattr(self.request, name) for name in shared},
            unknown=tuple(
                one.model_copy(update={"happened": self.found.get(one.call_key)}) for one in self.request.unknown
            ),
            case_id=self.case_id,
            run_id=self.run_id,
            role=self.role,
            messages=tuple(self.messages),
            opened=self.opened.isoformat(),
            deadline=self.deadline.isoformat(),
            overdue=self.overdue > 0,
            escalated=self.escalated,
            owner=self.owner,
            resolved=self.resolved,
            story=tuple(self.story[-SHOWN:]),
            notice=self.notice,
        )

    @property
    def heading(self) -> str:
        """Where it stands, in one line."""
        if self.withdrawn:
            return "Ended: withdrawn with everything else of its user"
        if self.resolved is not None:
            return "Settled"
        whose = f"{self.owner.identity} has it" if self.owner else f"waits for {self.role.replace('_', ' ')}"
        late = f", overdue since {in_words(self.deadline)}" if self.overdue else f", until {in_words(self.deadline)}"
        return f"Case: {whose}{late}"
