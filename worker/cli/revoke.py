from sqlalchemy.exc import OperationalError

from leverframe.errors import InvalidRequest
from tools.revocations import is_token_id, revoke_token
from tools.scope import create_engine
from worker.cli.terminal import console, run, use_running_stack
from worker.embedded.process import ServiceError
from worker.settings.base import load
from worker.settings.owner import RevocationSettings


def revoke(token_id: str, reason: str) -> None:
    """Let a capability, and whatever was made from it, no longer count; what it did stays, and is still recorded."""
    if not is_token_id(token_id) or not reason.strip():
        # What was typed is not quoted: it may be a token instead of its id.
        raise InvalidRequest(
            "expected the token's id, an even number of hex characters as the ledger's effects name it, and a reason"
        )
    use_running_stack()
    if run(_revoke(load(RevocationSettings).owner_database_url.get_secret_value(), token_id, reason)):
        console.print("The capability is revoked: no call is run with it any more.")
    else:
        console.print("The capability was revoked before; the first reason stands.")


async def _revoke(url: str, token_id: str, reason: str) -> bool:
    engine = create_engine(url)
    try:
        return await revoke_token(engine, token_id, reason)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()
