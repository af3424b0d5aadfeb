"""The SDK: what a business service uses to start actions and to wait for their outcomes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from pydantic import ValidationError
from temporalio.client import (
    Client,
    Interceptor,
    WorkflowExecution,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from leverframe.contracts import names
from leverframe.contracts.decision import Choice, Decision, Receipt
from leverframe.contracts.request import ActionRequest
from leverframe.contracts.status import Outcome, Status
from leverframe.errors import ActionFailed, InvalidRequest, Refused, RequestConflict, UnknownAction
from leverframe.pseudonym import Pseudonyms

FINGERPRINT = "leverframe_fingerprint"
"""Memo field: keyed digest of the request, to tell a repeated request from a conflicting one."""


DEFAULT_ADDRESS = "localhost:7233"
"""Where Temporal's own tools look for a server when nothing says otherwise."""


@dataclass(frozen=True)
class Pending:
    """An action that waits for somebody."""

    action_id: str
    action: str
    state: str
    awaiting: str
    """``user``, or the role of the operators that may decide."""
    since: datetime
    """When the action was started, UTC."""


class Leverframe:
    """Starts actions, tells where they stand, and takes answers and decisions."""

    def __init__(
        self, client: Client, pseudonyms: Pseudonyms | None = None, task_queue_prefix: str = "leverframe"
    ) -> None:
        """``pseudonyms`` is needed to start actions only."""
        self._client = client
        self._pseudonyms = pseudonyms
        self._queue = names.task_queue("workflows", task_queue_prefix)

    @classmethod
    async def connect(
        cls,
        *,
        pseudonym_key: str | bytes | None = None,
        identity: str | None = None,
        task_queue_prefix: str = "leverframe",
        interceptors: Sequence[Interceptor] = (),
    ) -> Self:
        """Connect as the standard Temporal environment says (``TEMPORAL_ADDRESS``, profiles, TLS, API key).

        Args:
            pseudonym_key: at least 16 bytes, the same in all services that start actions; needed for ``start``.
            identity: the name under which decisions are sent; shown as unverified unless the server authenticates it.
            task_queue_prefix: as configured for the workers.
            interceptors: for example OpenTelemetry's, so that the trace begins with the caller.

        Raises:
            InvalidRequest: when the key is too short.
            RuntimeError: when no server answers.
        """
        pseudonyms = Pseudonyms(pseudonym_key) if pseudonym_key else None
        options = ClientConfig.load_client_connect_config()
        options.setdefault("target_host", DEFAULT_ADDRESS)
        client = await Client.connect(
            **options, identity=identity, data_converter=pydantic_data_converter, interceptors=list(interceptors)
        )
        return cls(client, pseudonyms, task_queue_prefix)

    async def start(self, action: str, *, request_id: str, subject: str, requester: str, text: str) -> str:
        """Start an action and return its id. The same request started twice is one action.

        Args:
            action: which action, for example ``order_cancellation``.
            request_id: the caller's own id of this request, 1 to 128 characters.
            subject: whose data it may touch: the business's id of the user.
            requester: who asks; a requester never approves their own action.
            text: what the user wants, in their own words, 1 to 4,000 characters.

        Raises:
            InvalidRequest: bad input, before anything starts.
            RequestConflict: the request id was used before, for another text or requester.
        """
        pseudonyms = self._pseudonyms
        if pseudonyms is None:
            raise InvalidRequest("starting an action needs a pseudonym key; pass pseudonym_key to connect()")
        try:
            request = ActionRequest(
                action=action,
                request_id=request_id,
                subject=subject,
                requester=requester,
                text=text,
                pseudonym=pseudonyms.of(str(subject)),
            )
        except ValidationError as error:
            raise InvalidRequest(_expected(error)) from None
        action_id = pseudonyms.action_id(action, subject, request_id)
        fingerprint = pseudonyms.fingerprint(request.model_dump_json())
        try:
            await self._client.start_workflow(
                action,
                request,
                id=action_id,
                task_queue=self._queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={FINGERPRINT: fingerprint},
                search_attributes=_attributes(request),
                static_summary=f"{action.replace('_', ' ').capitalize()} for user {request.pseudonym}",
                static_details=f"Asked for by `{requester.replace('`', ' ')}`.",
            )
        except WorkflowAlreadyStartedError:
            known = await (await self._handle(action_id).describe()).memo_value(FINGERPRINT, None)
            if known != fingerprint:
                raise RequestConflict(
                    f"request id {request_id!r} was used before for another request of this user; use a new id"
                ) from None
        return action_id

    async def status(self, action_id: str) -> Status:
        """Where an action stands. Raises UnknownAction."""
        try:
            status: Status = await self._handle(action_id).query("status", result_type=Status)
        except RPCError as error:
            raise await self._unknown(action_id, error) from None
        return status

    async def result(self, action_id: str) -> Outcome:
        """Wait for an action's end. Raises UnknownAction, or ActionFailed when it has no outcome."""
        handle: WorkflowHandle[object, Outcome] = self._client.get_workflow_handle(action_id, result_type=Outcome)
        try:
            return await handle.result()
        except WorkflowFailureError as error:
            raise ActionFailed(f"{action_id} ended without an outcome: {error.cause}") from error
        except RPCError as error:
            raise await self._unknown(action_id, error) from None

    async def reply(self, action_id: str, text: str) -> Receipt:
        """Give the user's answer to the open question. Raises Refused or UnknownAction."""
        return await self._update(action_id, "reply", text)

    async def approve(self, action_id: str, code: str, note: str = "") -> Receipt:
        """Approve the plan with this confirmation code. Raises Refused, InvalidRequest or UnknownAction."""
        return await self._update(action_id, "approve", _decision(code, note))

    async def reject(self, action_id: str, code: str, note: str = "") -> Receipt:
        """Reject the plan with this confirmation code. Raises Refused, InvalidRequest or UnknownAction."""
        return await self._update(action_id, "reject", _decision(code, note))

    async def withdraw(self, action_id: str) -> None:
        """Ask to end the action without doing anything; a write under way is finished first. Raises UnknownAction."""
        try:
            await self._handle(action_id).cancel()
        except RPCError as error:
            raise await self._unknown(action_id, error) from None

    async def pending(self, awaiting: str | None = None) -> AsyncIterator[Pending]:
        """Open actions that wait for somebody, newest first; with ``awaiting``, for that role (or ``user``) only."""
        query = f"ExecutionStatus = 'Running' AND {names.AWAITING.name} != 'nobody'"
        if awaiting is not None:
            if not awaiting.replace("_", "").isalnum():
                raise InvalidRequest(f"awaiting: expected a role's name or 'user', got {awaiting!r}")
            query = f"ExecutionStatus = 'Running' AND {names.AWAITING.name} = '{awaiting}'"
        async for execution in self._client.list_workflows(query):
            yield _pending(execution)

    def _handle(self, action_id: str) -> WorkflowHandle[object, object]:
        return self._client.get_workflow_handle(action_id)

    async def _update(self, action_id: str, update: Literal["reply"] | Choice, value: str | Decision) -> Receipt:
        try:
            receipt: Receipt = await self._handle(action_id).execute_update(update, value, result_type=Receipt)
        except WorkflowUpdateFailedError as error:
            raise Refused(str(error.cause)) from None
        except RPCError as error:
            raise await self._unknown(action_id, error) from None
        return receipt

    async def _unknown(self, action_id: str, error: RPCError) -> Exception:
        """What a server's refusal means: no such action, or one that has ended."""
        if error.status != RPCStatusCode.NOT_FOUND:
            return error
        try:
            await self._handle(action_id).describe()
        except RPCError:
            return UnknownAction(
                f"there is no action {action_id!r}; ids look like order_cancellation-<16 hex>-<12 hex>"
            )
        return Refused(f"{action_id} has ended already")


def _attributes(request: ActionRequest) -> TypedSearchAttributes:
    pairs = ((names.ACTION, request.action), (names.SUBJECT, request.pseudonym), (names.AWAITING, "nobody"))
    return TypedSearchAttributes([SearchAttributePair(key, value) for key, value in pairs])


def _pending(execution: WorkflowExecution) -> Pending:
    attributes = execution.typed_search_attributes
    return Pending(
        action_id=execution.id,
        action=execution.workflow_type,
        state=attributes.get(names.STATE) or "",
        awaiting=attributes.get(names.AWAITING) or "",
        since=execution.start_time,
    )


def _decision(code: str, note: str) -> Decision:
    try:
        return Decision(code=code, note=note)
    except ValidationError as error:
        raise InvalidRequest(_expected(error)) from None


def _expected(error: ValidationError) -> str:
    # What was given stays out: it may be a user's text.
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
