"""What a start sends: checked before anything leaves this process."""

from dataclasses import dataclass

from pydantic import ValidationError

from leverframe.contracts.request import ActionRequest
from leverframe.errors import CapabilityRefused, InvalidRequest
from leverframe.keys import PublicKeys
from leverframe.minted import bound, read_minted
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys


@dataclass(frozen=True)
class Asked:
    """A request that may be sent."""

    action_id: str
    request: ActionRequest
    fingerprint: str
    """Keyed digest of the request without its token: repeated under a fresh one it is the same request."""


@dataclass(frozen=True)
class Starter:
    """Whoever may start actions: has the key of the pseudonyms and knows the issuer."""

    pseudonyms: Pseudonyms
    issuer_keys: PublicKeys

    def ask(self, action: str, request_id: str, capability: str, text: str) -> Asked:
        """The request, bound to its one action; raises InvalidRequest."""
        try:
            minted = read_minted(capability, self.issuer_keys, action)
            action_id = self.pseudonyms.action_id(action, minted.subject, str(request_id))
            request = ActionRequest(
                action=action,
                request_id=request_id,
                capability=bound(capability, self.issuer_keys, minted, action_id),
                issuer_key=str(minted.issuer_key),
                requester=minted.requester,
                text=text,
                pseudonym=self.pseudonyms.of(minted.subject),
            )
        except CapabilityRefused as error:
            raise InvalidRequest(f"capability: {error}") from None
        except ValidationError as error:
            raise InvalidRequest(expected(error)) from None
        asked = request.model_dump_json(exclude={"capability", "issuer_key"})
        return Asked(action_id, request, self.pseudonyms.fingerprint(asked))


async def refuse_erased(people: SubjectKeys | None, pseudonym: str) -> None:
    """Raise InvalidRequest for a user who was erased or is being erased."""
    state = await people.state(pseudonym) if people else "none"
    if state in ("doomed", "destroyed"):
        raise InvalidRequest(
            f"the user {pseudonym} {'was' if state == 'destroyed' else 'is being'} erased: nothing can be started "
            "for this user any more"
        )


def expected(error: ValidationError) -> str:
    """What is wrong with an input, without what was given: it may be a user's text."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
