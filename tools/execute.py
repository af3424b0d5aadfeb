"""Run calls for good: only what was approved is committed, and only once."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from leverframe.call_timeouts import attempt
from leverframe.capability import Use, Verifier, use_of
from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.withdrawal import Through, Withdrawal
from leverframe.digest import is_genuine
from leverframe.errors import CapabilityRefused
from leverframe.modes import Mode
from leverframe.plan_size import changes_of
from leverframe.reasons import reason_of
from tools.base import Effect, Toolbox
from tools.begun import require_begun, verify_or_late
from tools.carrying_out import Stale, Writing
from tools.errors import Moved, NotApproved, NotKnown, ToolError, ToolRefused, UnknownTool, Unreachable, WrongTool
from tools.outbox import Outbox, Sent, unfinished
from tools.outside import NOTHING, Outside, one_attempt
from tools.recording import require_reported
from tools.run import Runner
from tools.scope import Scope, ScopedSessions, lock_action
from tools.shadow import refused_in, require_no_shadow
from tools.trying import Try, asks, not_admitted

logger = logging.getLogger(__name__)

HOPELESS = (ToolRefused, Stale, NotKnown, ToolError, CapabilityRefused, IntegrityError, ProgrammingError, DataError)
"""After these, no other try comes to more."""


async def execute(
    sessions: ScopedSessions,
    toolbox: Toolbox,
    verifier: Verifier,
    request: CallRequest,
    trace_id: str,
    outside: Outside = NOTHING,
    which: Try = Try(),  # noqa: B008 - it cannot be changed
    mode: Mode = "live",
) -> CallResult:
    """Run what is asked for in one transaction; what asks systems outside stands in the outbox before it leaves.

    ``failed``: a rule refused the first call, or a system outside the last. ``stale``: a call, or one that the plan has
    after them, would no longer do what was approved. In both cases nothing was written, and nothing has happened
    outside. ``pending``: all is written, and a system outside has not carried out all of its part. ``unfinished``: a
    request was sent, and nothing is written and cannot be.
    A plan that was begun while it was approved is finished, also when that has ended. In shadow nothing is written:
    ``mode`` is what this role has for such an action now, and what the action was begun in stands in the ledger.
    Raises :class:`~tools.errors.ToolError` and CapabilityRefused when trying again cannot help; the database's own
    exceptions and, unless it is the last try, :class:`~tools.errors.Unreachable` when it can.
    """
    try:
        tool = toolbox.get(request.planned.tool)
        effect = tool.effect
        if effect == "destructive" or request.approved:
            require_plan(request)
        require_together(toolbox, request)
        require_reported(request.entries)
        use = use_of_call(request, effect)
        claims, late = verify_or_late(verifier, request.capability, use)
        refused: CapabilityRefused | None = late or refused_in(mode)
    except (UnknownTool, CapabilityRefused) as why:
        return not_admitted(toolbox, request, which, why)
    scope = Scope(claims.subject, request.action_id)
    plan = request.approved.digest if request.approved else ""
    outbox = Outbox(sessions, scope, request.calls[-1], plan)
    pending = False
    try:
        async with sessions.begin(
            scope, revocation_ids=claims.revocation_ids, read_only=effect == "read", lasts=lasts(request)
        ) as session:
            runner = Runner(
                session, toolbox, scope, request.placeholders, outside, _right(verifier, request), claims=claims
            )
            if effect == "read" and request.entries:
                raise WrongTool(f"{request.planned.tool} only reads, so that nothing is recorded along with it")
            if effect == "read":
                async with one_attempt():
                    output = await runner.read(request.planned)
            else:
                await lock_action(session)
                await require_no_shadow(session, request)
                if refused is not None:
                    await require_begun(
                        session, verifier, request, use, () if request.rest else tool.compensates, refused
                    )
                now = partial(_now, verifier)
                done = await Writing(session, runner, outbox, request, claims, trace_id, now).carry_out(lasts(request))
                output, pending = done.output, done.pending
    except HOPELESS as error:
        left = await outbox.give_up() if effect != "read" and asks(request) else {}
        if left:
            return _unfinished(left.values(), error)
        if isinstance(error, Stale | Moved):
            return CallResult(status="stale", message=str(error))
        if isinstance(error, ToolRefused):
            return CallResult(status="failed", message=error.reason)
        raise
    except Unreachable as error:
        if effect == "read" or not which.last or not asks(request):
            raise
        if left := await outbox.give_up():
            return _unfinished(left.values(), error)
        told = f"nothing was sent, and it is not tried any more: {reason_of(error)}."
        logger.warning("a call is given up, and nothing was sent: %s", error)
        return CallResult(status="failed", message=told)
    return CallResult(status="pending" if pending else "succeeded", output=output)


def _now(verifier: Verifier) -> datetime:
    return verifier.now or datetime.now(UTC)


def _unfinished(left: Iterable[Sent], error: Exception) -> CallResult:
    """What is told of a call that cannot be finished; what a database says may quote a customer."""
    said = str(error).rstrip(".") if isinstance(error, Stale | ToolRefused | NotKnown) else reason_of(error)
    known = isinstance(error, Unreachable | NotKnown | ToolError | CapabilityRefused)
    logger.warning("a call is left unfinished: %s: %s", type(error).__name__, error if known else "")
    return CallResult(status="unfinished", message=unfinished(left, said))


def _right(verifier: Verifier, request: CallRequest) -> Withdrawal | None:
    """With what the call may withdraw other actions of the same user, if it is an approved one that does."""
    if request.approved is None or verifier.action is None:
        return None
    through = Through(action_id=request.action_id, action=verifier.action, plan=request.approved.digest)
    return Withdrawal(capability=request.capability, through=through)


def lasts(request: CallRequest) -> timedelta:
    """How long one try may take: the whole plan is run, the calls that are not asked for to look ahead."""
    return attempt(changes_of(request.approved))


def use_of_call(request: CallRequest, effect: Effect) -> Use:
    """Exactly these calls. That their plan is approved is for the capability to say, and never for the request."""
    plan = request.approved.digest if request.approved else None
    return use_of(effect, request.action_id, request.calls, request.placeholders, plan)


def require_plan(request: CallRequest) -> None:
    """Raise :class:`~tools.errors.NotApproved` unless the plan is whole, of this action, and holds these very calls."""
    name = f"{request.planned.tool} ({request.planned.key})"
    if request.approved is None:
        raise NotApproved(f"{name} is destructive and comes without an approved plan; nothing was run")
    if not is_genuine(request.action_id, request.approved):
        raise NotApproved(f"the plan for {name} does not have the digest it claims; nothing was run")
    planned = [call.planned for call in request.approved.calls]
    if planned.count(request.planned) != 1:
        raise NotApproved(f"{name} with these arguments is not in the approved plan; nothing was run")
    place = planned.index(request.planned)
    if tuple(planned[place : place + len(request.calls)]) != request.calls:
        raise NotApproved(f"what is to be carried out with {name} does not follow it in the plan; nothing was run")


def require_together(toolbox: Toolbox, request: CallRequest) -> None:
    """Raise :class:`~tools.errors.WrongTool` for calls of which not all can be undone until the last has been run."""
    if not request.rest:
        return
    for call in request.calls:
        if toolbox.get(call.tool).effect != "destructive":
            raise WrongTool(f"{call.tool} needs no approval, so that it is not carried out together with others")
    for planned in request.approved.calls if request.approved else ():
        if planned.asks and planned.planned in request.calls[:-1]:
            raise WrongTool(
                f"{planned.planned.tool} asks something of a system outside; of calls that are carried out together "
                "only the last may"
            )
