"""A tool that changes something in a system outside: what stands there, and what will, is the plan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, JsonValue

from leverframe.contracts.plan import Row
from tools.base import Arguments, CallContext, Effect, Result, Tool
from tools.errors import NotKnown, ToolRefused, Unreachable
from tools.http.answers import AnyTold, Told, row
from tools.http.api import Api, Endpoint
from tools.http.finding import finds
from tools.http.marking import MARKER, marked
from tools.http.reading import Reading, Seen, see
from tools.http.receipts import receipt
from tools.http.safeguards import Conflicts, IdempotencyKey, IfMatch, Marker, Repeatable, SentOnce, VersionField
from tools.outside import Answer, ExternalRequest, Sending

In = TypeVar("In", bound=Arguments)
FOUND = Answer({"found": True})
"""An earlier try has brought it about."""


class Asked(Result):
    """What a tool returns that asks something of a system outside; what is asked stands in the plan."""

    of: str


@dataclass(frozen=True, kw_only=True)
class Change(Endpoint, Generic[In, AnyTold]):
    """A request that changes what can be read."""

    method: Literal["PUT", "PATCH", "POST", "DELETE"]
    of: str
    """What it changes, for people: such as ``crm.subscriptions``."""
    arguments: type[In]
    key: tuple[str, ...]
    """The arguments that say which one it is."""
    reading: Reading[AnyTold]
    """Where it is read."""
    becomes: Callable[[In, AnyTold], AnyTold | None]
    """What will stand there; ``None`` where nothing will. Pure; raises :class:`~tools.errors.ToolRefused`."""
    body: Callable[[In, AnyTold], BaseModel] | None = None
    """What is sent, where that is not what changes; pure."""
    same: IdempotencyKey | Marker | Repeatable | SentOnce
    conflicts: Conflicts
    receipt: type[Told] = Told
    """What of the answer goes to the ledger; nothing of a person. Fields that the plan has too must agree with it."""


def changes(name: str, api: Api, change: Change[In, AnyTold], *, effect: Effect = "destructive") -> Tool[In, Asked]:
    """A tool that carries out a change once it is approved.

    Raises ``ValueError`` where the declaration does not fit together.
    """
    api.check(change.arguments, change, change.reading)
    if isinstance(change.same, Marker):
        api.check(change.arguments, change.same, known={MARKER})
    fields = {info.alias or field for field, info in change.arguments.model_fields.items()}
    if lacking := {*change.key} - fields:
        raise ValueError(f"{name}: the key names {', '.join(sorted(lacking))}, which is no argument")
    version = change.conflicts.field if isinstance(change.conflicts, VersionField) else None
    if version and version not in {info.alias or field for field, info in change.reading.answer.model_fields.items()}:
        raise ValueError(f"{name}: {change.reading.answer.__name__} has no {version}, which is to be sent back")

    async def run(call: CallContext, asked: In) -> Asked:
        one = _One(api, change, call, asked)
        await call.ask(one.look, one.perform)
        return Asked(of=change.of)

    async def look(own: Api, call: CallContext, values: dict[str, JsonValue], sending: Sending) -> Answer | None:
        return FOUND if (await _found(own, change, call, values, sending))[0] else None

    asked = (change.reading, *([change.same] if isinstance(change.same, Marker) else []))
    return Tool(name, effect, change.arguments, Asked, run, find=finds(api, asked, look))


async def _found(
    api: Api, change: Change[In, AnyTold], call: CallContext, values: dict[str, JsonValue], sending: Sending
) -> tuple[bool, Seen[AnyTold] | None]:
    """Whether it stands as approved, and what stands there; raises NotKnown where it stands as never before."""
    seen, asked, same = await see(api, call, change.reading, values), sending.asked, change.same
    now = row(seen.told) if seen else None
    if isinstance(same, Marker):
        if await marked(api, call, same, values, sending) is not None:
            return True, seen
        if not _agrees(now, asked.before):
            raise NotKnown("something else stands there now than before, and it is not by our request")
        return False, seen
    if _agrees(now, asked.after):
        return True, seen
    if not _agrees(now, asked.before):
        raise NotKnown("something else stands there now than before, and than was asked for")
    return False, seen


class _One(Generic[In, AnyTold]):
    """One change, in one call."""

    def __init__(self, api: Api, change: Change[In, AnyTold], call: CallContext, asked: In) -> None:
        self._api, self._change, self._call, self._asked = api, change, call, asked
        self._values = api.values(call, asked)
        self._seen: Seen[AnyTold] | None = None

    async def look(self) -> ExternalRequest:
        """What stands there now, and what will."""
        self._seen = seen = await self._see()
        if seen is None:
            raise ToolRefused("There is no such thing.", self._api.rule)
        then = self._change.becomes(self._asked, seen.told)
        now, will = row(seen.told), row(then) if then else {}
        moved = [field for field in now if then is None or now[field] != will[field]]
        if not moved:
            raise ToolRefused("It stands there like that already.", self._api.rule)
        return ExternalRequest(
            self._change.of,
            {name: self._values[name] for name in self._change.key},
            {field: will[field] for field in moved} if then else None,
            before={field: now[field] for field in moved},
            credential="service" if self._api.stated else "user",
            safeguard=self._change.conflicts.words,
        )

    async def perform(self, sending: Sending) -> Answer:
        """Send it, or find that an earlier try has brought it about."""
        if not sending.again and self._seen is not None:
            return await self._send(sending, self._seen)
        found, seen = await self._find(sending)
        if found or seen is None:
            return FOUND
        if isinstance(self._change.same, SentOnce):
            raise Unreachable("it is not to be seen there yet, and is not sent again")
        try:
            return await self._send(sending, seen)
        except ToolRefused:
            # The earlier try may have come through in this very moment.
            if (await self._find(sending))[0]:
                return FOUND
            raise

    async def _find(self, sending: Sending) -> tuple[bool, Seen[AnyTold] | None]:
        return await _found(self._api, self._change, self._call, self._values, sending)

    async def _send(self, sending: Sending, seen: Seen[AnyTold]) -> Answer:
        change, headers = self._change, dict[str, str]()
        if isinstance(change.same, IdempotencyKey):
            headers[change.same.header] = sending.key
        if isinstance(change.conflicts, IfMatch):
            if not seen.etag or seen.etag.startswith("W/"):
                raise ToolRefused("The system gives no ETag that could keep it from being overwritten.", self._api.rule)
            headers["If-Match"] = seen.etag
        body = self._body(sending, seen.told)
        stands = {**(sending.asked.after or {}), **sending.asked.key}
        if isinstance(change.same, Marker):
            mark: Row = {change.same.field: sending.key}
            body, stands = {**(body or {}), **mark}, {**stands, **mark}
        reply = await self._api.ask(self._call, change.method, change, self._values, body=body, headers=headers)
        if isinstance(change.same, IdempotencyKey) and reply.status in change.same.busy - self._api.answers.moved:
            raise Unreachable("the system is still at it")
        carried_out = self._api.sort(reply)
        told = self._api.told(reply) if change.receipt.model_fields else None
        return Answer({"status": reply.status, **receipt(told, change.receipt, stands)}, carried_out)

    def _body(self, sending: Sending, now: AnyTold) -> Row | None:
        change = self._change
        if change.body is not None:
            body: Row = change.body(self._asked, now).model_dump(mode="json", by_alias=True, exclude_unset=True)
        elif sending.asked.after is None:
            return None
        else:
            body = sending.asked.after
        if isinstance(change.conflicts, VersionField):
            body = {**body, change.conflicts.field: row(now)[change.conflicts.field]}
        return body

    async def _see(self) -> Seen[AnyTold] | None:
        return await see(self._api, self._call, self._change.reading, self._values)


def _agrees(now: Row | None, planned: Row | None) -> bool:
    if now is None or planned is None:
        return now is None and planned is None
    return all(now.get(name) == value for name, value in planned.items())
