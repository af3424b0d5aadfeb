"""No write of an action in shadow is run, whatever its workflow asks for."""

from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.contracts.calling import CallRequest
from leverframe.contracts.entries import Started
from leverframe.errors import InShadow
from leverframe.modes import Mode
from tools import ledger

BEGUN = "this action was begun in shadow: it runs beside people, and nothing of it is ever carried out"
NOW = (
    "such actions run in shadow here (LEVERFRAME_MODE of the tools role), so that nothing new of them is carried out; "
    "what was begun before is finished"
)


def refused_in(mode: Mode) -> InShadow | None:
    """Why a write is not begun where the tools role has such actions in shadow; it believes no workflow about that."""
    return InShadow(NOW) if mode == "shadow" else None


async def require_no_shadow(session: AsyncSession, request: CallRequest) -> None:
    """Raise InShadow for an action that was begun in shadow, as its ledger says or what is recorded along with this."""
    coming = [Started.read(entry.body) for entry in request.entries if entry.kind == Started.kind]
    if any(started.mode == "shadow" for started in (*await ledger.started(session, request.action_id), *coming)):
        raise InShadow(BEGUN)
