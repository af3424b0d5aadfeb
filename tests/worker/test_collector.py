"""A real OTLP receiver takes all of it: every span, metrics with exemplars, and logs that name their trace."""

import urllib.error
import urllib.request
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from opentelemetry.trace import format_span_id, format_trace_id
from temporalio.testing import WorkflowEnvironment

from tests.support.collector import attributes, collecting, points
from tests.support.rig import LAMP, MIA, cancel
from tests.worker.watched import Watched, assert_whole, ids, watched
from worker.telemetry.waiting_metrics import WaitingMetrics
from worker.testing.postgres import Database
from worker.testing.scripted_model import Raw

pytestmark = pytest.mark.skipif(find_spec("oteltap") is None, reason="the receiver is built for x86-64 alone")

PRIVATE = "says Mia Berg of 12 Harbour Road, mia.berg@example.com"
MEASURED = {
    "gen_ai.client.operation.duration": "chat scripted",
    "gen_ai.client.token.usage": "chat scripted",
    "gen_ai.execute_tool.duration": "execute_tool ",
    "leverframe.actions.started": "RunActivity:record",
    "leverframe.activity.duration": "RunActivity:",
    "leverframe.activity.queue.duration": "RunActivity:",
    "leverframe.decision.duration": "RunActivity:",
    "leverframe.decisions": "RunActivity:",
    "leverframe.decisions.hasty": "RunActivity:",
    "leverframe.guard.verdicts": "RunActivity:record",
    "leverframe.outcomes": "RunActivity:record",
}
"""How the spans are called that exemplars name."""
GAUGES = {"leverframe.actions.waiting", "leverframe.actions.waiting.age", "leverframe.canary.failed"}


async def act(found: Watched) -> str:
    """An approved action, whose model fails at first; a look at what waits."""
    rig = found.rig
    rig.script[:] = [Raw(b"busy", status=503), cancel()]
    async with found.running():
        status = await rig.waiting(f"cancel {LAMP}, I no longer need it, {PRIVATE}")
        waiting = WaitingMetrics(found.telemetry.meter)
        while not waiting.counts:
            await waiting.look(rig.client, rig.prefix)
        assert status.plan is not None
        await rig.operator.approve(status.action_id, status.plan.code, note=PRIVATE)
        assert (await rig.result(status.action_id)).kind == "done"
    return status.action_id


def test_the_receiver_is_strict(tmp_path: Path) -> None:
    with collecting(tmp_path) as collector, pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(f"{collector.url}/v1/traces", b"no protobuf")


async def test_a_real_receiver_takes_all_of_it(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting(tmp_path) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        async with watched(temporal, database) as found:
            action_id = await act(found)
            spans = await assert_whole(found, action_id)
            verdicts = await found.rig.kinds(action_id, "verdict")
    trace_id = format_trace_id(ids(spans[0])[0])

    every = [span for span in found.watch.ended if not span.name.startswith("QueryWorkflow")]
    assert sorted((span["traceId"], span["spanId"]) for span in collector.spans) == sorted(
        (format_trace_id(trace), format_span_id(span)) for trace, span in map(ids, every)
    )

    measured = {metric["name"]: metric for metric in collector.metrics if points(metric)}
    assert measured.keys() == MEASURED.keys() | GAUGES
    for name in MEASURED:
        exemplars = [exemplar for point in points(measured[name]) for exemplar in point["exemplars"]]
        assert exemplars, name
        assert {exemplar["traceId"] for exemplar in exemplars} == {trace_id}, name
        within = {span["name"] for span in collector.spans for one in exemplars if one["spanId"] == span["spanId"]}
        assert within, name
        assert all(span.startswith(MEASURED[name]) for span in within), (name, within)

    judged = [log for log in collector.logs if log["eventName"] == "gen_ai.evaluation.result"]
    told = Counter(
        (one["gen_ai.evaluation.name"], one["gen_ai.evaluation.score.label"]) for one in map(attributes, judged)
    )
    recorded = Counter((verdict["guard"], verdict["judgement"]) for verdict in verdicts)
    # Besides, there is what was said of a text that was written ahead and not sent.
    assert not recorded - told
    assert {guard for guard, _ in told - recorded} <= {"leaks", "moderation", "size"}
    # Once by each of the three parts, which are one process here.
    failed, *same = [log for log in collector.logs if log["eventName"] == ""]
    assert [log["timeUnixNano"] for log in same] == [failed["timeUnixNano"]] * 2
    assert failed["body"] == {"stringValue": "Completing activity as failed"}
    assert attributes(failed)["exception.type"] == "ApplicationError"
    assert attributes(failed)["leverframe.role"] == "llm"
    for log in collector.logs:
        assert log["traceId"] == trace_id
        assert attributes(log)["leverframe.action_id"] == action_id

    for word in ("Mia", "Harbour", "mia.berg", "no longer need", MIA, "answered with status"):
        assert word not in collector.text
