"""What an earlier try has brought about, found by our own mark."""

from datetime import UTC, datetime

from pydantic import JsonValue

from tools.base import CallContext
from tools.errors import Unreachable
from tools.http.answers import at, listed
from tools.http.api import Api
from tools.http.safeguards import Marker
from tools.outside import Sending

MARKER = "marker"


async def marked(
    api: Api, call: CallContext, marker: Marker, values: dict[str, JsonValue], sending: Sending
) -> JsonValue:
    """What carries our mark; ``None`` where nothing does, and nothing can be on its way any more.

    Raises as :meth:`Api.ask` and :meth:`Api.sort`, :class:`~tools.errors.NotTheirs`, and
    :class:`~tools.errors.Unreachable` while it may still be on its way.
    """
    reply = await api.ask(call, "GET", marker, {**values, MARKER: sending.key})
    api.sort(reply)
    for one in listed(api.told(reply, marker.within), marker.each):
        if at(one, marker.field) == sending.key:
            api.require_own(call, one)
            return one
    if datetime.now(UTC) - sending.last_sent_at < marker.settles:
        raise Unreachable("it is not to be found yet, and may still be on its way", marker.settles)
    return None
