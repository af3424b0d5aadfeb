"""The process's log names the trace of the action, and tells what was raised without what it said."""

import logging
import re
import sys

import pytest
from opentelemetry.trace import format_trace_id
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from worker.telemetry.discreet import message
from worker.telemetry.logs import TracedLine
from worker.telemetry.trace_ids import place

PRIVATE = "Mia Berg, 12 Harbour Road"


def record(name: str, said: str, *args: object, failed: bool = False) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, said, args, sys.exc_info() if failed else None)


def line(of: logging.LogRecord) -> str:
    return TracedLine().format(of)


def refuse() -> None:
    raise ValueError(PRIVATE)


async def test_a_line_of_an_activity_names_its_trace() -> None:
    environment = ActivityEnvironment()

    async def log() -> str:
        return line(record("worker.webhooks", "taken"))

    told = await environment.run(log)
    run_id = environment.info.workflow_run_id
    assert run_id is not None
    assert f"WARNING worker.webhooks taken trace_id={format_trace_id(place(run_id).trace_id)} span_id=" in told
    assert not activity.in_activity()
    assert line(record("worker.webhooks", "taken")).endswith("WARNING worker.webhooks taken")


def test_what_was_raised_is_told_by_its_type_and_place() -> None:
    try:
        try:
            refuse()
        except ValueError as error:
            raise RuntimeError(f"could not: {error}") from error
    except RuntimeError:
        told = line(record("worker.webhooks", "it failed", failed=True))
    assert PRIVATE not in told
    assert re.search(r"test_logs\.py\", line \d+, in refuse\nValueError\n.*test_logs\.py.*\nRuntimeError$", told, re.S)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (record("worker.webhooks", "%s of %s", "taken", "a-1"), "taken of a-1"),
        (record("temporalio.activity", f"Completing activity as failed ({PRIVATE})"), "Completing activity as failed"),
        (record("temporalio.activity", f"Failed, original error: {PRIVATE}"), "Failed, original error"),
        (record("temporalio.worker", "will wait 0:00:10"), "will wait 0:00:10"),
        (record("asyncio", f"Task exception was never retrieved\nfuture: {PRIVATE}"), "a message of asyncio"),
        (record("psycopg.pool", "error connecting in %r: %s", "pool", PRIVATE), "error connecting in %r: %s"),
    ],
)
def test_other_libraries_say_only_what_they_wrote_beforehand(said: logging.LogRecord, told: str) -> None:
    assert message(said) == told
