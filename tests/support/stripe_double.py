"""A payment provider to test against: localstripe, a real HTTP server that keeps state, in a process of its own.

It ignores idempotency keys, refunds more than was paid, and lets a refund's state be set: what the real provider does
not do, so that nothing here rests on it. localstripe is GPL-3.0-or-later; it is run, and never imported here.
"""

import json
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from worker.testing.waiting import until

KEY = "sk_test_12345"
# Its own start listens on every interface.
SERVE = """
import sys
from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app
Store.dump_to_disk = lambda store: None  # otherwise one file for all, in a fixed place
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@dataclass(frozen=True)
class StripeDouble:
    """The server, seen by whoever looks at it from outside Leverframe."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, path: str, **form: object) -> dict[str, Any]:
        """A request to its API: ``POST`` with a form, else ``GET``."""
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(f"{self.url}{path}", data, {"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def pay(self, cents: int, currency: str = "usd") -> str:
        """A payment that went through; returns its payment intent."""
        card = {"card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2030, "card[cvc]": "123"}
        method = self.call("/v1/payment_methods", type="card", **card)["id"]
        intent = self.call(
            "/v1/payment_intents", amount=cents, currency=currency, payment_method=method, confirm="true"
        )
        assert intent["status"] == "succeeded"
        return str(intent["id"])

    def refunds(self, payment: str) -> list[dict[str, Any]]:
        """The money that moved back."""
        found: list[dict[str, Any]] = self.call(f"/v1/refunds?payment_intent={payment}&limit=100")["data"]
        return found

    def refund(self, payment: str, cents: int, **metadata: str) -> str:
        """A refund by somebody else."""
        tags = {f"metadata[{name}]": value for name, value in metadata.items()}
        return str(self.call("/v1/refunds", payment_intent=payment, amount=cents, **tags)["id"])

    def turn(self, refund: str, status: str) -> None:
        """Let a refund come to something else, as a bank does days later."""
        self.call(f"/v1/refunds/{refund}", status=status)


@contextmanager
def stripe_double(log: Path) -> Iterator[StripeDouble]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], stdout=output, stderr=output)
    try:
        yield StripeDouble(port)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
async def stripe_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StripeDouble]:
    with stripe_double(tmp_path_factory.mktemp("localstripe") / "log") as double:

        async def answers() -> bool:
            with suppress(OSError):
                return bool(double.call("/v1/balance"))
            return False

        await until(answers, bool)
        yield double
