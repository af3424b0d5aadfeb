from typing import Annotated

from pydantic import Field, StringConstraints

from leverframe.contracts.base import ActionName, Capability, Contract

TEXT_LIMIT = 4000
"""Longest free text, in characters; longer texts belong in an attachment, not in a request."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name given by the business: 1 to 128 printable characters."""


class ActionRequest(Contract):
    """One business operation, asked for by a service on behalf of one of its users."""

    action: ActionName
    """Which action, for example ``contract_end``."""
    request_id: Identifier
    """The caller's own id of this request; the same id started twice is one action."""
    capability: Capability = Field(repr=False)
    """Whose data the action may touch, until when; bound to this action by the SDK."""
    issuer_key: Annotated[str, Field(pattern=r"^ed25519/[0-9a-f]{64}$")]
    """Public key under which the capability was minted: to read its form when it is narrowed. Those who rely on the
    capability verify it with keys of their own."""
    requester: Identifier
    """Who asks, as the capability says; for people to read."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT, pattern=r"\S")]
    """What the user wants, in their own words."""
    shadow: Annotated[bool, Field(exclude_if=lambda value: not value)] = False
    """Whether it is to run in shadow (:mod:`leverframe.modes`), whatever the mode is where it runs."""
    pseudonym: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """Keyed pseudonym of the subject, the only form of it shown in ids, search attributes and the ledger."""
