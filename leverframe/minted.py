"""What a service reads out of its issuer's capability, and does to it, before it starts an action."""

from dataclasses import dataclass

from biscuit_auth import PublicKey, UnverifiedBiscuit

from leverframe.biscuits import delegates, minted, open_authorizer, read, require_form
from leverframe.capability import Use, bind, verify
from leverframe.errors import CapabilityRefused
from leverframe.keys import PublicKeys


@dataclass(frozen=True)
class Minted:
    """What an issuer has signed, and under which key."""

    subject: str
    tenant: str
    action: str
    requester: str
    delegates: bool
    """Whether the action may start others as parts of itself."""
    issuer_key: PublicKey


def read_minted(token: str, keys: PublicKeys, action: str) -> Minted:
    """Check the signature and the action, and read what is signed. Raises CapabilityRefused."""
    biscuit = read(token, keys)
    require_form(biscuit, PublicKeys({}))
    authorizer = open_authorizer(biscuit)
    subject, tenant, minted_for, requester = minted(authorizer)
    if minted_for != action:
        raise CapabilityRefused(f"it is for the action {minted_for!r}, not for {action!r}")
    number = UnverifiedBiscuit.from_base64(token).root_key_id()
    issuer_key = keys[-1 if number is None else number]
    return Minted(subject, tenant, minted_for, requester, bool(delegates(authorizer)), issuer_key)


def bound(token: str, keys: PublicKeys, minted: Minted, action_id: str) -> str:
    """The capability for this action and its parts alone, after a look whether it is of any use.

    Raises CapabilityRefused.
    """
    narrowed = bind(token, keys, action_id, family=minted.delegates)
    verify(narrowed, keys, Use("preview", action_id), tenant=minted.tenant, approvals=PublicKeys({}))
    return narrowed
