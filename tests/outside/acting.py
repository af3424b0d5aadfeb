"""One wish of one user, through the product's own way: capability, preview, approval, tools."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy.exc import DBAPIError

from leverframe.capability import Operation, narrow, use_of
from leverframe.contracts.calling import CallRequest, PreviewRequest
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.errors import CapabilityRefused
from machines.registry import machine_for
from machines.states import Call, Confirm
from tests.outside.approving import Approvers
from tests.outside.translating import Wish
from tests.support.keys import capability
from tools.errors import BadArguments, ToolError, ToolRefused
from tools.execute import execute
from tools.preview import preview
from tools.scope import ScopedSessions
from tools.toolbox import toolbox
from worker.testing.keys import ISSUER, VERIFIER

RULE = re.compile(r"\(([A-Z]+(?:-[A-Z]+)*)\)\.?$")
"""The clause at the end of a refusal's words."""
FIELD = re.compile(r"(?:arguments: |; )([a-z0-9_]+)(?:\.[0-9]+)*: ")
"""Each argument that a tool could not use, in its words about them."""
ISSUER_KEY = str(ISSUER.public[ISSUER.newest[0]])


@dataclass(frozen=True)
class Outcome:
    """Whether a wish was fulfilled; if not, by which rule, and what people were told."""

    fulfilled: bool
    rules: frozenset[str] = frozenset()
    """Clauses, or arguments that could not be used, as in ``argument item_ids``."""
    told: str = ""

    def __str__(self) -> str:
        return "done" if self.fulfilled else f"refused: {self.told}"


@dataclass
class Actor:
    """Does what the workflow would do, in the name of one user after the other."""

    sessions: ScopedSessions
    approvers: Approvers
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def fulfil(self, user_id: str, wish: Wish) -> Outcome:
        """Preview, have it approved, and run; what is refused, by whomever, is an outcome."""
        number = next(self.numbers)
        action_id = f"{wish.action}-{number:016x}-{number:012x}"
        story = _Story(self, wish, action_id, capability(user_id, action=wish.action, action_id=action_id))
        try:
            return await story.run()
        except ToolRefused as refused:
            return Outcome(False, frozenset({refused.rule}), refused.reason)
        except BadArguments as error:
            return Outcome(False, frozenset(f"argument {name}" for name in FIELD.findall(str(error))), str(error))
        except (ToolError, CapabilityRefused, PermissionError, DBAPIError) as error:
            return Outcome(False, frozenset(), f"{type(error).__name__}: {error}")


class _Story:
    def __init__(self, actor: Actor, wish: Wish, action_id: str, token: str) -> None:
        self._sessions, self._approvers = actor.sessions, actor.approvers
        self._action, self._id, self._token = wish.action, action_id, token
        self._verifier = replace(VERIFIER, action=wish.action)
        self._state, self._calls = planned(wish)

    async def run(self) -> Outcome:
        plan = await self._preview()
        approved = await self._approvers.approve(self._action, self._id, self._state, plan, self._token)
        for call in self._calls:
            token = self._narrowed(approved, toolbox().get(call.tool).effect, (call,), plan.digest)
            request = CallRequest(action_id=self._id, capability=token, planned=call, approved=plan)
            result = await execute(self._sessions, toolbox(), self._verifier, request, trace_id="")
            if result.status != "succeeded":
                return Outcome(False, frozenset(RULE.findall(result.message)), f"{result.status}: {result.message}")
        return Outcome(True)

    async def _preview(self) -> Plan:
        token = self._narrowed(self._token, "preview", self._calls)
        request = PreviewRequest(action_id=self._id, capability=token, calls=self._calls)
        return await preview(self._sessions, toolbox(), self._verifier, request)

    def _narrowed(self, token: str, operation: Operation, calls: Sequence[PlannedCall], plan: str | None = None) -> str:
        until = datetime.now(UTC) + timedelta(hours=2)
        return narrow(token, ISSUER_KEY, use_of(operation, self._id, calls, {}, plan), until)


def planned(wish: Wish) -> tuple[str, tuple[PlannedCall, ...]]:
    """The state of the action's machine that has these very tools confirmed, and the calls as it plans them.

    Raises LookupError for a machine without one.
    """
    states = machine_for(wish.action).states_map
    tools = [tool for tool, _ in wish.writes]
    for state in states.values():
        calls = [states[name] for name in state.covers] if isinstance(state, Confirm) else []
        if [call.tool for call in calls if isinstance(call, Call)] == tools:
            return state.id, tuple(
                PlannedCall(call=call.id, key=f"{call.id}#1", tool=tool, arguments=arguments)
                for call, (tool, arguments) in zip(calls, wish.writes, strict=True)
            )
    raise LookupError(f"{wish.action} has nothing confirmed that runs {', '.join(tools)}")
