"""Fixed keys for tests, and capabilities minted with them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from temporalio.common import Priority

from leverframe.capability import Verifier, bind, mint
from leverframe.keys import PayloadKeys, PublicKeys, SigningKeys

TENANT = "test"
TURN = Priority(fairness_key=TENANT)
"""As the SDK starts an action, for tests that start one past it."""


def private(*seeds: int) -> str:
    """A ring of signing keys as text, the same in every run, numbered by their seed, the newest first."""
    return ",".join(f"{seed}:ed25519-private/{seed:064x}" for seed in seeds)


def payload(*seeds: int) -> str:
    """A ring of payload keys as text."""
    return ",".join(f"{seed}:{seed:064x}" for seed in seeds)


ISSUER_RING, APPROVALS_RING, PAYLOAD_RING, SEALS_RING = private(11), private(21), payload(41), private(51)
ISSUER, APPROVALS = SigningKeys.parse(ISSUER_RING), SigningKeys.parse(APPROVALS_RING)
TOOLS_RING = f"61:es256-private/{61:064x}"
SEALS = SigningKeys.parse(SEALS_RING)
OLGA, RITA = SigningKeys.parse(private(31)), SigningKeys.parse(private(32))
PAYLOADS = PayloadKeys.parse(PAYLOAD_RING)
VERIFIER = Verifier(ISSUER.public, APPROVALS.public, TENANT)


def capability(
    subject: str,
    *,
    action: str,
    requester: str = "service",
    action_id: str | None = None,
    days: float = 30,
    issuer: SigningKeys = ISSUER,
    approvals: PublicKeys = APPROVALS.public,
    delegates: Iterable[str] = (),
) -> str:
    """A capability as the business's issuer mints it; with ``action_id`` bound to that action, as the SDK does."""
    token = mint(
        issuer,
        subject=subject,
        tenant=TENANT,
        action=action,
        requester=requester,
        expires=datetime.now(UTC) + timedelta(days=days),
        approvals=approvals,
        delegates=delegates,
    )
    return bind(token, issuer.public, action_id) if action_id else token
