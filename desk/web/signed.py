"""What a page's script sends, signed by a passkey of whoever is signed in. That it counts the approvals role says."""

from typing import TypeVar

from pydantic import JsonValue, ValidationError
from starlette.exceptions import HTTPException

from leverframe.contracts.decision import OfPlan
from leverframe.operators import Operator

Sent = TypeVar("Sent", bound=OfPlan)


def signed_by(me: Operator, kind: type[Sent], body: dict[str, JsonValue], **rest: JsonValue) -> Sent:
    """What was sent. Raises HTTPException: 400 for what is nothing of the kind, 403 for another's passkey."""
    sent = {"note": body.get("note", ""), "passkey": body.get("signed"), **rest}
    try:
        found = kind.model_validate(sent)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise HTTPException(
            400, f"Expected what a passkey has signed on one of these pages; not usable: {wrong}."
        ) from None
    if found.passkey is None or found.passkey.id not in {one.id for one in me.passkeys}:
        raise HTTPException(403, f"Expected what {me.person}'s own passkey has signed.")
    return found
