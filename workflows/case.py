"""A case: what a person takes over when an action cannot go on. It waits until somebody has settled it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from leverframe.codec import UNREADABLE
from leverframe.contracts import entries, names
from leverframe.contracts.base import Contract
from leverframe.contracts.case import MOST_MESSAGES, Case, CaseAct, CaseEnd, CaseMessage, CaseRequest
from leverframe.contracts.decision import Approver, CaseStep, Receipt
from leverframe.contracts.status import Status
from workflows import case_details
from workflows.case_parts import Parts, begin, proof
from workflows.case_state import DONE, FINDING
from workflows.refusal_counts import AS_SIGNAL

Kind = TypeVar("Kind", bound=Contract)
NOTE = 'Input: {"note": "…"}'


@workflow.defn(name=names.CASE)
class CaseWorkflow:
    """Its input is one ``CaseRequest``; its state is all in :class:`~workflows.case_state.Standing`."""

    def __init__(self) -> None:
        self._parts: Parts | None = None
        self._signals = 0
        self._turns = asyncio.Lock()

    @workflow.run
    async def run(self, raw: RawValue) -> CaseEnd:
        """Wait until it is settled.

        Raises:
            ApplicationError: not retryable, when the input is no request for a case.
        """
        parts = self._parts = begin(raw)
        case = parts.case
        await parts.open()
        soon = case.deadline - case.rules.remind
        if not await self._settled(soon):
            await parts.escalate()
        due = case.deadline
        while not await self._settled(due):
            await parts.overdue(due := workflow.now() + case.rules.within)
        await parts.close()
        await workflow.wait_condition(workflow.all_handlers_finished)
        await parts.journal.flush()
        return CaseEnd(case_id=case.case_id, resolved=case.resolved, by=case.by)

    async def _settled(self, moment: datetime) -> bool:
        case = self._known().case
        left = moment - workflow.now()
        if left.total_seconds() <= 0:
            return case.ended
        try:
            await workflow.wait_condition(
                lambda: case.ended, timeout=left, timeout_summary=case_details.until(case, moment)
            )
        except TimeoutError:
            return case.ended
        return True

    @workflow.query(description="The case as it stands")
    def case(self) -> Case:
        return self._known().case.view()

    @workflow.query(description="Where the case stands")
    def status(self) -> Status:
        return self._known().status()

    # Handlers take whatever is sent, as those of actions do.

    @workflow.update(name="claim", description="Take the case. No input, or a note")
    async def claim(self, *said: Any) -> Receipt:
        return await self._updated("claim", said)

    @workflow.update(name="release", description="Give the case back. No input, or a note")
    async def release(self, *said: Any) -> Receipt:
        return await self._updated("release", said)

    @workflow.update(name="note", description=f"Note something. {NOTE}")
    async def note(self, *said: Any) -> Receipt:
        return await self._updated("note", said)

    @workflow.update(name="resolve", description=f"End the case: the note says how it was settled. {NOTE}")
    async def resolve(self, *said: Any) -> Receipt:
        return await self._updated("resolve", said)

    @workflow.update(name="found", description=f"Say what became of a request to a system outside. {FINDING}")
    async def found(self, *said: Any) -> Receipt:
        return await self._updated("found", said)

    @found.validator
    def _findable(self, *said: Any) -> None:
        self._spare()

    @claim.validator
    def _claimable(self, *said: Any) -> None:
        self._spare()

    @release.validator
    def _releasable(self, *said: Any) -> None:
        self._spare()

    @note.validator
    def _notable(self, *said: Any) -> None:
        self._spare()

    @resolve.validator
    def _resolvable(self, *said: Any) -> None:
        self._spare()

    @workflow.signal(name="claim", description="Take the case. No input, or a note")
    async def claim_signal(self, *said: Any) -> None:
        await self._signalled("claim", said)

    @workflow.signal(name="release", description="Give the case back. No input, or a note")
    async def release_signal(self, *said: Any) -> None:
        await self._signalled("release", said)

    @workflow.signal(name="note", description=f"Note something. {NOTE}")
    async def note_signal(self, *said: Any) -> None:
        await self._signalled("note", said)

    @workflow.signal(name="resolve", description=f"End the case: the note says how it was settled. {NOTE}")
    async def resolve_signal(self, *said: Any) -> None:
        await self._signalled("resolve", said)

    @workflow.signal(name="found", description=f"Say what became of a request to a system outside. {FINDING}")
    async def found_signal(self, *said: Any) -> None:
        await self._signalled("found", said)

    @workflow.signal(name=names.WRITE, description="For the service: what the user has written once more")
    async def write(self, *said: Any) -> None:
        await self._begun()
        parts = self._known()
        message = _one(CaseMessage, said)
        if message is None or parts.case.ended or message.request_id in parts.written:
            return
        if len(parts.written) >= MOST_MESSAGES:
            return
        parts.written.add(message.request_id)
        async with self._turns:
            await parts.screen(message.text)

    @workflow.signal(name=names.ADD, description="For the action: it ended anew, and a person was promised again")
    async def add(self, *said: Any) -> None:
        await self._begun()
        request = _one(CaseRequest, said)
        if request is not None and request.action_id == self._known().case.request.action_id:
            await self._known().anew(request)

    @workflow.signal(name=names.WITHDRAW, description="For whoever withdraws all actions of a user: end it")
    async def withdraw(self, *sent: Any) -> None:
        await self._begun()
        await self._known().withdraw(sent)

    def _known(self) -> Parts:
        if self._parts is None:
            raise ApplicationError("the case has not started yet; try again", type="Refused", non_retryable=True)
        return self._parts

    async def _begun(self) -> None:
        await workflow.wait_condition(lambda: self._parts is not None)

    def _spare(self) -> None:
        """Take no more updates where so much was refused that they would use up what the server takes of one case."""
        if self._parts is not None and self._parts.refusals.crowded:
            raise ApplicationError(AS_SIGNAL, type=names.AS_SIGNAL, non_retryable=True)

    async def _updated(self, step: CaseStep, said: Sequence[object]) -> Receipt:
        info = workflow.current_update_info()
        receipt = await self._take(step, said, info.id if info else None, None)
        if not receipt.accepted:
            self._known().refusals.updates += 1
            raise ApplicationError(receipt.message, type="Refused", non_retryable=True)
        return receipt

    async def _signalled(self, step: CaseStep, said: Sequence[object]) -> None:
        if UNREADABLE in said:
            return  # Not counted: the approvals role cannot read it either.
        index, self._signals = self._signals, self._signals + 1
        await self._take(step, said, None, index)

    async def _take(self, step: CaseStep, payload: Sequence[object], update: str | None, index: int | None) -> Receipt:
        await self._begun()
        parts, said = self._known(), _one(CaseAct, payload or ({},))
        async with self._turns:
            person: Approver | None = None
            if (refusal := parts.case.refusal(step, said)) is None:
                judged, refusal = await parts.judged(step, said, update, index)
                person = judged.approver if judged else None
                refusal = refusal or parts.case.refusal(step, said, person)
                if refusal is None and step == "found" and said and judged and person:
                    refusal = await parts.settle(said, person, judged.approved or "")
            if refusal is not None or said is None or person is None:
                return await parts.refused(step, refusal or "Nobody could be established.", person)
            parts.case.take(step, said, person, workflow.now())
            if step != "found":  # That one is recorded as what it settles.
                await parts.record(
                    entries.CaseEntry(**parts.about(step), note=said.note or None, **proof(said, person))
                )
            parts.show()
        return Receipt(accepted=True, message=DONE[step])


def _one(kind: type[Kind], payload: Sequence[object]) -> Kind | None:
    try:
        (value,) = payload
        return kind.model_validate(value)
    except ValueError:
        return None
