"""What was begun while it was allowed is finished: a right that ends halfway leaves no plan half carried out."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.capability import Claims, Use, Verifier
from leverframe.contracts.calling import CallRequest
from leverframe.contracts.entries import Effected
from leverframe.errors import CapabilityExpired, CapabilityRefused
from tools import ledger
from tools.outbox import sent

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Before every capability's end, so that only the other demands are asked."""


def verify_or_late(verifier: Verifier, capability: str, use: Use) -> tuple[Claims, CapabilityExpired | None]:
    """What the issuer has signed, and the refusal if all that is wrong is that the time for it is over.

    Raises CapabilityRefused; as CapabilityExpired for a read, which begins nothing.
    """
    try:
        return verifier.verify(capability, use), None
    except CapabilityExpired as late:
        if use.operation == "read":
            raise
        return verifier.verify(capability, use, now=LONG_AGO), late


async def require_begun(
    session: AsyncSession,
    verifier: Verifier,
    request: CallRequest,
    use: Use,
    compensates: tuple[str, ...],
    late: CapabilityRefused,
) -> None:
    """Raise ``late`` unless the call finishes what was begun when it was allowed.

    That is a call that has been run already, or has sent a request, or whose plan was begun, or that undoes, or notes
    what became of, the effect of one of the tools that it ``compensates``. Of calls that are carried out together, the
    last alone sends, and where one has been run, all have.
    """
    for one in (await sent(session, request.action_id, request.calls[-1].key)).values():
        verifier.verify(request.capability, use, now=one.sending.first_sent_at)
        return
    for at, effect in await ledger.effects(session, request.action_id):
        if effect.planned in request.calls:
            return
        if _begins(effect, request) or effect.planned.tool in compensates:
            verifier.verify(request.capability, use, now=at)
            return
    raise late


def _begins(effect: Effected, request: CallRequest) -> bool:
    return request.approved is not None and effect.plan == request.approved.digest
