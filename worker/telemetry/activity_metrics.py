"""How long activities run and wait for a worker, and how they fail, of each role."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.metrics import Meter
from opentelemetry.util.types import AttributeValue
from temporalio import activity
from temporalio.exceptions import ApplicationError

from worker.telemetry.guard_events import label
from worker.telemetry.model_metrics import SECONDS_BUCKETS
from worker.telemetry.running import ROLE, running

ACTIVITY = "leverframe.activity"


class ActivityMetrics:
    """Of each attempt; one that its time limit ends is told of by Temporal alone."""

    def __init__(self, meter: Meter) -> None:
        self._duration = meter.create_histogram(
            "leverframe.activity.duration",
            "s",
            "How long an attempt at an activity ran; with error.type, to fail",
            explicit_bucket_boundaries_advisory=SECONDS_BUCKETS,
        )
        self._queued = meter.create_histogram(
            "leverframe.activity.queue.duration",
            "s",
            "From when an attempt was due until a worker took it",
            explicit_bucket_boundaries_advisory=SECONDS_BUCKETS,
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Around the attempt that runs here."""
        info = activity.info()
        common = {ROLE: running()[ROLE], ACTIVITY: info.activity_type}
        queued = (info.started_time - info.current_attempt_scheduled_time).total_seconds()
        self._queued.record(max(queued, 0.0), common)
        started, error = time.perf_counter(), {}
        try:
            yield
        except (Exception, asyncio.CancelledError) as failure:
            error = {"error.type": _type(failure)}
            raise
        finally:
            self._duration.record(time.perf_counter() - started, common | error)


def _type(error: BaseException) -> AttributeValue:
    return label(error.type) if isinstance(error, ApplicationError) and error.type else type(error).__name__
