"""Whose a bearer is: the capability that the business's own service minted for its user says it, and nothing else."""

from dataclasses import dataclass

from api.problems import BEARER, Refusal
from leverframe.biscuits import read
from leverframe.capability import Use, verify
from leverframe.errors import CapabilityRefused, UnknownAction
from leverframe.keys import PublicKeys
from leverframe.minted import Minted, read_minted
from leverframe.pseudonym import Pseudonyms, subject_of

NONE = (
    "Expected the header 'Authorization: Bearer CAPABILITY': a capability that your own service minted for the user, "
    "which has not expired."
)


@dataclass(frozen=True)
class Bearers:
    """Knows the issuer by its public keys, and the names under which users appear."""

    pseudonyms: Pseudonyms
    issuer_keys: PublicKeys
    tenant: str

    def of(self, token: str | None, action: str) -> Minted:
        """What the bearer's issuer has signed, for this action; raises Refusal (401) or CapabilityRefused."""
        if token is None:
            raise Refusal(401, NONE, BEARER)
        try:
            read(token, self.issuer_keys)
        except CapabilityRefused as error:
            raise Refusal(401, f"{NONE} Of this one is known: {error}.", BEARER) from None
        minted = read_minted(token, self.issuer_keys, action)
        if minted.tenant != self.tenant:
            raise CapabilityRefused("the capability is for another tenant than the one that is served here")
        return minted

    def allow(self, token: str | None, action_id: str) -> None:
        """Return for a bearer who may read and answer this action, or this part of one.

        Raises Refusal (401), CapabilityRefused, or UnknownAction for another user's: no bearer learns what others have.
        """
        minted = self.of(token, action_id.partition("-")[0])
        if subject_of(action_id) != self.pseudonyms.of(minted.subject):
            raise UnknownAction(unknown(action_id))
        verify(token or "", self.issuer_keys, Use("preview", action_id), tenant=self.tenant, approvals=PublicKeys({}))


def unknown(action_id: str) -> str:
    """As it is said of what is another user's, or nobody's."""
    return f"there is no action {action_id!r} of this capability's user; expected the id that a start gave"
