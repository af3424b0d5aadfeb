"""The API of a system outside, as the tools of a business use it: with whose right, and how its answers are taken."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from leverframe.contracts.plan import Row
from tools.base import Arguments, CallContext
from tools.credential import Right, ServiceAccount
from tools.errors import Moved, NotConnected, ToolRefused, Unreachable
from tools.http.answers import STANDARD, Answers, at, listed, parsed
from tools.http.paths import HOLE, filled, holes, query
from tools.http.system import HttpSystem, Reply, Request
from tools.retry_after import retry_after

SUBJECT = "subject"
"""The name in paths and queries that stands for the user who asks; taken from the capability, never from arguments."""
CODE = re.compile(r"[\w.:-]{1,60}")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A path of the API with its query."""

    path: str
    """Such as ``/tickets/{ticket_id}``; a hole names an argument, or is ``{subject}``: the user who asks."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Each a hole such as ``{ticket_id}``, left out where its argument is ``None``, or said as it is."""
    document: str = ""
    """An operation of GraphQL, where the path takes such: it goes by POST, and its variables are the query's values and
    the fields of the body."""
    within: str = ""
    """Where in what is read there, within :attr:`Api.within`, that stands which was asked for."""

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for a path that is none."""
        holes(self.path)

    @property
    def names(self) -> set[str]:
        """What the holes name."""
        return {*holes(self.path), *(found[1] for said in self.query.values() if (found := HOLE.fullmatch(said)))}


@dataclass(frozen=True, kw_only=True)
class Api:
    """A system's API."""

    system: type[HttpSystem]
    credential: Right
    """With whose right it is asked: ``UserToken``, or ``ServiceAccount``, which people are told."""
    rule: str
    """Id of the clause that its refusals rest on."""
    answers: Answers = STANDARD
    code: str = ""
    """Where an answer says why it refuses: names with dots between, such as ``errors.0.code``; of several places, with
    spaces between, the first that has one. The code is told to people, and never a text. An answer that has one is a
    refusal, whatever its status."""
    unsure: frozenset[str] = frozenset({"INTERNAL_SERVER_ERROR"})
    """Codes that are no refusal: nobody can tell whether it was carried out."""
    within: str = ""
    """Where in an answer that stands which was asked for: names with dots between, such as ``data.order``."""

    @property
    def stated(self) -> str:
        """The field of a request that states the user's id to a system which is asked with a service account."""
        return self.credential.states if isinstance(self.credential, ServiceAccount) else ""

    def check(self, arguments: type[Arguments], *asked: Endpoint, known: Collection[str] = ()) -> None:
        """Raise ``ValueError`` unless all that the endpoints need is an argument, and who asks is none."""
        taken = {info.alias or name for name, info in arguments.model_fields.items()}
        asks = {SUBJECT, self.stated} - {""}
        if both := taken & asks:
            raise ValueError(f"{arguments.__name__}: who asks is no argument; rename {', '.join(sorted(both))}")
        if missing := {name for one in asked for name in one.names} - taken - asks - {*known}:
            raise ValueError(f"{arguments.__name__} has no {', '.join(sorted(missing))}, which a path or query names")

    def values(self, call: CallContext, arguments: Arguments) -> dict[str, JsonValue]:
        """What fills the holes."""
        stated = {name: call.subject for name in (SUBJECT, self.stated) if name}
        return {**arguments.model_dump(mode="json", by_alias=True), **stated}

    async def ask(
        self,
        call: CallContext,
        method: str,
        where: Endpoint,
        values: Mapping[str, JsonValue],
        *,
        body: Row | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request; raises as :meth:`tools.http.system.HttpSystem.send`, and BadArguments."""
        asked = {name: _said(one, values) for name, one in where.query.items()}
        if self.stated and self.stated not in where.names:
            if body is None:
                asked[self.stated] = call.subject
            else:
                body = {**body, self.stated: call.subject}
        if where.document:
            variables: Row = {**{name: one for name, one in asked.items() if one is not None}, **(body or {})}
            method, asked, body = "POST", {}, {"query": where.document, "variables": variables}
        content = None if body is None else json.dumps(body).encode()
        request = Request(method, filled(where.path, values), query(asked), headers or {}, content)
        return await call.outside.reach(self.system).send(call, self.credential, request)

    def told(self, reply: Reply, within: str = "") -> JsonValue:
        """What stands in an answer, or there within; raises :class:`~tools.errors.Unreachable` where it is no JSON."""
        found = parsed(reply)
        for names in filter(None, (self.within, within)):
            found = at(found, names)
        return found

    def require_own(self, call: CallContext, told: JsonValue, each: str = "") -> None:
        """Raise :class:`~tools.errors.NotTheirs` unless all is the user's that a system knows by a service account."""
        if isinstance(self.credential, ServiceAccount):
            for one in listed(told, each) if each else [told]:
                self.credential.require_owner(call.subject, one)

    def sort(self, reply: Reply) -> bool:
        """Whether what was asked is carried out; ``False`` where it is only taken.

        Raises:
            Moved: when what stands there is not what was read; nothing has happened by this request.
            ToolRefused: when it is refused, and nothing has happened by this request.
            NotConnected: when the system does not let this worker in.
            Unreachable: when it is to be asked again, or nobody can tell.
        """
        sense, code = self.answers.sense(reply.status), self._code(reply)
        if sense in ("done", "accepted") and code in self.unsure:
            sense = "open"
        if sense in ("done", "accepted") and not code:
            return sense == "done"
        why = f"HTTP {reply.status}{f', {code}' if code else ''}"
        if sense == "not let in":
            raise NotConnected(f"the system does not let this worker in ({why})")
        if sense == "later":
            raise Unreachable(f"the system asks for patience ({why})", retry_after(reply.headers.get("retry-after")))
        if sense == "open":
            raise Unreachable(f"the system gave no usable answer ({why})")
        if sense == "moved":
            raise Moved(f"Somebody else has changed it in the meantime ({why}).", self.rule)
        raise ToolRefused(f"The system refuses it ({why}).", self.rule)

    def _code(self, reply: Reply) -> str:
        if not self.code:
            return ""
        try:
            said = parsed(reply)
        except Unreachable:
            return ""
        found = next((one for where in self.code.split() if (one := at(said, where)) is not None), None)
        return "" if found is None else str(found) if CODE.fullmatch(str(found)) else "a code that cannot be told"


def _said(one: str, values: Mapping[str, JsonValue]) -> JsonValue:
    hole = HOLE.fullmatch(one)
    return values.get(hole[1]) if hole else one
