"""An action with everything traced: the service that starts it, operators, workers; and what must hold of it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext
from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.testing import WorkflowEnvironment

from leverframe import Leverframe
from leverframe.contracts.names import ROLES
from leverframe.operating import Operating
from tests.support.rig import Rig, open_rig
from worker.roles.workers import role_workers
from worker.telemetry.running import ACTION_ID, ROLE
from worker.telemetry.setup import Telemetry, start_telemetry
from worker.telemetry.trace_ids import place
from worker.telemetry.workflow_spans import BEGAN, LINK
from worker.testing.hooks import Hooks
from worker.testing.keys import ISSUER
from worker.testing.postgres import Database
from worker.testing.rig import PSEUDONYMS
from worker.testing.serving import as_person
from worker.testing.waiting import until

LONGEST = 10.0
"""Seconds that an activity may take; nothing else has a length."""


class Watch(SpanProcessor):
    """Every span that was begun, and every one that ended."""

    def __init__(self) -> None:
        self.begun: list[SpanContext] = []
        self.ended: list[ReadableSpan] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.begun.append(span.get_span_context())

    def on_end(self, span: ReadableSpan) -> None:
        self.ended.append(span)


@dataclass
class Watched:
    """A rig whose every part is traced into one place, as into one collector."""

    rig: Rig
    watch: Watch
    telemetry: Telemetry
    people: dict[str, Leverframe] = field(default_factory=dict)

    def of(self, action_id: str) -> list[ReadableSpan]:
        """The action's spans, but not those of clients."""
        own = [span for span in self.watch.ended if attribute(span, ACTION_ID) == action_id]
        return [span for span in own if attribute(span, ROLE) != "client"]

    def sent(self, name: str, action_id: str) -> list[ReadableSpan]:
        """Clients' spans of that name about the action."""
        return [s for s in self.watch.ended if s.name == name and attribute(s, ACTION_ID) == action_id]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All roles' workers, until the end of the block."""
        client, hooks = self.rig.client, Hooks()
        hooks.before = self.rig.before
        traced = Client(
            client.service_client,
            namespace=client.namespace,
            data_converter=client.data_converter,
            interceptors=[self.telemetry.interceptor, self.telemetry.measuring, hooks],
        )
        async with AsyncExitStack() as stack:
            for worker in await stack.enter_async_context(role_workers(traced, ROLES, self.rig.settings)):
                await stack.enter_async_context(worker)
            yield


@asynccontextmanager
async def watched(environment: WorkflowEnvironment, database: Database) -> AsyncIterator[Watched]:
    """Without workers: they run in :meth:`Watched.running`."""
    async with open_rig(environment, database, roles=()) as rig:
        watch = Watch()
        parts = [start_telemetry(name, None, "USD") for name in ("workers", "service", "operator")]
        for part in parts:
            part.provider.add_span_processor(watch)
        workers, service, operator = parts
        rig.service = Leverframe(
            traced(rig.client, service.interceptor), PSEUDONYMS, rig.prefix, ISSUER.public, rig.people
        )
        person = await as_person(rig.client, "olga@support")
        rig.operator = Operating(traced(person, operator.interceptor), task_queue_prefix=rig.prefix)
        try:
            yield Watched(rig, watch, workers)
        finally:
            for part in parts:
                part.close()


def traced(client: Client, interceptor: ClientInterceptor) -> Client:
    """The same client, traced."""
    config = client.config()
    config["interceptors"] = [interceptor]
    return Client(**config)


def attribute(span: ReadableSpan, name: str) -> object:
    return (span.attributes or {}).get(name)


def links(span: ReadableSpan) -> dict[str, tuple[int, int]]:
    """Which spans of which traces the span is linked to, by why."""
    return {str((link.attributes or {})[LINK]): ids(link.context) for link in span.links}


def ids(of: ReadableSpan | SpanContext) -> tuple[int, int]:
    """Of its trace, and its own."""
    found = of.get_span_context() if isinstance(of, ReadableSpan) else of
    assert found is not None
    return found.trace_id, found.span_id


def after_waits(spans: list[ReadableSpan]) -> list[ReadableSpan]:
    """Those with which the main line of an action goes on after it waited, in order."""
    main = [span for span in spans if not span.name.startswith("Handle")]
    return sorted((span for span in main if BEGAN in links(span)), key=lambda span: span.start_time or 0)


def names(spans: list[ReadableSpan]) -> list[str]:
    return [span.name for span in spans]


async def asleep(client: Client, action_id: str) -> None:
    """Until nothing of the action is under way any more: it waits."""
    handle = client.get_workflow_handle(action_id)

    async def under_way() -> bool:
        described = (await handle.describe()).raw_description
        return bool(described.pending_activities) or described.HasField("pending_workflow_task")

    await until(under_way, lambda busy: not busy)


async def assert_whole(watched: Watched, action_id: str) -> list[ReadableSpan]:
    """Nothing of the action is an orphan, unended, doubled or long, and it is one trace. Returns its spans."""
    watch, spans = watched.watch, watched.of(action_id)
    assert sorted(map(ids, watch.ended)) == sorted(set(map(ids, watch.begun))), "unended, or made twice"
    described = await watched.rig.client.get_workflow_handle(action_id).describe()
    root = place(described.run_id or "")
    assert {ids(span)[0] for span in spans} == {root.trace_id}, "more than one trace"
    (top,) = [span for span in spans if span.parent is None]
    assert (ids(top), top.name) == (ids(root), f"RunWorkflow:{described.workflow_type}")
    known, everywhere = set(map(ids, spans)), set(map(ids, watch.ended))
    assert [span.name for span in spans if span.parent and ids(span.parent) not in known] == [], "orphans"
    assert [span.name for span in spans if any(ids(link.context) not in everywhere for link in span.links)] == []
    assert {span.name for span in spans if length(span) > LONGEST} == set(), "long"
    clients = [span for span in watch.ended if attribute(span, ROLE) == "client"]
    assert [span.name for span in clients if ids(span)[0] == root.trace_id] == [], "a client's, in the action's trace"
    return spans


def length(span: ReadableSpan) -> float:
    """In seconds."""
    return ((span.end_time or 0) - (span.start_time or 0)) / 1e9
