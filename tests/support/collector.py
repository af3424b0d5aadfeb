"""A real receiver of OpenTelemetry's protocol, in a process of its own: oteltap, which decodes it with its own code."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Told = dict[str, Any]
"""One span, log record or metric, as the receiver prints it: OTLP's JSON."""


@dataclass
class Collector:
    """What has come; to be read after the receiver's end."""

    url: str
    spans: list[Told] = field(default_factory=list)
    logs: list[Told] = field(default_factory=list)
    metrics: list[Told] = field(default_factory=list)
    text: str = ""
    """All of it, to search in."""

    def read(self, printed: str) -> None:
        self.text = printed
        for told in (json.loads(line) for line in printed.splitlines() if line.startswith("{")):
            kind = (
                self.spans if "startTimeUnixNano" in told else self.logs if "severityNumber" in told else self.metrics
            )
            kind.append(told)


@contextmanager
def collecting(folder: Path) -> Iterator[Collector]:
    """A receiver, listening until the end of the block."""
    collector, printed = Collector(f"http://127.0.0.1:{_free_port()}"), folder / "received.jsonl"
    command = [sys.executable, "-u", "-m", "oteltap", "--port", collector.url.rpartition(":")[2]]
    with printed.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            _until_it_listens(process, collector.url)
            yield collector
        finally:
            process.terminate()
            process.wait(10)
    collector.read(printed.read_text())


def attributes(told: Told) -> dict[str, Any]:
    """By name, without their types."""
    return {item["key"]: next(iter(item["value"].values())) for item in told["attributes"]}


def points(metric: Told) -> list[Told]:
    """The figures of a metric."""
    (found,) = (kind["dataPoints"] for kind in metric.values() if isinstance(kind, dict))
    return list(found)


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _until_it_listens(process: "subprocess.Popen[bytes]", url: str) -> None:
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    while process.poll() is None:
        try:
            socket.create_connection(address, 1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError(f"the receiver ended with {process.returncode} instead of listening at {url}")
