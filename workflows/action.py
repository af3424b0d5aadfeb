"""The one workflow: do what the machine's current state says, send the resulting event, repeat until final."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from leverframe.codec import UNREADABLE
from leverframe.contracts import entries, names
from leverframe.contracts.correction import Correctables
from leverframe.contracts.decision import Choice, Receipt
from leverframe.contracts.status import Outcome, Status
from leverframe.contracts.story import Story
from leverframe.contracts.why import Why
from leverframe.reasons import OTHERWISE
from machines.base import WITHDRAW, ConditionFailed
from machines.states import End, LeverState, Stands
from workflows import admission, decisions, front, handling, shadow, steps, withdrawing, wording
from workflows.beginning import begin, reopens
from workflows.context import Context
from workflows.handing_over import hand_over
from workflows.modes import ends_in_shadow
from workflows.parts import outcomes
from workflows.refusal_counts import AS_SIGNAL

Result = TypeVar("Result")
HANDLE = 'Say that you are on it, or leave it to others. Input: {"code": "…", "act": "claim", "note": "…"}'


@workflow.defn(dynamic=True)
class ActionWorkflow:
    """Drives any action. The Temporal workflow type is the action's name, its input one ``ActionRequest``."""

    def __init__(self) -> None:
        self._context: Context | None = None
        self._signals = {"decides": 0, "handles": 0}

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> Outcome:
        """Run the action to its end.

        Raises:
            ApplicationError: not retryable, when the input is no request for a known action.
        """
        context = self._context = begin(args)
        if (refused := await self._uninterrupted(context, admission.refusal(context))) is not None:
            return await self._closed(context, refused) if refused.kind == "declined" else refused
        front.tell_start(context)
        while not _over(context, state := context.machine.current):
            front.enter(context, state)
            with _events_of(context, state).scope():
                context.send(await self._outcome(context, state))
        front.enter(context, state)
        if context.mode == "shadow" or not isinstance(state, End):
            with _events_of(context, state).scope():
                outcome = await self._uninterrupted(context, shadow.finish(context, state))
                return await self._closed(context, outcome)
        with _events_of(context, state).scope():
            reply = await self._uninterrupted(context, steps.finish(context, state))
            await self._uninterrupted(context, context.deliveries.settle())
            context.outcome = outcome = _outcome_of(context, state, reply)
            if (closed := await self._closed(context, outcome)) is not outcome:
                return closed
            await self._uninterrupted(context, front.tell_outcome(context, outcome))
            await self._uninterrupted(context, hand_over(context, outcome))
        if context.woken and reopens(context.machine):
            # The news came while it was ending: it looks again, as one that is woken after its end.
            workflow.continue_as_new(args=[context.request, outcome])
        return outcome

    @workflow.query(description="Where the action stands")
    def status(self) -> Status:
        if self._context is None:
            raise ValueError("the action has not started yet; try again")
        return front.status(self._context)

    @workflow.query(description="Why it stands there")
    def why(self) -> Why:
        if self._context is None:
            raise ValueError("the action has not started yet; try again")
        return front.why(self._context)

    @workflow.query(description="What has happened so far")
    def story(self) -> Story:
        if self._context is None:
            raise ValueError("the action has not started yet; try again")
        return front.story(self._context)

    @workflow.query(description="What a correction of the plan may change")
    def correctable(self) -> Correctables:
        if self._context is None:
            raise ValueError("the action has not started yet; try again")
        return front.can_be_corrected(self._context)

    # Handlers take whatever is sent: too many arguments or a wrong type would otherwise stop the workflow.

    @workflow.update(
        name="approve",
        description='Approve the plan in the details. Input: {"code": "…", "note": "…"}, or as the details say',
    )
    async def approve(self, *decision: Any) -> Receipt:
        return self._or_refuse(await self._decide("approve", decision, update=True))

    @approve.validator
    def _approvable(self, *decision: Any) -> None:
        self._spare(lambda context: decisions.plainly_refused(context, "approve", decision))

    @workflow.update(name="reject", description='Reject the plan in the details. Input: {"code": "…", "note": "…"}')
    async def reject(self, *decision: Any) -> Receipt:
        return self._or_refuse(await self._decide("reject", decision, update=True))

    @reject.validator
    def _rejectable(self, *decision: Any) -> None:
        self._spare(lambda context: decisions.plainly_refused(context, "reject", decision))

    @workflow.signal(
        name="approve",
        description='Approve the plan in the details. Input: {"code": "…", "note": "…"}, or as the details say',
    )
    async def approve_signal(self, *decision: Any) -> None:
        await self._decide("approve", decision, update=False)

    @workflow.signal(name="reject", description='Reject the plan in the details. Input: {"code": "…", "note": "…"}')
    async def reject_signal(self, *decision: Any) -> None:
        await self._decide("reject", decision, update=False)

    @workflow.update(name=names.HANDLE, description=HANDLE)
    async def handle(self, *sent: Any) -> Receipt:
        return self._or_refuse(await self._handle(sent, update=True))

    @handle.validator
    def _handleable(self, *sent: Any) -> None:
        self._spare(lambda context: handling.plainly_refused(context, sent))

    @workflow.signal(name=names.HANDLE, description=HANDLE)
    async def handle_signal(self, *sent: Any) -> None:
        await self._handle(sent, update=False)

    @workflow.signal(
        name=names.WAKE, description="Look again whether what the action waits for has happened. No input."
    )
    async def wake(self, *ignored: Any) -> None:
        await workflow.wait_condition(lambda: self._context is not None)
        assert self._context is not None  # noqa: S101 (for the type checker)
        self._context.woken = True

    @workflow.update(name="reply", description="The user's answer to the question. Input: a text")
    async def reply(self, *text: Any) -> Receipt:
        if self._context is None:
            raise ApplicationError("Too early: no question is open.", type="Refused")
        return self._or_refuse(await decisions.answer(self._context, text))

    @reply.validator
    def _answerable(self, *text: Any) -> None:
        self._spare(lambda context: decisions.unanswerable(context, text), as_signal=False)

    def _spare(self, refused: Callable[[Context], str | None], as_signal: bool = True) -> None:
        """Refuse an update without a trace, where enough of them have left one; ``as_signal``: it may come as one."""
        if (context := self._context) is None:
            return
        if context.refusals.spares and (refusal := refused(context)):
            raise ApplicationError(refusal, type="Refused", non_retryable=True)
        if as_signal and context.refusals.crowded:
            raise ApplicationError(AS_SIGNAL, type=names.AS_SIGNAL, non_retryable=True)

    @workflow.update(
        name=names.WITHDRAW, description="For the service that asked for it: end it, with its capability (the SDK does)"
    )
    async def withdraw(self, *sent: Any) -> Receipt:
        return self._or_refuse(await self._withdraw(sent))

    @withdraw.validator
    def _withdrawable(self, *sent: Any) -> None:
        self._spare(lambda context: withdrawing.unwithdrawable(context, sent)[1])

    @workflow.signal(
        name=names.WITHDRAW, description="For the action that this one is a part of, and whoever withdraws all: end it"
    )
    async def withdraw_signal(self, *sent: Any) -> None:
        await self._withdraw(sent)

    async def _withdraw(self, sent: Sequence[object]) -> Receipt:
        await workflow.wait_condition(lambda: self._context is not None)
        assert self._context is not None  # noqa: S101 (for the type checker)
        return await withdrawing.withdraw(self._context, sent)

    def _or_refuse(self, receipt: Receipt) -> Receipt:
        """An update that is refused fails, so that the Temporal UI shows the reason."""
        if receipt.accepted:
            return receipt
        if self._context is not None:
            self._context.refusals.updates += 1
        raise ApplicationError(receipt.message, type="Refused", non_retryable=True)

    async def _decide(self, choice: Choice, payload: Sequence[object], update: bool) -> Receipt:
        if not update and UNREADABLE in payload:
            # It is not counted: the approvals role, which finds the others by their number, cannot read it either.
            return Receipt(accepted=False, message="")
        context, update_id, index = await self._sent("decides", update)
        return await decisions.decide(context, choice, payload, update_id, index)

    async def _handle(self, payload: Sequence[object], update: bool) -> Receipt:
        if not update and UNREADABLE in payload:
            return Receipt(accepted=False, message="")
        context, update_id, index = await self._sent("handles", update)
        return await handling.handle(context, payload, update_id, index)

    async def _sent(self, kind: str, update: bool) -> tuple[Context, str | None, int | None]:
        """Once the action has begun: itself, and which update it was, or which signal of its kind."""
        index = None
        if not update:
            index = self._signals[kind]
            self._signals[kind] += 1
        if self._context is None:
            await workflow.wait_condition(lambda: self._context is not None)
        assert self._context is not None  # noqa: S101 (for the type checker)
        info = workflow.current_update_info()
        return self._context, info.id if info and update else None, index

    async def _outcome(self, context: Context, state: LeverState) -> str:
        """The state's step, given up for a withdrawal where the machine allows one now."""
        if context.reopened or not _may_withdraw(context):
            # In the middle of a write: what was approved is finished first.
            return await self._uninterrupted(context, steps.outcome(context, state))
        if context.withdrawn:
            return WITHDRAW
        context.step = asyncio.ensure_future(steps.outcome(context, state))
        try:
            return await self._uninterrupted(context, context.step)
        except (asyncio.CancelledError, Exception) as error:
            if not (context.withdrawn and is_cancelled_exception(error)):
                raise
        finally:
            context.step = None
        context.journal.add("workflows", entries.Withdrawn(accepted=True, by=context.withdrawn_by))
        return WITHDRAW

    async def _uninterrupted(
        self, context: Context, step: "Coroutine[Any, Any, Result] | asyncio.Future[Result]"
    ) -> Result:
        task = asyncio.ensure_future(step)
        while True:
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if task.done():
                    raise
                withdrawing.cancelled(context)

    async def _closed(self, context: Context, outcome: Outcome) -> Outcome:
        """The outcome, once it is recorded; or how it ends where nothing of it may be."""
        try:
            await self._uninterrupted(context, self._close(context, outcome))
        except ActivityError as error:
            if not admission.inadmissible(context, error):
                raise
            return front.refuse(context)
        return outcome

    async def _close(self, context: Context, outcome: Outcome) -> None:
        if outcome is not context.before:
            context.journal.add("workflows", entries.Closed(outcome=outcome.kind, state=outcome.state))
        await context.journal.flush()
        # Decisions that arrived meanwhile are answered and recorded too.
        await workflow.wait_condition(workflow.all_handlers_finished)
        await context.journal.flush()


def _events_of(context: Context, state: LeverState) -> workflow.EventGroup:
    """The group under which the Temporal UI shows all that is done in a visit of the state."""
    label = wording.step(state, type(context.machine))
    return workflow.create_event_group(f"{state.id}#{context.visits[state.id]}", label=label)


def _over(context: Context, state: LeverState) -> bool:
    return isinstance(state, End) or (context.mode == "shadow" and ends_in_shadow(state))


def _may_withdraw(context: Context) -> bool:
    try:
        return context.machine.allows(WITHDRAW, context.facts)
    except ConditionFailed as error:
        context.problem(f"It cannot be withdrawn now: {OTHERWISE}.", cause=str(error))
        return False


def _outcome_of(context: Context, state: End, reply: str) -> Outcome:
    if isinstance(state, Stands) and context.before is not None:
        return context.before
    return Outcome(action_id=context.action_id, kind=state.kind, state=state.id, reply=reply, parts=outcomes(context))
