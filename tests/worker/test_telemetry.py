"""One trace per action, readable while it waits, across worker restarts, without a word of the customer's."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from rich.console import Console
from temporalio.client import Client, Interceptor
from temporalio.worker import Worker

from tests.worker.traced import PRIVATE, Traced, call
from worker.cli.showing import trace_tree
from worker.embedded.temporal import temporal_server
from worker.spans import FinishedSpan, children, read_spans, roots
from worker.telemetry import start_telemetry


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
        async with asyncio.timeout(30):
            while not any(span.name == "RunActivity:call" for span in read_spans(spans_dir, action_id)):
                await handle.query("status")
        waiting = read_spans(spans_dir, action_id)
    async with workers(address, spans_dir):
        await handle.execute_update("approve")
        await handle.result()
    return action_id, waiting


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


async def test_one_tree_from_the_services_call_to_the_last_activity(traced: tuple[Path, list[FinishedSpan]]) -> None:
    _, spans = traced
    start = next(span for span in spans if span.name == "StartWorkflow:traced")
    trace = [span for span in spans if span.context.trace_id == start.context.trace_id]
    assert roots(trace) == [start]
    runs = [span for span in trace if span.name == "RunActivity:call"]
    assert [(span.role, span.attributes["leverframe.attempt"]) for span in runs] == [
        ("tools", 1),
        ("tools", 1),
        ("tools", 2),
    ]
    dispatches = [span for span in trace if span.name == "StartActivity:call"]
    assert [children(trace, span) for span in dispatches] == [[runs[0]], runs[1:]]
    assert {span.role for span in spans} == {"client", "workflows", "tools"}
    assert not [span.name for span in spans if "Query" in span.name]


async def test_a_service_without_tracing_gets_one_trace_too(address: str, tmp_path: Path) -> None:
    action_id, _ = await act(address, tmp_path)
    spans = read_spans(tmp_path, action_id)
    assert len({span.context.trace_id for span in spans}) == 1
    assert len([span for span in spans if span.name == "RunActivity:call"]) == 3


async def test_no_customer_text_leaves_with_a_span(traced: tuple[Path, list[FinishedSpan]]) -> None:
    spans_dir, spans = traced
    failed = [span for span in spans if span.status.status_code == "ERROR"]
    assert [span.status.description for span in failed] == ["ApplicationError"]
    written = "".join(file.read_text() for file in spans_dir.glob("*.jsonl"))
    assert "exception.type" in written
    for word in ("W1234567", "Mia", "Elm"):
        assert word not in written


async def test_the_tree_tells_roles_queues_and_attempts(traced: tuple[Path, list[FinishedSpan]]) -> None:
    shown = io.StringIO()
    Console(file=shown, width=200).print(trace_tree("the action", traced[1]))
    first, failed, again = [line for line in shown.getvalue().splitlines() if " call " in line]
    assert "tools" in first
    assert "in the queue" in first
    assert "ApplicationError" in failed
    assert "attempt 2" in again


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "killed.jsonl").write_text('{"name": "RunActivity:call", "attributes": {"leverframe.action_id": "a-1"')
    assert read_spans(tmp_path, "a-1") == []
