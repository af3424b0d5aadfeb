import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue
from temporalio import workflow

from leverframe.contracts import entries, names
from leverframe.contracts.base import Facts
from leverframe.contracts.calling import CallResult
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.contracts.policy import Retrieved
from leverframe.contracts.proposal import Proposal
from leverframe.contracts.request import ActionRequest
from leverframe.contracts.status import Claim, Outcome
from leverframe.contracts.verdict import Screened, Verdict
from leverframe.local_time import in_words
from leverframe.modes import Mode
from leverframe.naming import came, writing
from leverframe.reasons import OTHERWISE
from machines.base import ActionMachine
from machines.facts import at
from machines.reading.remembering import remembering
from machines.states import Argument, Call
from workflows.asking import Asking
from workflows.carried_capability import Carried
from workflows.confirmation import Confirmation
from workflows.early import Early
from workflows.journal import Journal
from workflows.judged_in_batches import Judging
from workflows.notifications import Deliveries
from workflows.refusal_counts import Refusals
from workflows.roles import Roles

UNFINISHED = "unfinished"
"""The event after a call of which nobody knows what came: no machine takes it, so that a person goes on."""


@dataclass
class Context:
    """Everything that one running action knows. Changed by the steps, read by queries and details."""

    action_id: str
    request: ActionRequest
    machine: ActionMachine
    carried: Carried
    roles: Roles
    journal: Journal
    deliveries: Deliveries
    judging: Judging
    withdrawals: asyncio.Semaphore
    """So many are judged at a time: the server lets a workflow ask for 2,000 things at once, and no more."""
    mode: Mode
    """In which it was begun."""
    incoming: str
    """The user's newest message, not screened yet: shown to nobody but the guards."""
    messages: list[str] = field(default_factory=list)
    """The user's screened messages, in their own words, masked, oldest first; and the day of each, if told."""
    written_on: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    """What they quoted or forwarded in them, masked: for operators to read, and no part of the facts."""
    placeholders: dict[str, str] = field(default_factory=dict)
    reads: Facts = field(default_factory=dict)
    """What scoped reads have returned."""
    visits: dict[str, int] = field(default_factory=dict)
    """How often each state was entered; makes idempotency keys and limits."""
    verdicts: list[Verdict] = field(default_factory=list)
    policy: Retrieved = field(default_factory=lambda: Retrieved(citable=(), related=()))
    """The clauses that were found for the newest decision."""
    early: Early = field(default_factory=Early)
    proposal: Proposal | None = None
    confirmation: Confirmation | None = None
    approved: Plan | None = None
    """The plan that people approved, while its calls are being run."""
    approval: Carried | None = None
    """The capability with the signed approval of that plan."""
    ahead: dict[str, CallResult] = field(default_factory=dict)
    """What has come of calls, by their states, that the machine has yet to come to: they were run with one before."""
    carried_out: list[str] = field(default_factory=list)
    """The states of the writes that have been done, in order."""
    left: tuple[str, str] = ("", "")
    """The last state that was left, and by which event."""
    trouble: str | None = None
    """The last thing that went wrong, in plain words."""
    suggested: bool = False
    """Whether a person takes over to choose, with the proposal as a suggestion."""
    withheld: bool = False
    """Whether a guard has held back the last text to the user."""
    parts: list[str] = field(default_factory=list)
    """Ids of the actions that were started as parts of this one."""
    reopened: str = ""
    """Of an action that had ended and was woken: which run of it this is. What it does has keys of its own."""
    before: Outcome | None = None
    """How a reopened action had ended, if it had an outcome."""
    waits: dict[str, datetime] = field(default_factory=dict)
    """Until when the waits last from which the action was woken."""
    looked: dict[str, int] = field(default_factory=dict)
    """How often it was woken from them."""
    refusals: Refusals = field(default_factory=Refusals)
    news: bool = False
    """Whether there is a notice that is not shown yet."""
    withdrawn: bool = False
    """Whether somebody has withdrawn the action, in time or too late."""
    withdrawn_by: str | None = None
    """Who, as their capability says."""
    step: "asyncio.Future[str] | None" = None
    """What is done in the current state, where a withdrawal gives it up."""
    woken: bool = False
    """Whether a ``wake`` has come since the last waiting period that can be woken from."""
    unknown: list[str] = field(default_factory=list)
    """Keys of the calls of which nobody knows whether what they asked of systems outside has happened."""
    claim: Claim | None = None
    """Who is on the plan that waits."""
    announced_claim: str = ""
    """Who is on it, as lists and saved views find it."""
    corrections: int = 0
    """How often people have had another plan made."""
    outcome: Outcome | None = None
    """How it has ended."""
    question: str | None = None
    asking: Asking | None = None
    """That the model is asked now."""
    deadline: datetime | None = None
    notice: str | None = None
    """The last thing that went wrong or was refused, in plain words."""

    @property
    def facts(self) -> Facts:
        """What machine conditions, argument paths and reply templates see."""
        proposal: Facts = {"event": self.proposal.event, **self.proposal.arguments} if self.proposal else {}
        return {
            **self.reads,
            "messages": list(self.messages),
            "written_on": list(self.written_on),
            "visits": dict(self.visits),
            "clauses": {clause.id: clause.text for clause in self.policy.citable},
            "proposal": proposal,
        }

    @property
    def ends(self) -> datetime | None:
        """When it is over with what is waited for."""
        return self.asking.until if self.asking else self.deadline

    @property
    def open_confirmation(self) -> Confirmation | None:
        """The plan that people may decide on now."""
        found = self.confirmation
        return found if found is not None and found.settled is None else None

    def send(self, event: str) -> None:
        """Move the machine on. Where it does not take the event, since a condition raised, a person takes over."""
        source = self.machine.current.id
        try:
            with remembering():
                self.machine.send(event, facts=self.facts)
        except Exception as error:
            # Raised on, it would stop the workflow for good. That no machine takes what nobody knows is meant.
            if event != UNFINISHED:
                self._stuck(source, event, error)
            self.machine.give_up(event)
        if isinstance(done := self.machine.states_map[source], Call) and done.writes:
            self.journal.tell(f"{writing(done.tool)}: {came(event)}")
        self.left = (source, event)
        moved = entries.Moved(source=source, event=event, target=self.machine.current.id)
        self.journal.add("workflows", moved)

    def _stuck(self, source: str, event: str, error: Exception) -> None:
        self.problem(
            f"What comes next could not be worked out, so that a person must go on: {OTHERWISE}.",
            cause=f"The machine did not take '{event}' at '{source}': {type(error).__name__}",
        )

    def visit(self, state_id: str) -> str:
        """Names the present visit of a state as no other of the action."""
        run = f"@{self.reopened}" if self.reopened else ""
        return f"{state_id}{run}#{self.visits[state_id]}"

    def planned(self, call_id: str, visit: int, facts: Facts | None = None) -> PlannedCall:
        """The call of a state with its arguments read from the facts, or from others.

        Raises:
            LookupError: when the facts lack an argument.
        """
        call = self.machine.states_map[call_id]
        if not isinstance(call, Call):
            raise LookupError(f"state {call_id!r} is no call")
        run = f"@{self.reopened}" if self.reopened else ""
        try:
            with remembering():
                known = self.facts if facts is None else facts
                arguments = {name: _argument(known, source) for name, source in call.arguments.items()}
            return PlannedCall(call=call_id, key=f"{call_id}{run}#{visit}", tool=call.tool, arguments=arguments)
        except LookupError:
            raise
        except Exception as error:
            raise LookupError(f"an argument of {call_id!r} cannot be worked out: {type(error).__name__}") from None

    def judged(self, screened: Screened) -> None:
        """Take over what the guards said."""
        self.placeholders.update(screened.placeholders)
        self.verdicts.extend(screened.verdicts)
        for verdict in screened.verdicts:
            self.journal.add("guards", entries.Judged.of(verdict))

    def problem(self, what: str, role: names.Role = "workflows", cause: str = "") -> None:
        """Note something that went wrong, for operators and the ledger; what is technical of it is for that alone."""
        self.notice = self.trouble = what
        self.journal.add(role, entries.Troubled(what=what, cause=cause))

    def lasting(self, within: timedelta) -> timedelta:
        """How long to wait for people: not beyond the right to act for the user, after which nothing can be done."""
        left = max(self.carried.until - workflow.now(), timedelta(0))
        if left < within:
            self.problem(f"The right to act for this user ends at {in_words(self.carried.until)}: it waits no longer.")
        return min(left, within)

    def withdraw_late(self, why: str) -> None:
        """Note a withdrawal that changes nothing now; it counts as soon as the machine allows one again."""
        self.withdrawn = True
        self.journal.add("workflows", entries.Withdrawn(accepted=False, by=self.withdrawn_by))
        self.notice = f"Withdrawing came too late: {why}."


def _argument(facts: Facts, source: Argument) -> JsonValue:
    return source(facts) if callable(source) else at(facts, source)
