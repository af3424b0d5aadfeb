"""What a tool is: a small typed async function that does one call against a business system."""

import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, Literal, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.capability import Claims
from leverframe.contracts.plan import Row, RowChange
from leverframe.contracts.withdrawal import Withdrawal
from leverframe.plan_size import too_many
from tools.errors import SIZE, BadArguments, ToolRefused, UnknownTool
from tools.outside import NOTHING, Find, Look, Outside, Perform

Effect = Literal["read", "write", "destructive"]
"""``read`` changes nothing; ``write`` can be undone and needs no approval; ``destructive`` needs one."""

NAMESPACE = uuid.UUID("6f6c9c1e-6d3b-5c0e-9a53-0f3d6a3f2c77")
"""Of the ids that calls derive; any fixed value does."""


class Arguments(BaseModel):
    """Base of the tools' inputs: immutable, strict, and nothing beyond the declared fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Nothing(Arguments):
    """No arguments."""


class Result(BaseModel):
    """Base of the tools' outputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")


In = TypeVar("In", bound=Arguments)
Out = TypeVar("Out", bound=Result)


@dataclass
class CallContext:
    """What a call is given: a session that sees one subject's rows, and who asks."""

    session: AsyncSession
    subject: str
    action_id: str
    key: str
    """Idempotency key of the call within the action."""
    outside: Outside = field(default=NOTHING, repr=False)
    right: Withdrawal | None = field(default=None, repr=False)
    """With what an approved call withdraws actions, which is for :mod:`tools.withdrawing` alone."""
    claims: Claims | None = field(default=None, repr=False)
    """What the verified capability says: in whose name a system outside is asked (:mod:`tools.token_exchange`)."""
    sent: Mapping[int, RowChange] = field(default_factory=dict, repr=False)
    """What earlier tries of this call may have sent, by its place among the requests."""
    requests: list[tuple[RowChange, Perform]] = field(default_factory=list, repr=False)
    """What the call asks of systems outside, in order."""
    _ids: "count[int]" = field(default_factory=count, repr=False)

    def derive_id(self) -> uuid.UUID:
        """The next id of this call: the same in the preview, the execution and every retry."""
        return uuid.uuid5(NAMESPACE, f"{self.action_id}\x1f{self.key}\x1f{next(self._ids)}")

    def require_room(self, changes: int) -> None:
        """Say beforehand how many rows will change; raises :class:`~tools.errors.ToolRefused` where they are too many.

        For tools that may change very many: the plan is counted in any case, but only once it is made.
        """
        if why := too_many(changes):
            raise ToolRefused(why, SIZE)

    async def ask(self, look: Look, perform: Perform) -> RowChange:
        """Ask something of a system outside; returns the request as it becomes part of the plan, after the rows.

        ``perform`` sends it: never in a preview or a look ahead, and in an execution only once the plan is found to be
        the approved one, and before anything is committed. Its row is committed to the outbox before that. Where an
        earlier try may have sent it, it stands as it was approved, and ``look`` is not run: what it would see outside
        may be what that try has done.
        """
        place = len(self.requests)
        change = self.sent[place] if place in self.sent else (await look()).change()
        self.requests.append((change, perform))
        return change


@dataclass(frozen=True)
class Noting:
    """What a tool may note, without anybody's approval, on rows that were added by those that it compensates."""

    rows: Row
    """What such a row says since it was added: ``{"kind": "refund"}``."""
    columns: tuple[str, ...]
    """The columns that it may change, and no other."""
    once: tuple[str, ...] = ()
    """Those of them that are for good: where one says something, nothing on the row changes any more."""


@dataclass(frozen=True)
class Tool(Generic[In, Out]):
    """A function with what must be known about it before it runs."""

    name: str
    effect: Effect
    input: type[In]
    output: type[Out]
    function: Callable[[CallContext, In], Awaitable[Out]]
    compensates: tuple[str, ...] = ()
    """Names of the tools whose effects this one undoes, or notes what became of them."""
    notes: Noting | None = None
    """What it may note of them; without it, it undoes them and does nothing else. The audit holds it to that."""
    find: Find | None = None
    """Reads what has become of a request of its own, for whoever compares afterwards; ``None`` where nobody can."""

    async def run(self, call: CallContext, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Check the arguments, run, and return the output as JSON.

        Raises :class:`~tools.errors.BadArguments`, and :class:`~tools.errors.ToolRefused` when a rule says no.
        """
        output = await self.function(call, self.parse(arguments))
        return output.model_dump(mode="json")

    def parse(self, arguments: Mapping[str, JsonValue]) -> In:
        """The typed arguments; raises :class:`~tools.errors.BadArguments`."""
        try:
            return self.input.model_validate(dict(arguments))
        except ValidationError as error:
            # Without the values, which may be a customer's.
            problems = "; ".join(
                f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_input=False)
            )
            takes = ", ".join(self.input.model_fields) or "none"
            raise BadArguments(f"{self.name} cannot use its arguments: {problems}. It takes: {takes}.") from None


def tool(
    name: str, *, effect: Effect, compensates: str | tuple[str, ...] = (), notes: Noting | None = None
) -> Callable[[Callable[[CallContext, In], Awaitable[Out]]], Tool[In, Out]]:
    """Make a tool of ``async def function(call: CallContext, arguments: In) -> Out``; types come from its signature."""

    def decorate(function: Callable[[CallContext, In], Awaitable[Out]]) -> Tool[In, Out]:
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters)
        if len(parameters) != 2 or not {"return", parameters[1]} <= hints.keys():
            raise TypeError(f"{name}: a tool is a typed function of (call, arguments)")
        undone = (compensates,) if isinstance(compensates, str) else compensates
        return Tool(name, effect, hints[parameters[1]], hints["return"], function, undone, notes)

    return decorate


class Toolbox:
    """The tools that a worker offers, by name."""

    def __init__(self) -> None:
        self._tools: dict[str, Tool[Arguments, Result]] = {}
        self._whose: dict[str, str] = {}

    def add(self, tool: Tool[In, Out], whose: str = "") -> "Toolbox":
        """Offer a tool of a business, or one of the engine's, for all.

        Raises ``ValueError`` when its name is taken or it undoes a tool that is not offered.
        """
        if tool.name in self._tools:
            raise ValueError(f"there are two tools named {tool.name}")
        for undone in tool.compensates:
            if undone not in self._tools:
                raise ValueError(f"{tool.name} compensates {undone}, which is not offered")
        # The types of a tool's function are checked by its own models at run time.
        self._tools[tool.name] = cast(Tool[Arguments, Result], tool)
        self._whose[tool.name] = whose
        return self

    def whose(self, name: str) -> str:
        """The business that a tool is of; empty for what every business may use, and for a name that is none."""
        return self._whose.get(name, "")

    def get(self, name: str) -> Tool[Arguments, Result]:
        """The tool of that name; raises :class:`~tools.errors.UnknownTool`, which lists the known ones."""
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownTool(f"there is no tool {name!r}; known are {', '.join(self.names)}") from None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tools, sorted."""
        return tuple(sorted(self._tools))
