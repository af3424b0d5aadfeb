"""Run calls one after the other in one transaction, and append what each has done: all of them, or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile

from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.capability import Claims
from leverframe.contracts.calling import CallRequest
from leverframe.contracts.entries import Approval, Effected
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import CallPlan, PlannedCall, RowChange
from leverframe.digest import call_digest
from leverframe.naming import writing
from tools import ledger
from tools.errors import LedgerConflict, ToolRefused
from tools.outbox import Outbox, sent
from tools.outside import Answer, one_attempt
from tools.run import Ran, Runner
from tools.trying import asks

# By name: what a business has deferred of its own is checked at the commit, as it was when the plan was made.
CHECK_ENTRY = text("SET CONSTRAINTS leverframe.require_entry IMMEDIATE")
CHECK_AT_COMMIT = text("SET CONSTRAINTS leverframe.require_entry DEFERRED")


class Stale(Exception):
    """What would be committed is not what was approved."""


@dataclass(frozen=True)
class Done:
    """What a call has returned, and whether a system outside has still to carry out its part."""

    output: dict[str, JsonValue]
    pending: bool


@dataclass(frozen=True)
class Writing:
    """Calls that are run for good, in a transaction that holds the action's lock."""

    session: AsyncSession
    runner: Runner
    outbox: Outbox
    """Of the last call: those before it ask nothing of systems outside."""
    request: CallRequest
    claims: Claims
    trace_id: str
    now: Callable[[], datetime]

    async def carry_out(self, lasts: timedelta) -> Done:
        """What the last call has returned; each is run once, however often all are asked for.

        Raises :class:`Stale` when one of them, or of those that the plan has after them, would do something else than
        what was approved, and otherwise as :meth:`~tools.run.Runner.run` and :meth:`~tools.outbox.Outbox.send`.
        """
        calls = self.request.calls
        earlier = self._plan[: self._place]
        keys = [*(call.planned.key for call in earlier), *(call.key for call in calls)]
        run = await ledger.effects_of(self.session, self.request.action_id, keys)
        run_before = takewhile(lambda call: call.key in run, calls)
        done = [_first_output(run[call.key], call, self.request.action_id) for call in run_before]
        for before in earlier if len(done) < len(calls) else ():
            if before.planned.key not in run:
                raise Stale(
                    f"'{writing(before.planned.tool)}' comes before this call in the plan and has not been done"
                )
        if len(done) == len(calls):
            # Whoever was not told so hands over anew what was recorded then.
            await ledger.append(self.session, self.request.action_id, self.request.entries, self.trace_id)
        async with one_attempt(lasts):
            for call in calls[len(done) :]:
                done.append(await self._next(call))
        return done[-1]

    @property
    def _plan(self) -> Sequence[CallPlan]:
        return self.request.approved.calls if self.request.approved else ()

    @cached_property
    def _place(self) -> int:
        """Where in the plan the calls begin."""
        return next((place for place, call in enumerate(self._plan) if call.planned == self.request.planned), 0)

    async def _next(self, call: PlannedCall) -> Done:
        first, last = call == self.request.calls[0], call == self.request.calls[-1]
        try:
            done = await self._one(call, first, last)
        except ToolRefused as refused:
            if first:
                raise
            raise type(refused)(
                f"'{writing(call.tool)}', which goes with it, was refused: {refused.words}", refused.rule
            ) from None
        if not last:
            # What this call has changed is compared with its own entry: the next one's would hide it.
            await self.session.execute(CHECK_ENTRY)
            await self.session.execute(CHECK_AT_COMMIT)
        return done

    async def _one(self, call: PlannedCall, first: bool, last: bool) -> Done:
        outside = last and asks(self.request)
        standing = await sent(self.session, self.request.action_id, call.key) if outside else {}
        left = {place: one.sending.asked for place, one in standing.items() if one.sending.again}
        ran = await (self.runner.run(call, left) if first else self._expected(call, left))
        if approved := next((one for one in self._plan if one.planned == call), None):
            _compare(approved, ran)
        if last and not left:
            # What has been sent is finished, whatever becomes of the rest.
            await self._look_ahead()
        # The last thing before the commit, so that nothing but a lost connection can come between.
        answers = await self.outbox.send(ran.requests, standing)
        effect = self._entry(call, ran, answers)
        entries = [*self.request.entries, effect] if first else [effect]
        await ledger.append(self.session, self.request.action_id, entries, self.trace_id)
        return Done(ran.output, _pending(answers))

    async def _expected(self, call: PlannedCall, left: dict[int, RowChange]) -> Ran:
        """Run a call that comes after another one; Stale when a rule refuses it, since it did not in the preview."""
        try:
            return await self.runner.run(call, left)
        except ToolRefused as refused:
            raise Stale(f"'{writing(call.tool)}', which comes next, would be refused: {refused.reason}") from None

    async def _look_ahead(self) -> None:
        """Run the rest of the plan and undo it, sending nothing: half a plan is not what was approved."""
        rest = self._plan[self._place + len(self.request.calls) :]
        if not rest:
            return
        ahead = await self.session.begin_nested()
        for call in rest:
            _compare(call, await self._expected(call.planned, {}))
        await ahead.rollback()

    def _entry(self, call: PlannedCall, ran: Ran, answers: Sequence[Answer]) -> LedgerEntry:
        body = Effected(
            planned=call,
            digest=call_digest(call, ran.changes),
            plan=self.request.approved.digest if self.request.approved else "",
            token=self.claims.token_id,
            approvals=tuple(Approval(person=one.person, trust=one.trust) for one in self.claims.approvals),
            changes=ran.changes,
            output=ran.output,
            answers=tuple(answer.told for answer in answers),
            pending=_pending(answers),
        )
        return LedgerEntry.of(body, ledger.effect_key(call.key), "tools", self.now().isoformat(timespec="milliseconds"))


def _pending(answers: Sequence[Answer]) -> bool:
    return not all(answer.carried_out for answer in answers)


def _first_output(first: Effected, call: PlannedCall, action_id: str) -> Done:
    """What the call returned when it was run: the effect happens once, however often it is asked for."""
    if first.planned != call:
        raise LedgerConflict(f"{call.key} of {action_id} has been run as another call")
    return Done(first.output, first.pending)


def _compare(approved: CallPlan, ran: Ran) -> None:
    if call_digest(approved.planned, ran.changes) != approved.digest:
        raise Stale(f"'{writing(approved.planned.tool)}' would no longer do what was approved")
