"""A start: checked before anything leaves this process, sent once, and refused where nobody runs such an action."""

import asyncio
from dataclasses import dataclass

from pydantic import ValidationError
from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowFailureError, WorkflowQueryFailedError
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from leverframe.contracts import names
from leverframe.contracts.request import ActionRequest
from leverframe.errors import CapabilityRefused, InvalidRequest, KeyServiceUnreachable, RequestConflict
from leverframe.keys import PublicKeys
from leverframe.minted import bound, read_minted
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys
from leverframe.telling import inert

FINGERPRINT = "leverframe_fingerprint"
"""Memo field: keyed digest of the request, to tell a repeated request from a conflicting one."""
AT_ONCE = 2.0
"""Seconds in which those who run the actions refuse one that they do not know; a start waits no longer for it."""


@dataclass(frozen=True)
class Asked:
    """A request that may be sent."""

    action_id: str
    request: ActionRequest
    fingerprint: str
    """Keyed digest of the request without its token: repeated under a fresh one it is the same request."""
    tenant: str
    """Whose turn it takes among those who wait for the same workers."""


@dataclass(frozen=True)
class Starter:
    """Whoever may start actions: has the key of the pseudonyms and knows the issuer."""

    pseudonyms: Pseudonyms
    issuer_keys: PublicKeys

    @classmethod
    def given(cls, pseudonyms: Pseudonyms | None, issuer_keys: PublicKeys | None) -> "Starter":
        """Raises InvalidRequest where one of them was not given."""
        if pseudonyms is None or issuer_keys is None:
            raise InvalidRequest("to start actions, pass pseudonym_key and issuer_keys (public halves) to connect()")
        return cls(pseudonyms, issuer_keys)

    def ask(self, action: str, request_id: str, capability: str, text: str, shadow: bool = False) -> Asked:
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
                shadow=shadow,
                pseudonym=self.pseudonyms.of(minted.subject),
            )
        except CapabilityRefused as error:
            raise InvalidRequest(f"capability: {error}") from None
        except ValidationError as error:
            raise InvalidRequest(expected(error)) from None
        asked = request.model_dump_json(exclude={"capability", "issuer_key"})
        return Asked(action_id, request, self.pseudonyms.fingerprint(asked), minted.tenant)


async def refuse_erased(people: SubjectKeys | None, pseudonym: str) -> None:
    """Raise InvalidRequest for a user who was erased or is being erased."""
    state = await people.state(pseudonym) if people else "none"
    if state in ("doomed", "destroyed"):
        raise InvalidRequest(
            f"the user {pseudonym} {'was' if state == 'destroyed' else 'is being'} erased: nothing can be started "
            "for this user any more"
        )


async def send(client: Client, asked: Asked, queue: str) -> None:
    """Start the action, unless it was started before; raises RequestConflict."""
    request = asked.request
    try:
        await client.start_workflow(
            request.action,
            request,
            id=asked.action_id,
            task_queue=queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            memo={FINGERPRINT: asked.fingerprint},
            priority=Priority(fairness_key=asked.tenant),
            search_attributes=names.search_attributes(request.action, request.pseudonym, asked.tenant),
            static_summary=names.summary(request.action, request.pseudonym),
            static_details=f"Asked for by `{inert(request.requester).replace('`', 'ˋ')}`.",
        )
    except WorkflowAlreadyStartedError:
        known = await (await client.get_workflow_handle(asked.action_id).describe()).memo_value(FINGERPRINT, None)
        if known != asked.fingerprint:
            raise RequestConflict(
                f"request id {request.request_id!r} was used before for another request of this user; use a new id"
            ) from None


async def refuse_unknown(client: Client, action_id: str, within: float) -> None:
    """Raise InvalidRequest when those who run the actions have refused this one at once: they do not know it.

    Where they say nothing for a moment, nothing is refused: it is started, and waits for them.
    """
    handle = client.get_workflow_handle(action_id)
    try:
        async with asyncio.timeout(min(AT_ONCE, within)):
            try:
                await handle.query("status")
            except WorkflowQueryFailedError:
                await handle.result()
    except WorkflowFailureError as error:
        if isinstance(error.cause, ApplicationError) and error.cause.type == "InvalidRequest":
            raise InvalidRequest(inert(error.cause.message)) from None
    except (TimeoutError, RPCTimeoutOrCancelledError, RPCError, KeyServiceUnreachable):
        return


def expected(error: ValidationError) -> str:
    """What is wrong with an input, without what was given: it may be a user's text."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
