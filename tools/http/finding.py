"""What has become of a request, for whoever compares afterwards: read with an auditor's own right, or not at all."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from tools.base import CallContext
from tools.credential import Auditing
from tools.errors import NotLooked
from tools.http.api import Api, Endpoint
from tools.http.marking import MARKER
from tools.outside import Answer, Find, Outside, Sending

Look = Callable[[Api, CallContext, dict[str, JsonValue], Sending], Awaitable[Answer | None]]


def finds(api: Api, asked: Iterable[Endpoint], look: Look) -> Find:
    """Whoever compares knows of a request what is asked, and neither its user nor its other arguments."""
    own, needed = replace(api, credential=Auditing()), {name for one in asked for name in one.names} - {MARKER}

    async def find(outside: Outside, sending: Sending) -> Answer | None:
        if lacking := needed - sending.asked.key.keys():
            raise NotLooked(f"it can be found there only with {', '.join(sorted(lacking))}, which is not kept")
        async with AsyncSession() as nowhere:
            return await look(own, CallContext(nowhere, "", "", "", outside), {**sending.asked.key}, sending)

    return find
