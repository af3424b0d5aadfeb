"""Which try of a call this is, and what is told where an earlier one may have asked for something outside. Pure."""

from dataclasses import dataclass

from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.naming import named
from leverframe.reasons import reason_of
from tools.base import Toolbox


@dataclass(frozen=True)
class Try:
    """One of the tries of a call, as whoever counts them says."""

    again: bool = False
    """Whether there was one before."""
    last: bool = False
    """Whether no other follows where this one brings no answer."""


def asks(request: CallRequest) -> bool:
    """Whether a call may ask something of a system outside: only an approved plan can say that none does."""
    return request.approved is None or bool(_services(request))


def not_admitted(toolbox: Toolbox, request: CallRequest, which: Try, why: Exception) -> CallResult:
    """What is told of a call that may not be run any more; raises ``why`` where that is all there is to tell.

    Nothing is looked at, since nobody's right is left; but an earlier try may have been allowed.
    """
    tool = request.planned.tool
    reads = tool in toolbox.names and toolbox.get(tool).effect == "read"
    if reads or not which.again or not asks(request):
        raise why
    what = f"what was asked of {' and '.join(map(named, _services(request)))}" if request.approved else "what it asks"
    return CallResult(
        status="unfinished",
        message=f"It is not known whether {what} has happened: an earlier try may have sent it, and another one is "
        f"refused: {reason_of(why)}.",
    )


def _services(request: CallRequest) -> list[str]:
    calls = request.approved.calls if request.approved else ()
    changes = [change for call in calls if call.planned in request.calls for change in call.changes]
    return sorted({change.table for change in changes if change.asking})
