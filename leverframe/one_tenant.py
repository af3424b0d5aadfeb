"""A client of Temporal for one tenant's actions, where several share a deployment: no other's are there for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from temporalio.client import (
    Client,
    CountWorkflowsInput,
    DescribeWorkflowInput,
    FetchWorkflowHistoryEventsInput,
    Interceptor,
    ListWorkflowsInput,
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowExecutionAsyncIterator,
    WorkflowExecutionCount,
    WorkflowExecutionDescription,
    WorkflowHandle,
    WorkflowHistoryEventAsyncIterator,
    WorkflowUpdateHandle,
)
from temporalio.service import RPCError, RPCStatusCode

from leverframe.contracts import names
from leverframe.errors import InvalidRequest

KEPT = 10_000
"""Ids of whose actions are known to be the tenant's, so that they are not asked for again."""


class OneTenant(Interceptor):
    """What is asked of an action of another tenant is answered as if there were none."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Own(next, self._tenant)


def only(client: Client, tenant: str) -> Client:
    """The same client, for one tenant's actions alone."""
    config = client.config()
    config["interceptors"] = [OneTenant(tenant), *config["interceptors"]]
    return Client(**config)


class _Own(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, tenant: str) -> None:
        super().__init__(next)
        self._tenant = tenant
        self._own: dict[str, None] = {}

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        if input.priority.fairness_key != self._tenant:
            raise InvalidRequest(
                f"capability: it is for the tenant {input.priority.fairness_key!r}, and what starts it is of "
                f"{self._tenant!r}"
            )
        return await super().start_workflow(input)

    def list_workflows(self, input: ListWorkflowsInput) -> WorkflowExecutionAsyncIterator:
        return super().list_workflows(replace(input, query=self._theirs(input.query)))

    async def count_workflows(self, input: CountWorkflowsInput) -> WorkflowExecutionCount:
        return await super().count_workflows(replace(input, query=self._theirs(input.query)))

    async def describe_workflow(self, input: DescribeWorkflowInput) -> WorkflowExecutionDescription:
        found = await super().describe_workflow(input)
        if found.typed_search_attributes.get(names.TENANT) != self._tenant:
            raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")
        self._own[input.id] = None
        if len(self._own) > KEPT:
            del self._own[next(iter(self._own))]
        return found

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        await self._require_own(input.id)
        return await super().query_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        await self._require_own(input.id)
        await super().signal_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        await self._require_own(input.id)
        return await super().start_workflow_update(input)

    def fetch_workflow_history_events(
        self, input: FetchWorkflowHistoryEventsInput
    ) -> WorkflowHistoryEventAsyncIterator:
        events = super().fetch_workflow_history_events(input)
        fetch: Callable[..., Any] = events.fetch_next_page

        async def own(*, page_size: int | None = None) -> None:
            await self._require_own(input.id)
            await fetch(page_size=page_size)

        events.fetch_next_page = own  # type: ignore[method-assign]
        return events

    async def _require_own(self, action_id: str) -> None:
        """Raise RPCError, as the server does, unless there is such an action of the tenant."""
        if action_id not in self._own:
            asked = DescribeWorkflowInput(id=action_id, run_id=None, rpc_metadata={}, rpc_timeout=None)
            await self.describe_workflow(asked)

    def _theirs(self, query: str | None) -> str:
        own = f"{names.TENANT.name} = '{self._tenant}'"
        return f"({query}) AND {own}" if query else own
