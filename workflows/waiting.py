"""Waiting for people, or for time to pass, until a deadline that fails closed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

from leverframe.contracts import entries
from leverframe.local_time import in_words
from machines.states import Wait
from workflows import front
from workflows.context import Context
from workflows.wording import until

EAGER = 100
"""How often an action looks as soon as it is woken; from then on no sooner than :data:`REST` after the last time."""
REST = timedelta(minutes=10)


async def wait(
    context: Context,
    done: Callable[[], bool],
    within: timedelta,
    remind: timedelta,
    reminded: Callable[[], None] = lambda: None,
) -> bool:
    """Wait until the deadline, with one reminder before it. Returns whether it was done in time."""
    context.deadline = deadline = workflow.now() + within
    front.announce(context)
    front.show(context)
    front.tell(context, "action.waiting")
    await context.journal.flush()
    try:
        if remind and remind < within and not await _until(context, done, deadline - remind, "remind"):
            context.journal.add("workflows", entries.Reminded(deadline=deadline.isoformat()))
            context.notice = f"Reminder: this waits until {in_words(deadline)}, then it ends undone."
            front.tell(context, "action.reminded")
            reminded()
            front.announce(context)
            front.show(context)
            await context.journal.flush()
        if await _until(context, done, deadline, "end it undone" if _awaited(context) else "go on"):
            return True
        front.tell(context, "action.expired")
        return False
    finally:
        context.deliveries.drop()
        context.deadline = None


async def pass_time(context: Context, state: Wait) -> str:
    """Wait as the state says; returns its outcome."""
    ends = workflow.now() + state.lasts
    if state.wakes:
        ends = context.waits.setdefault(state.id, ends)
    if context.looked.get(state.id, 0) >= EAGER:
        # Whoever wakes it again and again has it look now and then, and neither fills its history nor ends its wait.
        await wait(context, lambda: False, min(REST, _left(ends)), timedelta(0))
    if await wait(context, lambda: state.wakes and context.woken, _left(ends), timedelta(0)):
        context.woken = False
        context.looked[state.id] = context.looked.get(state.id, 0) + 1
        return "woken"
    context.woken = False
    return "elapsed"


def _left(ends: datetime) -> timedelta:
    return max(ends - workflow.now(), timedelta(0))


def _awaited(context: Context) -> str | None:
    """Who is waited for; ``None`` where only time passes."""
    status = front.status(context)
    return status.role or ("the user" if status.awaiting == "user" else None)


async def _until(context: Context, done: Callable[[], bool], moment: datetime, then: str) -> bool:
    summary = until(_awaited(context), moment, then)
    try:
        timeout = max(moment - workflow.now(), timedelta(0))
        await workflow.wait_condition(done, timeout=timeout, timeout_summary=summary)
    except TimeoutError:
        return done()
    return True
