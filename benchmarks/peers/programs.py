"""The peers' programs, running: each in an environment of its own, all on the benchmark's Temporal and PostgreSQL."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from benchmarks.parts import Parts, until
from benchmarks.peers.remote import MODEL, Remote, played
from benchmarks.results import ROOT
from worker.embedded.process import ManagedProcess, start_process
from worker.roles.own_secrets import without_secrets
from worker.testing.postgres import Database

PEERS = ("pydantic-ai", "openai-agents", "agent-harness")
"""As their programs are called, and the environments."""
ENVIRONMENTS = ROOT / ".venv" / "peers"
NEEDED = ("common/adapters.py", "common/drive.py", "common/model.py")
SHOP = """
CREATE TABLE orders (order_id text PRIMARY KEY, customer_id text NOT NULL, status text NOT NULL,
  item text NOT NULL, amount numeric(10,2) NOT NULL, cancel_reason text, cancels int NOT NULL DEFAULT 0);
CREATE INDEX ON orders (customer_id);
CREATE TABLE refunds (id bigserial PRIMARY KEY, order_id text NOT NULL, amount numeric(10,2) NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
INSERT INTO orders (order_id, customer_id, status, item, amount)
  SELECT '#W' || lpad(n::text, 7, '0'), 'bench_' || lpad(n::text, 7, '0'), 'pending', 'Desk lamp', 54.10
  FROM generate_series(0, 9999) AS n;
"""
"""What the programs' shop reads, with the customers that :func:`~benchmarks.actions.seed` makes."""


def left_out(programs: Path, environments: Path = ENVIRONMENTS) -> dict[str, str]:
    """Why a peer cannot be measured here, by its name; all of them where the programs are not there."""
    if absent := [name for name in NEEDED if not (programs / name).is_file()]:
        return dict.fromkeys(PEERS, f"{programs} has no {absent[0]}: say where the programs are with PROGRAMS=FOLDER")
    without = {name: environments / name / ".installed" for name in PEERS}
    return {
        name: f"its packages could not be installed: {mark.parent} is not there, or not whole"
        for name, mark in without.items()
        if not mark.exists()
    }


@dataclass(frozen=True)
class Programs:
    """The services that the peers share, and where the programs lie."""

    folder: Path
    state: Path
    stack: Path
    """What the programs read of the services."""
    environment: Mapping[str, str]
    """For a peer's process."""
    model: ManagedProcess

    def python(self, peer: str) -> str:
        """A peer's interpreter."""
        return str(ENVIRONMENTS / peer / "bin" / "python") if peer in PEERS else sys.executable


@asynccontextmanager
async def programs(folder: Path, running: Parts) -> AsyncIterator[Programs]:
    """Their shop, their model, and what they are told."""
    state, port = running.stack.state_dir, running.stack.state_dir / "peers.port"
    shop = await asyncio.to_thread(_shop, running.stack.postgres.owner_url)
    model = await start_process(
        "peers-model", [sys.executable, str(folder / "common" / "model.py"), str(port)], state / "peers-model.log"
    )
    try:
        await until(model, lambda: asyncio.to_thread(lambda: port.exists() and port.read_text() != ""))
        url = f"http://127.0.0.1:{port.read_text()}"
        ours = {one.name: getattr(running.stack.postgres, one.name) for one in fields(Database)}
        pids = running.processes()
        told = {"temporal": running.stack.temporal.address, "model": url, "shop": shop, "lf": ours}
        told["pids"] = {"temporal": pids["Temporal"], "postgres": pids["PostgreSQL"], "model": model.pid}
        stack = state / "stack.json"
        stack.write_text(json.dumps(told))
        environment = without_secrets(os.environ) | {
            "STACK": str(stack),
            "TEMPORAL": running.stack.temporal.address,
            "SHOP_DSN": shop,
            "LF_DB": json.dumps(ours),
            "MODEL_URL": f"{url}/v1",
            "MODEL_NAME": "scripted",
            "OPENAI_API_KEY": "none",
            "OPENAI_AGENTS_DISABLE_TRACING": "1",
            "PEERS_LOGS": str(state),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "benchmarks" / "peers", folder, ROOT))),
            "PYTHONWARNINGS": "ignore",
        }
        yield Programs(folder, state, stack, environment, model)
    finally:
        await model.stop()


@asynccontextmanager
async def ways(
    names: Sequence[str], found: Programs, running: Parts
) -> AsyncIterator[tuple[list[Remote], Callable[[], dict[str, int]]]]:
    """The peers, ready to be played, and their processes by name."""
    async with AsyncExitStack() as services:
        remotes, processes = [], {MODEL: found.model.pid}
        for name in names:
            python = found.python(name)
            worker = await start_process(
                f"{name}-worker", [python, "-m", "common.serving", name], found.state / f"{name}-worker.log",
                env=found.environment,
            )  # fmt: skip
            services.push_async_callback(worker.stop)
            command = [python, "-m", "benchmarks.peers.player", name]
            remote = await services.enter_async_context(
                played(name, running.client, command, found.environment, found.state / f"{name}-player.log")
            )
            remotes.append(remote)
            processes |= {f"{name} workflows": worker.pid, f"{name} client": remote.process.pid}
        yield remotes, lambda: processes


def _shop(owner_url: str) -> str:
    """A database of their own; where it is, as libpq takes it."""
    owner = make_url(owner_url).set(drivername="postgresql")
    with psycopg.connect(owner.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("CREATE DATABASE peers")
    url = owner.set(database="peers").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        connection.execute(SHOP)
    return url
