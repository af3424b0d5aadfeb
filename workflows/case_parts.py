"""What a case does beside waiting: it records, shows itself, has people told, and has the other roles judge."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError, is_cancelled_exception

from leverframe.capability_uses import case_id
from leverframe.codec import is_sealed
from leverframe.contracts import entries, names
from leverframe.contracts.case import CaseAct, CaseEvent, CaseJudgeRequest, CaseRequest
from leverframe.contracts.decision import Approver, CaseStep, Judged, Receipt
from leverframe.contracts.notification import NotificationType, NotifyRequest
from leverframe.contracts.settling import SettleRequest
from leverframe.contracts.status import Status
from leverframe.contracts.withdrawal import Withdrawal, WithdrawalRequest
from leverframe.errors import CapabilityRefused, Undecryptable
from leverframe.settlement_signature import found_digest
from machines.cases import takeover
from machines.registry import machine_for
from workflows import case_details
from workflows.carried_capability import Carried
from workflows.case_state import Standing
from workflows.journal import Journal
from workflows.notifications import Deliveries
from workflows.refusal_counts import Refusals
from workflows.roles import FAILED, Roles, why
from workflows.turns import turn
from workflows.users_words import readable


@dataclass
class Parts:
    """One case, and what it needs to act."""

    case: Standing
    carried: Carried
    roles: Roles
    journal: Journal
    deliveries: Deliveries
    refusals: Refusals = field(default_factory=Refusals)
    placeholders: dict[str, str] = field(default_factory=dict)
    settled: int = 0
    """How often what was found was to be recorded."""
    written: set[str] = field(default_factory=set)
    """The messages of the user that have come."""

    async def open(self) -> None:
        """Record it, show it, and have people told."""
        case = self.case
        case.tell("opened", workflow.now(), note=case.request.reason)
        self.show()
        self._notify("case.opened", case.deadline)
        await self.record(entries.CaseEntry(**self.about("opened"), reason=case.request.reason))

    async def anew(self, request: CaseRequest) -> None:
        """The action has ended anew: the same people take over, of what is so now."""
        self.case.request = request
        await self.open()

    async def escalate(self) -> None:
        """Nobody has settled it, and its time is nearly over."""
        case = self.case
        what: CaseEvent = "escalated" if case.rules.escalate_to else "reminded"
        case.role, case.escalated = case.rules.escalate_to or case.role, True
        case.tell(what, workflow.now())
        self.show()
        self._notify("case.escalated" if what == "escalated" else "case.reminded", case.deadline)
        await self.record(entries.CaseEntry(**self.about(what)))

    async def overdue(self, until: datetime) -> None:
        """Its time is over. It is not lost for that: people are told, until then and again after that."""
        case = self.case
        case.overdue += 1
        case.tell("overdue", workflow.now())
        self.show()
        self._notify("case.overdue", until)
        await self.record(entries.CaseEntry(**self.about("overdue")))

    async def close(self) -> None:
        """Show how it ended, and have that told."""
        self.show()
        self.deliveries.drop()
        if self.case.resolved is not None:
            self.deliveries.send_last(self._message("case.resolved"))
        await self.journal.flush()
        await self.deliveries.settle()

    async def record(self, body: entries.CaseEntry) -> None:
        """Into the ledger, before anybody is told that it is so."""
        self.journal.add("approvals" if body.approver else "workflows", body)
        await self.journal.flush()

    def about(self, what: CaseEvent) -> dict[str, Any]:
        """What every entry says."""
        case = self.case
        return {"what": what, "run": case.run_id, "role": case.role, "deadline": case.deadline.isoformat()}

    def show(self) -> None:
        """Refresh what the Temporal UI shows, and its lists."""
        case = self.case
        workflow.set_current_details(case_details.render(case))
        updates: list[SearchAttributeUpdate[Any]] = [
            names.STATE.value_set(names.CASE),
            names.AWAITING.value_set("nobody" if case.ended else case.role),
            names.CLAIMED.value_set(case.owner.person) if case.owner else names.CLAIMED.value_unset(),
            names.DEADLINE.value_set(case.deadline),
        ]
        if case.escalated or case.overdue:
            updates.append(names.ESCALATED.value_set("yes"))
        if case.ended:
            updates.append(names.OUTCOME.value_set("withdrawn" if case.withdrawn else "resolved"))
        workflow.upsert_search_attributes(updates)

    def status(self) -> Status:
        """Where it stands, as of an action."""
        case = self.case
        return Status(
            action_id=case.case_id,
            action=names.CASE,
            state=names.CASE,
            awaiting="nobody" if case.ended else "operator",
            role=None if case.ended else case.role,
            deadline=None if case.ended else case.deadline.isoformat(),
            notice=case.notice,
        )

    async def judged(
        self, step: CaseStep, said: CaseAct | None, update: str | None, index: int | None
    ) -> tuple[Judged | None, str | None]:
        """Who has sent a step, and why it does not count if it does not."""
        case, digest = self.case, None
        if said is not None and step == "found" and said.happened is not None:
            digest = found_digest(self.carried.action_id, said.call, happened=said.happened, note=said.note)
        try:
            judged = await self.roles.judge_case(
                CaseJudgeRequest(
                    action_id=self.carried.action_id,
                    action=case.request.action,
                    run_id=case.run_id,
                    state=case.request.state,
                    choice=step,
                    update_id=update,
                    signal_index=index,
                    digest=digest,
                    capability=self.carried.to_record(digest),
                )
            )
        except (*FAILED, CapabilityRefused) as error:
            if is_cancelled_exception(error):
                raise
            return None, f"What you sent could not be judged: {why(error)}."
        return judged, None if judged.accepted else judged.reason

    async def settle(self, said: CaseAct, person: Approver, approved: str) -> str | None:
        """Have recorded what a person found at a system outside; returns why it does not count if it does not."""
        self.settled += 1
        try:
            settled = entries.Settled(
                call_key=said.call,
                happened=bool(said.happened),
                person=person.person,
                note=said.note,
                run=self.case.run_id,
                **proof(said, person),
            )
            request = SettleRequest(
                action_id=self.carried.action_id,
                case_of=self.case.request.action,
                capability=approved,
                settled=settled,
                mark=f"case@{self.case.run_id}#{self.settled}",
            )
            return (await self.roles.settle(request)).refusal or None
        except (ValueError, *FAILED) as error:
            if is_cancelled_exception(error):
                raise
            return f"What you found could not be recorded: {why(error)}."

    async def refused(self, step: CaseStep, refusal: str, person: Approver | None) -> Receipt:
        """Tell why a step does not count, and record so much of that as is of use."""
        self.case.notice = refusal
        self.show()
        if (reason := self.refusals.counted(refusal, person is not None)) is not None:
            await self.record(entries.CaseEntry(**self.about(step), accepted=False, reason=reason, approver=person))
        return Receipt(accepted=False, message=refusal)

    async def screen(self, text: str) -> None:
        """Take in what the user has written, once the guards have masked it."""
        about = (self.carried.action_id, self.case.request.action)
        shown = await readable(self.roles, self.journal, about, text, self.placeholders, workflow.now())
        self.case.messages.append(shown)
        self.case.tell("written", workflow.now())
        self.show()
        # Beside what is under way: that people were told of the case is as true as before.
        self.deliveries.send(self._message("case.written"), workflow.now() + self.case.rules.within)
        await self.record(entries.CaseEntry(**self.about("written")))

    async def withdraw(self, sent: Sequence[object]) -> None:
        """End it for whoever may withdraw all actions of its user."""
        try:
            (value,) = sent
            withdrawal = Withdrawal.model_validate(value)
            request = WithdrawalRequest(
                action_id=self.carried.action_id,
                capability=self.carried.token,
                sent=withdrawal,
                case_of=self.case.request.action,
            )
            judged = await self.roles.withdrawal(request)
        except (ValueError, *FAILED) as error:
            if is_cancelled_exception(error):
                raise
            return
        if judged.accepted and not self.case.ended:
            await self.record(entries.CaseEntry(**self.about("withdrawn"), note=judged.by or None))
            self.case.withdrawn = True

    def _notify(self, what: NotificationType, until: datetime) -> None:
        self.deliveries.drop()
        self.deliveries.send(self._message(what), until)

    def _message(self, what: NotificationType) -> NotifyRequest:
        case = self.case
        return NotifyRequest(
            type=what,
            state=names.CASE,
            # Each message has an id of its own: one may be said again.
            visit=len(case.story),
            awaiting="operator",
            role=case.role,
            deadline=None if case.ended else case.deadline,
        )


def proof(said: CaseAct, person: Approver) -> dict[str, Any]:
    """Who it was, and with what they have signed."""
    return {"approver": person, "signature": said.signature, "passkey": said.passkey}


def begin(raw: RawValue) -> Parts:
    """The case that was started; raises ApplicationError, not retryable, when the input is no request for one."""
    info = workflow.info()
    if is_sealed(raw.payload):
        raise Undecryptable("what the case was started with cannot be opened here")
    try:
        request = CaseRequest.model_validate(workflow.payload_converter().from_payload(raw.payload, CaseRequest))
        machine = machine_for(request.action)
        rules = takeover(machine, request.state)
        carried = Carried(request.action_id, request.capability, request.issuer_key)
        carried.to_record()
        priority = turn(carried, machine)
        if info.workflow_id != case_id(request.action_id):
            raise ValueError(f"its id must be {case_id(request.action_id)!r}")
    except Exception as error:
        told = f"expected one CaseRequest: {error}"
        raise ApplicationError(told, type="InvalidRequest", non_retryable=True) from None
    roles = Roles.here(priority)
    journal = Journal(carried, roles, f"case@{info.run_id}", request.action)
    case = Standing(info.workflow_id, info.run_id, request, rules, workflow.now(), rules.role)
    return Parts(case, carried, roles, journal, Deliveries(roles, journal))
