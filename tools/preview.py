"""Find out exactly what calls would change, by running them and rolling back."""

from leverframe.call_timeouts import attempt
from leverframe.capability import Verifier, use_of
from leverframe.contracts.calling import PreviewRequest
from leverframe.contracts.plan import Plan
from leverframe.digest import make_plan
from leverframe.plan_size import MOST_CHANGES, too_large
from tools.base import Toolbox
from tools.errors import SIZE, Ahead, ToolRefused, WrongTool
from tools.outside import NOTHING, Outside, one_attempt
from tools.run import Runner
from tools.scope import Scope, ScopedSessions


async def preview(
    sessions: ScopedSessions,
    toolbox: Toolbox,
    verifier: Verifier,
    request: PreviewRequest,
    outside: Outside = NOTHING,
) -> Plan:
    """The plan of the calls, run in order in one transaction that is rolled back; no external request is sent.

    Raises :class:`~tools.errors.ToolRefused` when a rule refuses one of them, or all together change too much,
    :class:`~tools.errors.ToolError` for calls that cannot be planned, CapabilityRefused,
    :class:`~tools.errors.Ahead` where that takes a system outside and was asked for ahead, and
    :class:`~tools.errors.Unreachable` when trying again may help.
    """
    check_plannable(toolbox, request)
    use = use_of("preview", request.action_id, request.calls, request.placeholders)
    claims = verifier.verify(request.capability, use)
    scope = Scope(claims.subject, request.action_id)
    # How much there will be is not known before, so there is time for as much as may be.
    lasts = attempt(MOST_CHANGES)
    async with (
        sessions.begin(scope, revocation_ids=claims.revocation_ids, lasts=lasts) as session,
        one_attempt(lasts),
    ):
        runner = Runner(session, toolbox, scope, request.placeholders, outside, claims=claims)
        calls = [(planned, (await runner.run(planned)).changes) for planned in request.calls]
        await session.rollback()
    if request.ahead and any(change.asking for _, changes in calls for change in changes):
        raise Ahead("what is asked of a system outside is not shown ahead")
    plan = make_plan(request.action_id, calls)
    if why := too_large(plan):
        raise ToolRefused(why, SIZE)
    return plan


def check_plannable(toolbox: Toolbox, request: PreviewRequest) -> None:
    """Raise for a plan without calls, with two of one key, or with a read."""
    keys = [planned.key for planned in request.calls]
    if not keys or len(set(keys)) != len(keys):
        raise WrongTool(f"a plan needs one or more calls with different keys, and has {keys}")
    for planned in request.calls:
        if toolbox.get(planned.tool).effect == "read":
            raise WrongTool(f"{planned.tool} only reads; a plan holds writes")
