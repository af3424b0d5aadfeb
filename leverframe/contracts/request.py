from typing import Annotated

from pydantic import Field, StringConstraints

from leverframe.contracts.base import ActionName, Contract

TEXT_LIMIT = 4000
"""Longest free text, in characters; longer texts belong in an attachment, not in a request."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name given by the business: 1 to 128 printable characters."""


class ActionRequest(Contract):
    """One business operation, asked for by a service on behalf of one of its users."""

    action: ActionName
    """Which action, for example ``order_cancellation``."""
    request_id: Identifier
    """The caller's own id of this request; the same id started twice is one action."""
    subject: Identifier
    """Whose data the action may touch: the business's own id of the user."""
    requester: Identifier
    """Who asks (the service or the user's login). A requester never approves their own action."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT, pattern=r"\S")]
    """What the user wants, in their own words."""
    pseudonym: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """Keyed pseudonym of the subject, the only form of it shown in ids, search attributes and the ledger."""
