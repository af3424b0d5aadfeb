"""What the tools role does: preview calls, and run one. Business refusals are data; a broken database raises."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from opentelemetry import trace
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.call_spans import failed, tool_calls
from activities.caller import for_caller
from activities.heartbeat import heartbeating
from leverframe.call_timeouts import ANSWERED_WITHIN
from leverframe.capability import Verifier
from leverframe.contracts import names
from leverframe.contracts.calling import CallRequest, CallResult, Previewed, PreviewRequest
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.errors import CapabilityRefused, InShadow
from leverframe.modes import Mode
from machines.base import ActionMachine
from machines.registry import business_of, machines
from machines.states import Call
from tools.base import Toolbox
from tools.errors import Ahead, NotKnown, ToolError, ToolRefused, Unreachable, WrongTool
from tools.execute import execute
from tools.outside import LATER, NOTHING, Outside
from tools.preview import preview
from tools.scope import ScopedSessions
from tools.trying import Try, not_admitted

REFUSED = "refused"
"""``error.type`` of a call that a business rule refused; else the result's status."""


class CallingActivities:
    """Activities of the tools role; the session gives each call one subject's rows and no other."""

    def __init__(
        self,
        sessions: ScopedSessions,
        toolbox: Toolbox,
        verifier: Verifier,
        outside: Outside = NOTHING,
        mode_of: Callable[[str], Mode] = lambda _: "live",
    ) -> None:
        """``mode_of`` says how far actions of a kind go here."""
        self._sessions = sessions
        self._toolbox = toolbox
        self._verifier = verifier
        self._outside = outside
        self._mode_of = mode_of

    @activity.defn(name=names.PREVIEW)
    async def preview(self, request: PreviewRequest) -> Previewed:
        """What the calls would change, without changing it; or the business rule that refuses them."""
        with permanent_failures():
            self._require_own(request.action_id, *request.calls)
            verifier = for_caller(self._verifier, request.action_id)
            async with heartbeating():
                return await self._preview(request, verifier)

    async def _preview(self, request: PreviewRequest, verifier: Verifier) -> Previewed:
        try:
            plan = await preview(self._sessions, self._toolbox, verifier, request, self._reached(request.ahead))
        except Ahead:
            return Previewed(plan=None, outside=True)
        except ToolRefused as refused:
            return Previewed(plan=None, refusal=refused.reason)
        require_said(plan, machines()[request.action_id.partition("-")[0]])
        return Previewed(plan=plan)

    def _reached(self, ahead: bool) -> Outside:
        return LATER if ahead else self._outside

    @activity.defn(name=names.CALL)
    async def call(self, request: CallRequest) -> CallResult:
        """Run one call, or several together, once, however often this activity is tried."""
        if request.ahead:
            return await self._ahead(request)
        return await self._call(request)

    async def _ahead(self, request: CallRequest) -> CallResult:
        with permanent_failures():
            if self._toolbox.get(request.planned.tool).effect != "read":
                raise WrongTool(f"{request.planned.tool} writes; only what reads is run ahead")
        try:
            return await self._call(request)
        except Ahead as outside:
            return CallResult(status="failed", message=str(outside))

    async def _call(self, request: CallRequest) -> CallResult:
        with permanent_failures():
            which = this_try()
            try:
                self._require_own(request.action_id, *request.calls)
            except CapabilityRefused as why:
                return not_admitted(self._toolbox, request, which, why)
            verifier = for_caller(self._verifier, request.action_id)
            mode = self._mode_of(verifier.action or "")
            with tool_calls(request.calls) as spans:
                trace_id = current_trace_id()
                outside = self._reached(request.ahead)
                async with heartbeating():
                    result = await execute(
                        self._sessions, self._toolbox, verifier, request, trace_id, outside, which, mode
                    )
                if result.status in ("failed", "stale", "unfinished"):
                    for span in spans:
                        failed(span, REFUSED if result.status == "failed" else result.status)
                return result

    def _require_own(self, action_id: str, *calls: PlannedCall) -> None:
        """An action uses the tools of its own business, whatever its capability says; raises CapabilityRefused."""
        for whose in {self._toolbox.whose(call.tool) for call in calls} - {""}:
            if whose != _business_of(action_id):
                raise CapabilityRefused(f"a tool of the business {whose!r} was asked for by an action of another one")


def this_try() -> Try:
    """Which one of its activity's, as the Temporal server says."""
    info = activity.info()
    return Try(info.attempt > 1, info.started_time - info.scheduled_time > ANSWERED_WITHIN)


def require_said(plan: Plan, machine: type[ActionMachine]) -> None:
    """Raise :class:`~tools.errors.WrongTool` unless the machine says of each call of a plan that it asks outside.

    Only where there are two: what becomes of the first when the second fails is proven of those that say so.
    """
    asking = [call.planned for call in plan.calls if call.asks]
    for planned in asking if len(asking) > 1 else ():
        state = machine.states_map.get(planned.call)
        if not (isinstance(state, Call) and state.asks):
            raise WrongTool(
                f"{planned.tool} asks something of a system outside, and so does another call of this plan: "
                f"expected {planned.call!r} to be a Call(..., asks=True) in the machine of {machine.action}"
            )


def _business_of(action_id: str) -> str:
    try:
        return business_of(action_id.partition("-")[0])
    except LookupError as error:
        raise CapabilityRefused(str(error)) from None


@contextmanager
def permanent_failures() -> Iterator[None]:
    """Tell Temporal not to retry what cannot succeed, and to wait where a system outside asks for it.

    The error's class name is the failure's type.
    """
    try:
        yield
    except CapabilityRefused as error:
        kind = InShadow if isinstance(error, InShadow) else CapabilityRefused
        raise ApplicationError(str(error), type=kind.__name__, non_retryable=True) from error
    except (ToolError, NotKnown) as error:
        raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from error
    except Unreachable as error:
        if error.after is None:
            raise
        raise ApplicationError(str(error), type=Unreachable.__name__, next_retry_delay=error.after) from error
    except (IntegrityError, ProgrammingError, DataError) as error:
        # Without the statement's parameters and the row, which may be a customer's.
        cause = error.orig
        rule = cause.diag.constraint_name or cause.diag.table_name if isinstance(cause, psycopg.Error) else ""
        message = f"the database refused: {type(cause).__name__} {rule or ''}".rstrip()
        raise ApplicationError(message, type="DatabaseRefused", non_retryable=True) from None


def current_trace_id() -> str:
    """The trace that this activity belongs to, in hex; empty when nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""
