"""The commands against a running stack: a service's, an operator's and an auditor's day."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.scripted_model import ScriptedModel
from tests.worker.choosing import careful
from tools.shop.generator import DemoItem, DemoOrder
from worker.demo.shop import add_customer
from worker.embedded.stack import Stack, embedded_stack
from worker.settings import ModelSettings

Run = Callable[..., Awaitable[tuple[int, str]]]
ORDER = "#W0000011"


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    state_dir = tmp_path_factory.mktemp("cli")
    async with ScriptedModel(careful) as model:
        settings = ModelSettings(model_url=model.base_url, model_name="scripted")
        async with embedded_stack(state_dir, model=settings) as stack:
            order = DemoOrder(order_id=ORDER, items=(DemoItem(name="Desk Lamp", price="54.10"),))
            await add_customer(stack.postgres.owner_url, "mia_berg", [order])
            yield stack


async def worker(state_dir: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and all output of ``python -m worker``."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", *arguments),
        env=os.environ | {"LEVERFRAME_STATE_DIR": str(state_dir), "COLUMNS": "200"} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, output.decode()


async def test_start_show_approve_audit_trace(stack: Stack) -> None:
    state = stack.state_dir
    code, output = await worker(state, "start", f"cancel {ORDER}, no longer needed", "--subject", "mia_berg")
    assert code == 0, output
    action = output.strip()
    assert "mia" not in action
    async with asyncio.timeout(60):
        while "confirming" not in output:
            _, output = await worker(state, "pending")
    assert action in output
    code, output = await worker(state, "show", action)
    assert "pending" in output
    assert "cancelled" in output
    found = re.search(r"Code ([0-9a-f]{8})", output)
    assert found is not None, output

    code, output = await worker(state, "approve", action, "00000000", "--as", "olga")
    assert (code, "Traceback" in output) == (2, False), output
    code, output = await worker(state, "approve", action, found[1], "--note", "fine", "--as", "olga")
    assert (code, "Approved" in output) == (0, True), output
    code, output = await worker(state, "result", action)
    assert output.startswith("done in cancelled"), output
    code, output = await worker(state, "approve", action, found[1], "--as", "olga")
    assert (code, "has ended already" in output) == (2, True), output

    code, output = await worker(state, "audit", action)
    assert code == 0, output
    assert "approve by olga, unverified" in output
    assert "orders.cancel" in output
    assert "payments.refund" in output
    code, output = await worker(state, "audit", "--all")
    assert (code, "nothing wrong" in output) == (0, True), output
    code, output = await worker(state, "trace", action)
    for expected in ("StartWorkflow order_cancellation client", "propose llm", "gen_ai.usage", "record tools"):
        assert expected in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "order_cancellation-nope"), "Error: there is no action 'order_cancellation-nope'"),
        (("audit", "order_cancellation-nope"), "The ledger knows no action order_cancellation-nope"),
        (("audit",), "name an action, or give --all"),
        (("trace", "nope"), "There are no spans of nope in"),
        (("run", "--roles", "tools,cook"), "no such role: cook"),
        (("run", "--roles", "tools"), "LEVERFRAME_DATABASE_URL is missing: the tools role needs it"),
        (("start", "", "--subject", "mia_berg"), "Error: text"),
        (("up",), "The embedded services run already"),
        (("migrate",), "LEVERFRAME_OWNER_DATABASE_URL is missing"),
    ],
)
async def test_mistakes_are_explained_without_a_traceback(
    stack: Stack, arguments: tuple[str, ...], expected: str
) -> None:
    code, output = await worker(stack.state_dir, *arguments)
    assert code != 0
    assert expected in " ".join(output.split()), output
    assert "Traceback" not in output


async def test_without_a_server_the_way_to_one_is_told(tmp_path: Path) -> None:
    code, output = await worker(tmp_path, "pending", TEMPORAL_ADDRESS="127.0.0.1:9")
    assert code == 2
    assert "No Temporal server answers at 127.0.0.1:9" in " ".join(output.split())
    assert "Traceback" not in output


async def test_health_tells_a_polling_worker_from_another(stack: Stack) -> None:
    process = stack.workers.process
    assert process is not None
    own = {"TEMPORAL_CONFIG_FILE": stack.environment["TEMPORAL_CONFIG_FILE"]}
    code, output = await worker(stack.state_dir, "health", "--roles", "tools,llm", "--pid", str(process.pid), **own)
    assert code == 0, output
    code, output = await worker(stack.state_dir, "health", "--roles", "tools", "--pid", "1", **own)
    assert (code, "Not asking for tasks: tools" in output) == (1, True), output
