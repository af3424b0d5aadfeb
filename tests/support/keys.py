"""Capabilities as the shop's issuer mints them, with the test kit's keys."""

from collections.abc import Iterable

from leverframe.keys import PublicKeys, SigningKeys
from worker.testing import keys
from worker.testing.keys import APPROVALS, ISSUER


def capability(
    subject: str,
    *,
    action: str = "order_cancellation",
    requester: str = "storefront",
    action_id: str | None = None,
    days: float = 30,
    issuer: SigningKeys = ISSUER,
    approvals: PublicKeys = APPROVALS.public,
    delegates: Iterable[str] = (),
) -> str:
    """For a cancellation that the storefront asks for, unless a test says otherwise."""
    return keys.capability(
        subject,
        action=action,
        requester=requester,
        action_id=action_id,
        days=days,
        issuer=issuer,
        approvals=approvals,
        delegates=delegates,
    )
