"""A tool that lets something new come to be in a system outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, JsonValue

from leverframe.contracts.plan import Row
from tools.base import Arguments, CallContext, Effect, Tool
from tools.errors import NotKnown, ToolRefused, Unreachable
from tools.http.answers import Told
from tools.http.api import Api, Endpoint
from tools.http.changing import Asked
from tools.http.finding import finds
from tools.http.marking import MARKER, marked
from tools.http.reading import Reading, see
from tools.http.receipts import receipt
from tools.http.safeguards import IdempotencyKey, Marker, SentOnce
from tools.outside import Answer, ExternalRequest, Sending

In = TypeVar("In", bound=Arguments)
SAFEGUARD = "nothing that stands there is changed"


@dataclass(frozen=True, kw_only=True)
class Creation(Endpoint, Generic[In]):
    """A request that lets something new come to be."""

    method: Literal["POST", "PUT"] = "POST"
    of: str
    """What comes to be, for people: such as ``crm.notes``."""
    arguments: type[In]
    key: tuple[str, ...]
    """The arguments that say where."""
    about: Reading[Told] | None = None
    """Where that stands to which it is added. A service account asks there whose it is, unless the path says."""
    body: Callable[[In], BaseModel]
    """What is sent, and what people see; pure."""
    same: IdempotencyKey | Marker | SentOnce
    receipt: type[Told] = Told
    """What of the answer goes to the ledger; nothing of a person. Fields that the plan has too must agree with it."""


def creates(name: str, api: Api, creation: Creation[In], *, effect: Effect = "destructive") -> Tool[In, Asked]:
    """A tool that lets something come to be once it is approved.

    Raises ``ValueError`` where the declaration does not fit together.
    """
    api.check(creation.arguments, creation, *([creation.about] if creation.about else []))
    if isinstance(creation.same, Marker):
        api.check(creation.arguments, creation.same, known={MARKER})
    if api.stated and creation.about is None and api.stated not in creation.names:
        raise ValueError(f"{name}: with a service account, 'about' says to whom belongs what something is added to")

    async def run(call: CallContext, asked: In) -> Asked:
        one = _One(api, creation, call, asked)
        await call.ask(one.look, one.perform)
        return Asked(of=creation.of)

    marker = creation.same
    if not isinstance(marker, Marker):
        return Tool(name, effect, creation.arguments, Asked, run)

    async def look(own: Api, call: CallContext, values: dict[str, JsonValue], sending: Sending) -> Answer | None:
        return await _found(own, creation, marker, call, values, sending)

    return Tool(name, effect, creation.arguments, Asked, run, find=finds(api, [marker], look))


async def _found(
    api: Api, creation: Creation[In], marker: Marker, call: CallContext, values: dict[str, JsonValue], sending: Sending
) -> Answer | None:
    """What carries our mark, which agrees with what was approved."""
    found = await marked(api, call, marker, values, sending)
    stands = sending.asked.after or {}
    return None if found is None else Answer({"found": True, **receipt(found, creation.receipt, stands)})


class _One(Generic[In]):
    """One creation, in one call."""

    def __init__(self, api: Api, creation: Creation[In], call: CallContext, asked: In) -> None:
        self._api, self._creation, self._call = api, creation, call
        self._values = api.values(call, asked)
        self._body: Row = creation.body(asked).model_dump(mode="json", by_alias=True, exclude_unset=True)

    async def look(self) -> ExternalRequest:
        """What will come to be, and where."""
        creation = self._creation
        if creation.about and await see(self._api, self._call, creation.about, self._values) is None:
            raise ToolRefused("There is no such thing.", self._api.rule)
        return ExternalRequest(
            creation.of,
            {name: self._values[name] for name in creation.key},
            self._body,
            credential="service" if self._api.stated else "user",
            safeguard=SAFEGUARD,
        )

    async def perform(self, sending: Sending) -> Answer:
        """Send it, or find what an earlier try has brought about."""
        same, headers, body = self._creation.same, dict[str, str](), self._body
        if sending.again and isinstance(same, SentOnce):
            raise NotKnown("it was sent once, and the system cannot be asked what came of it")
        if isinstance(same, Marker):
            if sending.again and (
                found := await _found(self._api, self._creation, same, self._call, self._values, sending)
            ):
                return found
            body = {**body, same.field: sending.key}
        if isinstance(same, IdempotencyKey):
            headers[same.header] = sending.key
        reply = await self._api.ask(
            self._call, self._creation.method, self._creation, self._values, body=body, headers=headers
        )
        if isinstance(same, IdempotencyKey) and reply.status in same.busy:
            raise Unreachable("the system is still at it")
        carried_out = self._api.sort(reply)
        told = self._api.told(reply) if self._creation.receipt.model_fields else None
        return Answer({"status": reply.status, **receipt(told, self._creation.receipt, self._body)}, carried_out)
