"""One trace per action, readable while it waits, across worker restarts, without a word of the customer's."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rich.console import Console
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.worker import Worker

from tests.worker.traced import PRIVATE, Traced, call
from tests.worker.watched import asleep
from worker.cli.trace_tree import trace_tree
from worker.embedded.temporal import temporal_server
from worker.telemetry.setup import start_telemetry
from worker.telemetry.spans import FinishedSpan, children, read_spans, roots
from worker.telemetry.trace_ids import HEADER
from worker.testing.waiting import until


@pytest.fixture(scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with temporal_server(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address


@asynccontextmanager
async def workers(address: str, spans_dir: Path) -> AsyncIterator[None]:
    """A worker process's telemetry and workers, without a cache, so that each step replays from the start."""
    telemetry = start_telemetry("test-worker", spans_dir)
    try:
        client = await Client.connect(address, interceptors=[telemetry.interceptor])
        async with AsyncExitStack() as running:
            for worker in (
                Worker(client, task_queue="traced-workflows", workflows=[Traced], max_cached_workflows=0),
                Worker(client, task_queue="traced-tools", activities=[call]),
            ):
                await running.enter_async_context(worker)
            yield
    finally:
        telemetry.close()


async def act(
    address: str, spans_dir: Path, interceptors: Sequence[Interceptor] = ()
) -> tuple[str, list[FinishedSpan]]:
    """Start, wait, restart the workers, approve, finish. Returns the action's id and its spans while it waited."""
    client = await Client.connect(address, interceptors=list(interceptors))
    action_id = f"traced-{uuid4().hex}"
    async with workers(address, spans_dir):
        handle = await client.start_workflow("traced", PRIVATE, id=action_id, task_queue="traced-workflows")
        await until(lambda: ran(spans_dir, action_id), bool)
        await asleep(client, action_id)
        waiting = read_spans(spans_dir, action_id)
    async with workers(address, spans_dir):
        assert await handle.query("status") == "waiting"
        await handle.execute_update("approve")
        await handle.result()
    return action_id, waiting


async def ran(spans_dir: Path, action_id: str) -> bool:
    return any(span.name == "RunActivity:call" for span in read_spans(spans_dir, action_id))


@pytest.fixture(scope="module")
async def traced(address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[FinishedSpan]]:
    """An action that a service with tracing started: its folder and its spans."""
    spans_dir = tmp_path_factory.mktemp("spans")
    service = start_telemetry("test-service", spans_dir)
    try:
        action_id, waiting = await act(address, spans_dir, [service.interceptor])
    finally:
        service.close()
    assert {span.name for span in waiting} >= {"StartWorkflow:traced", "RunActivity:call"}
    return spans_dir, read_spans(spans_dir, action_id)


def own(spans: Sequence[FinishedSpan]) -> list[FinishedSpan]:
    """Those of the action's own trace."""
    root = next(span for span in spans if span.name == "RunWorkflow:traced")
    return [span for span in spans if span.context.trace_id == root.context.trace_id]


async def test_one_tree_of_the_action_linked_with_the_calls_from_outside(
    traced: tuple[Path, list[FinishedSpan]],
) -> None:
    _, spans = traced
    trace = own(spans)
    (root,) = roots(trace)
    assert root.name == "RunWorkflow:traced"
    runs = [span for span in trace if span.name == "RunActivity:call"]
    assert [(span.role, span.attributes["leverframe.attempt"]) for span in runs] == [
        ("tools", 1),
        ("tools", 1),
        ("tools", 2),
    ]
    dispatches = [span for span in trace if span.name == "StartActivity:call"]
    assert [children(trace, span) for span in dispatches] == [[runs[0]], runs[1:]]
    assert {span.role for span in trace} == {"workflows", "tools"}
    start, approve = [span for span in spans if span not in trace]
    assert (start.name, approve.name) == ("StartWorkflow:traced", "StartWorkflowUpdate:approve")
    assert [(link.why, link.context) for link in root.links] == [("started_by", start.context)]
    assert [(link.why, link.context) for link in start.links] == [("started", root.context)]
    assert [(link.why, link.context) for link in dispatches[1].links] == [
        ("wait_began", dispatches[0].context),
        ("HandleUpdate:approve", approve.context),
    ]
    # Each step was replayed from the start, and told once.
    lines = [line for file in traced[0].glob("*.jsonl") for line in file.read_text().splitlines()]
    assert len({json.loads(line)["context"]["span_id"] for line in lines}) == len(lines)


async def test_a_service_without_tracing_gets_one_trace_too(address: str, tmp_path: Path) -> None:
    action_id, _ = await act(address, tmp_path)
    spans = read_spans(tmp_path, action_id)
    assert own(spans) == spans
    assert [span.name for span in roots(spans)] == ["RunWorkflow:traced"]
    assert len([span for span in spans if span.name == "RunActivity:call"]) == 3


class Sends(Interceptor, OutboundInterceptor):
    """A client that puts something of its own where tracing has its header."""

    def __init__(self, payload: Payload) -> None:
        self._payload = payload

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        super(Interceptor, self).__init__(next)
        return self

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        input.headers = {**input.headers, HEADER: self._payload}
        return await self.next.start_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        input.headers = {**input.headers, HEADER: self._payload}
        return await self.next.start_workflow_update(input)


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("json/plain", b'{"traceparent": "00-' + b"f" * 31 + b'-1-01"}'),
        ("json/plain", b'{"traceparent": ["00", 7]}'),
        ("json/plain", b"[1]"),
        ("json/plain", b"{"),
        ("nothing/known", b"\x00"),
    ],
)
async def test_whatever_a_client_puts_into_the_header_stops_nothing(
    address: str, tmp_path: Path, encoding: str, data: bytes
) -> None:
    hostile = Payload(metadata={"encoding": encoding.encode()}, data=data)
    action_id, _ = await act(address, tmp_path, [Sends(hostile)])
    spans = read_spans(tmp_path, action_id)
    assert own(spans) == spans
    assert {link.why for span in spans for link in span.links} == {"wait_began", "HandleUpdate:approve"}


async def test_no_customer_text_leaves_with_a_span(traced: tuple[Path, list[FinishedSpan]]) -> None:
    spans_dir, spans = traced
    failed = [span for span in spans if span.status.status_code == "ERROR"]
    assert [span.status.description for span in failed] == ["ApplicationError"]
    written = "".join(file.read_text() for file in spans_dir.glob("*.jsonl"))
    assert "exception.type" in written
    for word in ("W1234567", "Mia", "Elm"):
        assert word not in written


async def test_the_tree_tells_roles_queues_attempts_and_links(traced: tuple[Path, list[FinishedSpan]]) -> None:
    shown, spans = io.StringIO(), traced[1]
    Console(file=shown, width=300).print(trace_tree("the action", spans))
    first, failed, again = [line for line in shown.getvalue().splitlines() if " call " in line]
    (approve,) = [span for span in spans if span.name == "StartWorkflowUpdate:approve"]
    assert "after waiting 0:00:0" in failed
    assert f"{approve.start_time:%H:%M:%S}, trace {approve.context.trace_id.removeprefix('0x')}" in failed
    assert "tools" in first
    assert "in the queue" in first
    assert "ApplicationError" in failed
    assert "attempt 2" in again


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "killed.jsonl").write_text('{"name": "RunActivity:call", "attributes": {"leverframe.action_id": "a-1"')
    assert read_spans(tmp_path, "a-1") == []
