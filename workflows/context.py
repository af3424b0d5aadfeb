import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from leverframe.contracts import entries, names
from leverframe.contracts.base import Facts
from leverframe.contracts.notification import NotificationType, NotifyRequest
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.contracts.policy import Retrieved
from leverframe.contracts.proposal import Proposal
from leverframe.contracts.request import ActionRequest
from leverframe.contracts.status import Outcome, Status
from leverframe.contracts.verdict import Screened, Verdict
from leverframe.contracts.why import Why
from leverframe.local_time import in_words
from machines.base import ActionMachine
from machines.reading.remembering import remembering
from machines.states import Argument, Ask, Call, End, LeverState, Stands
from workflows.asking import Asking
from workflows.carried import Carried
from workflows.confirmation import Confirmation
from workflows.deliveries import Deliveries
from workflows.details import Story, render
from workflows.journal import Journal
from workflows.judging import Judging
from workflows.refusals import RECORDED as RECORDED
from workflows.refusals import Refusals
from workflows.roles import Roles
from workflows.wording import ways


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
    proposal: Proposal | None = None
    confirmation: Confirmation | None = None
    approved: Plan | None = None
    """The plan that people approved, while its calls are being run."""
    approval: Carried | None = None
    """The capability with the signed approval of that plan."""
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

    def enter(self, state: LeverState) -> None:
        """Count the visit and show the state to operators."""
        self.visits[state.id] = self.visits.get(state.id, 0) + 1
        self.show()

    def send(self, event: str) -> None:
        """Move the machine on. Where it does not take the event, since a condition raised, a person takes over."""
        source = self.machine.current.id
        try:
            with remembering():
                self.machine.send(event, facts=self.facts)
        except Exception as error:
            # Raised on, it would stop the workflow for good.
            self.problem(f"The machine did not take '{event}' at '{source}': {type(error).__name__}. A person must.")
            self.machine.give_up(event)
        moved = entries.Moved(source=source, event=event, target=self.machine.current.id)
        self.journal.add("workflows", moved)

    def planned(self, call_id: str, visit: int) -> PlannedCall:
        """The call of a state with its arguments read from the facts.

        Raises:
            LookupError: when the facts lack an argument.
        """
        call = self.machine.states_map[call_id]
        if not isinstance(call, Call):
            raise LookupError(f"state {call_id!r} is no call")
        run = f"@{self.reopened}" if self.reopened else ""
        try:
            with remembering():
                arguments = {name: _argument(self.facts, source) for name, source in call.arguments.items()}
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

    def problem(self, what: str, role: names.Role = "workflows") -> None:
        """Note something that went wrong, for operators and the ledger."""
        self.notice = what
        self.journal.add(role, entries.Troubled(what=what))

    def lasting(self, within: timedelta) -> timedelta:
        """How long to wait for people: not beyond the right to act for the user, after which nothing can be done."""
        left = max(self.carried.until - workflow.now(), timedelta(0))
        if left < within:
            self.problem(f"The right to act for this user ends at {in_words(self.carried.until)}: it waits no longer.")
        return min(left, within)

    def tell_refused(self, refusal: str) -> None:
        """Have the notice shown with :meth:`show_news`."""
        self.notice, self.news = refusal, True

    def show_news(self) -> None:
        """Show the newest notice, unless somebody did already: of a hundred that came together, only the last."""
        if self.news:
            self.show()

    def withdraw_late(self, why: str) -> None:
        """Note a withdrawal that changes nothing now; it counts as soon as the machine allows one again."""
        self.withdrawn = True
        self.journal.add("workflows", entries.Withdrawn(accepted=False, by=self.withdrawn_by))
        self.notice = f"Withdrawing came too late: {why}."

    def tell(self, what: NotificationType) -> None:
        """Have the business's webhook told, if it is a person who is waited for; does not wait for it."""
        status = self.status()
        if status.awaiting == "nobody" or self.deadline is None:
            return
        request = NotifyRequest(
            type=what,
            state=status.state,
            visit=self.visits[status.state],
            awaiting=status.awaiting,
            role=status.role,
            deadline=self.deadline,
        )
        if what == "action.expired":
            self.deliveries.send_last(request)
        else:
            self.deliveries.send(request, self.deadline)

    def tell_end(self, state: End) -> None:
        """Have the business's webhook told who takes over from here, if the state says who."""
        if state.tell is not None:
            visit = self.visits[state.id]
            request = NotifyRequest(
                type="action.handed_over", state=state.id, visit=visit, awaiting="operator", role=state.tell
            )
            self.deliveries.send_last(request)

    def show(self) -> None:
        """Refresh what the Temporal UI shows of this action."""
        self.news = False
        workflow.set_current_details(render(self._story()))

    def announce(self) -> None:
        """Refresh the search attributes, so that lists and saved views find the action."""
        state, plan = self.machine.current, self.open_confirmation
        late = self.asking is not None and self.asking.late
        awaiting = plan.role if plan else "model" if late else self.status().awaiting
        ends = self.ends
        updates: list[SearchAttributeUpdate[Any]] = [
            names.STATE.value_set(state.id),
            names.AWAITING.value_set(awaiting),
        ]
        if ends is not None:
            updates.append(names.DEADLINE.value_set(ends))
        if isinstance(state, Stands) and self.before is not None:
            updates.append(names.OUTCOME.value_set(self.before.kind))
        elif isinstance(state, End):
            updates.append(names.OUTCOME.value_set(state.kind))
        if plan and plan.role == plan.state.escalate_to:
            updates.append(names.ESCALATED.value_set("yes"))
        workflow.upsert_search_attributes(updates)

    def status(self) -> Status:
        """Where the action stands, for the SDK."""
        state = self.machine.current
        open_plan = self.open_confirmation
        asking = isinstance(state, Ask) and self.question is not None
        ends = self.ends
        return Status(
            action_id=self.action_id,
            action=self.request.action,
            state=state.id,
            awaiting="operator" if open_plan else "user" if asking else "nobody",
            question=self.question if asking else None,
            plan=open_plan.plan if open_plan else None,
            role=open_plan.role if open_plan else None,
            quorum=open_plan.needed if open_plan else None,
            amount_needed=open_plan is not None and open_plan.amount is not None,
            approvals=open_plan.approvals if open_plan else (),
            deadline=ends.isoformat() if ends and not isinstance(state, End) else None,
            model_since=self.asking.since.isoformat() if self.asking else None,
            parts=tuple(self.parts),
            notice=self.notice,
        )

    def why(self) -> Why:
        """Why it stands there, for the SDK and the Temporal UI."""
        return Why(
            requester=self.request.requester,
            pseudonym=self.request.pseudonym,
            messages=tuple(self.messages),
            quoted=tuple(self.quoted),
            proposal=self.proposal,
            cited=self.policy.cited(self.proposal.arguments) if self.proposal else (),
            related=self.policy.related,
            verdicts=tuple(self.verdicts),
            ways=ways(type(self.machine), self.machine.current),
        )

    def _story(self) -> Story:
        return Story(
            action_id=self.action_id,
            machine=type(self.machine),
            state=self.machine.current,
            why=self.why(),
            confirmation=self.open_confirmation,
            approved=self.approved,
            parts=tuple(self.parts),
            question=self.question,
            asking=self.asking if self.asking and self.asking.late else None,
            deadline=self.deadline,
            notice=self.notice,
        )


def _argument(facts: Facts, source: Argument) -> JsonValue:
    return source(facts) if callable(source) else _lookup(facts, source)


def _lookup(facts: Facts, path: str) -> JsonValue:
    value: JsonValue = facts
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            raise LookupError(f"the facts have no {path!r}")
        value = value[part]
    return value
