"""What a service reads out of its issuer's capability, and does to it, before it starts an action."""

from dataclasses import dataclass

from biscuit_auth import AuthorizerBuilder, PublicKey, UnverifiedBiscuit

from leverframe.biscuits import give_time, minted, read, require_form
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
    issuer_key: PublicKey


def read_minted(token: str, keys: PublicKeys, action: str) -> Minted:
    """Check the signature and the action, and read what is signed. Raises CapabilityRefused."""
    biscuit = read(token, keys)
    require_form(biscuit, PublicKeys({}))
    builder = AuthorizerBuilder("allow if true")
    give_time(builder)
    subject, tenant, minted_for, requester = minted(builder.build(biscuit))
    if minted_for != action:
        raise CapabilityRefused(f"it is for the action {minted_for!r}, not for {action!r}")
    number = UnverifiedBiscuit.from_base64(token).root_key_id()
    return Minted(subject, tenant, minted_for, requester, keys[-1 if number is None else number])


def bound(token: str, keys: PublicKeys, minted: Minted, action_id: str) -> str:
    """The capability for this action alone, after a look whether it would be of any use. Raises CapabilityRefused."""
    narrowed = bind(token, keys, action_id)
    verify(narrowed, keys, Use("preview", action_id), tenant=minted.tenant, approvals=PublicKeys({}))
    return narrowed
