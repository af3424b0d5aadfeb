"""One trace for each action, made of short spans; across a wait they are linked.

The trace has one root, ``RunWorkflow``. What happens in the workflow becomes spans without length under it, and the
activities real ones under those. What comes from outside has traces of its own, which are linked and never a parent:
the service's call that started the action (in both directions), the client that sent a signal or an update, and the
action that this one is a part of. So no span of an action ever names a parent that is somewhere else.
"""

import asyncio
from typing import Any

from opentelemetry import context, trace
from opentelemetry._logs import Logger
from opentelemetry.trace import NonRecordingSpan, Status, StatusCode
from temporalio import client, worker, workflow
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.exceptions import FailureError

from activities.call_spans import TRACER
from leverframe.contracts.names import NOTIFY
from worker.telemetry.guard_events import tell_verdicts
from worker.telemetry.trace_ids import choosing, passed_on, place
from worker.telemetry.workflow_spans import EMIT, LINK, STARTED, WorkflowSpan, WorkflowSpans, handler


class OneTracePerAction(TracingInterceptor):
    """For the clients of services and workers: Temporal's own tracing, with other spans for workflows.

    The provider of ``tracer`` must generate ids with :class:`~worker.telemetry.trace_ids.ChosenIds`. What guards say is
    told to ``events``.
    """

    def __init__(self, tracer: trace.Tracer, events: Logger) -> None:
        super().__init__(tracer)
        self._events = events

    def intercept_client(self, next: client.OutboundInterceptor) -> client.OutboundInterceptor:
        return super().intercept_client(_LinkedStart(next))

    def intercept_activity(self, next: worker.ActivityInboundInterceptor) -> worker.ActivityInboundInterceptor:
        return super().intercept_activity(_Equipped(next, self.tracer, self._events))

    def workflow_interceptor_class(self, input: worker.WorkflowInterceptorClassInput) -> type[Any]:
        input.unsafe_extern_functions[EMIT] = self._emit
        return _Inbound

    def _emit(self, told: WorkflowSpan, at: int, attributes: dict[str, str]) -> None:
        # Never under the span at hand: a workflow's thread is other workflows' too.
        under = context.Context()
        if told.parent is not None:
            under = trace.set_span_in_context(NonRecordingSpan(told.parent), under)
        with choosing(told.ids):
            span = self.tracer.start_span(told.name, under, told.kind, attributes, links=told.links, start_time=at)
        if told.error:
            span.set_status(Status(StatusCode.ERROR, told.error))
        span.end(at)


class _LinkedStart(client.OutboundInterceptor):
    """Links the span of the call that starts an action with the action's trace."""

    async def start_workflow(self, input: client.StartWorkflowInput) -> client.WorkflowHandle[Any, Any]:
        handle = await super().start_workflow(input)
        if run_id := handle.first_execution_run_id:
            trace.get_current_span().add_link(place(run_id), {LINK: STARTED})
        return handle


class _Equipped(worker.ActivityInboundInterceptor):
    """Gives activities the tracer for the calls that they make, and tells what guards said."""

    def __init__(self, next: worker.ActivityInboundInterceptor, tracer: trace.Tracer, events: Logger) -> None:
        super().__init__(next)
        self._tracer, self._events = tracer, events

    async def execute_activity(self, input: worker.ExecuteActivityInput) -> Any:
        token = context.attach(context.set_value(TRACER, self._tracer))
        try:
            result = await super().execute_activity(input)
        finally:
            context.detach(token)
        tell_verdicts(self._events, result)
        return result


class _Inbound(worker.WorkflowInboundInterceptor):
    """Queries get no spans: whoever polls a status would make two each time, and they tell an auditor nothing."""

    def init(self, outbound: worker.WorkflowOutboundInterceptor) -> None:
        self._spans = WorkflowSpans()
        super().init(_Outbound(outbound, self._spans))

    async def execute_workflow(self, input: worker.ExecuteWorkflowInput) -> Any:
        info = workflow.info()
        self._spans.begins(f"RunWorkflow:{info.workflow_type}", info.headers)
        try:
            result = await super().execute_workflow(input)
        except FailureError as error:
            self._spans.ends(f"CompleteWorkflow:{info.workflow_type}", error)
            raise
        self._spans.ends(f"CompleteWorkflow:{info.workflow_type}")
        return result

    async def handle_signal(self, input: worker.HandleSignalInput) -> None:
        self._spans.handles(f"HandleSignal:{input.signal}", input.headers)
        await super().handle_signal(input)

    async def handle_update_handler(self, input: worker.HandleUpdateInput) -> Any:
        self._spans.handles(f"HandleUpdate:{input.update}", input.headers)
        return await super().handle_update_handler(input)


class _Outbound(worker.WorkflowOutboundInterceptor):
    def __init__(self, next: worker.WorkflowOutboundInterceptor, spans: WorkflowSpans) -> None:
        super().__init__(next)
        self._spans = spans

    def start_activity(self, input: worker.StartActivityInput) -> workflow.ActivityHandle[Any]:
        # Deliveries of notifications go on for as long as the wait that they are about.
        aside = input.activity == NOTIFY
        input.headers = passed_on(input.headers, self._spans.asks(f"StartActivity:{input.activity}", aside))
        handle = super().start_activity(input)
        if not aside and handler.get() is None:
            self._spans.busy()
            handle.add_done_callback(lambda _: self._spans.idle())
        return handle

    async def start_child_workflow(
        self, input: worker.StartChildWorkflowInput
    ) -> workflow.ChildWorkflowHandle[Any, Any]:
        input.headers = passed_on(input.headers, self._spans.asks(f"StartChildWorkflow:{input.workflow}"))
        self._spans.busy()
        try:
            handle = await super().start_child_workflow(input)
        except (Exception, asyncio.CancelledError):
            self._spans.idle()
            raise
        self._spans.idle()
        if run_id := handle.first_execution_run_id:
            root = place(run_id)
            handle.add_done_callback(lambda _: self._spans.came("part", root))
        return handle
