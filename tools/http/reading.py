"""What is read of a system outside: as a tool of its own, and before something is changed."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import JsonValue

from tools.base import Arguments, CallContext, Tool
from tools.errors import ToolRefused
from tools.http.answers import AnyTold, Told_co, listed, understood
from tools.http.api import Api, Endpoint

In = TypeVar("In", bound=Arguments)
GONE = frozenset({404, 410})


@dataclass(frozen=True, kw_only=True)
class Reading(Endpoint, Generic[Told_co]):
    """Where something is read, and what the answer says."""

    answer: type[Told_co]
    each: str = ""
    """The field of ``answer`` that is a list, of things of which each is the user's; an answer that is a list and no
    object is taken as that field."""


@dataclass(frozen=True)
class Seen(Generic[Told_co]):
    """What was read."""

    told: Told_co
    etag: str | None


async def see(
    api: Api, call: CallContext, reading: Reading[AnyTold], values: dict[str, JsonValue]
) -> Seen[AnyTold] | None:
    """Read it; ``None`` where there is nothing, or nothing that is the user's.

    Raises as :meth:`Api.ask` and :meth:`Api.sort`, and :class:`~tools.errors.NotTheirs`.
    """
    reply = await api.ask(call, "GET", reading, values)
    if reply.status in GONE:
        return None
    api.sort(reply)
    told = api.told(reply, reading.within)
    if told is None and (api.within or reading.within):
        return None
    api.require_own(call, told, reading.each)
    if reading.each:
        told = {reading.each: listed(told, reading.each)} if isinstance(told, list) else told
    return Seen(understood(told, reading.answer), reply.headers.get("etag"))


def reads(name: str, api: Api, reading: Reading[AnyTold], arguments: type[In]) -> Tool[In, AnyTold]:
    """A tool that reads; what it returns become facts, which are screened as any.

    Raises ``ValueError`` where the declaration does not fit together.
    """
    api.check(arguments, reading)

    async def read(call: CallContext, asked: In) -> AnyTold:
        found = await see(api, call, reading, api.values(call, asked))
        if found is None:
            raise ToolRefused("There is no such thing.", api.rule)
        return found.told

    return Tool(name, "read", arguments, reading.answer, read)
