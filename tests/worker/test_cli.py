"""The commands against a running stack: a service's, an operator's and an auditor's day."""

import asyncio
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from leverframe.claiming import ANY_NAME
from tests.support.command import command
from tests.support.state import copied
from tests.worker.choosing import careful
from tools.shop.generator import DemoItem, DemoOrder
from worker.cli.up import who_decides
from worker.demo.shop import add_customer
from worker.embedded.stack import Stack, embedded_stack
from worker.settings.llm import ModelSettings
from worker.testing.scripted_model import ScriptedModel

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
README_PROGRAM = re.findall(r"```python\n(import asyncio.*?)```", README, re.DOTALL)[0]

Run = Callable[..., Awaitable[tuple[int, str]]]
OPERATORS = ("olga", "rita")
ORDER, DEAR = "#W0000011", "#W0000012"
PRICE = "1999.00"
ORDERS = (
    ("mia_berg", ORDER, DemoItem(name="Desk Lamp", price="54.10")),
    ("bo_lind", DEAR, DemoItem(name="Sofa", price=PRICE)),
)


@pytest.fixture(scope="module")
async def stack(made_state: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    state_dir = copied(made_state, tmp_path_factory.mktemp("cli"))
    directory = state_dir / "operators.toml"
    made = [
        await worker(state_dir, "keys", "operator", who, "--file", str(key_of(state_dir, who))) for who in OPERATORS
    ]
    directory.write_text("".join(entry for _, entry in made))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LEVERFRAME_OPERATORS_FILE", str(directory))
        async with ScriptedModel(careful) as model:
            settings = ModelSettings(model_url=model.base_url, model_name="scripted")
            async with embedded_stack(state_dir, model=settings) as stack:
                for customer, order_id, item in ORDERS:
                    order = DemoOrder(order_id=order_id, items=(item,))
                    await add_customer(stack.postgres.owner_url, customer, [order])
                yield stack


def key_of(state_dir: Path, operator: str) -> Path:
    return state_dir / f"{operator}.key"


async def worker(state_dir: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and all output of ``python -m worker``."""
    own = {"LEVERFRAME_STATE_DIR": str(state_dir), "COLUMNS": "200"}
    return await command(*arguments, environment=os.environ | own | environment)


async def waiting(state: Path, order: str, customer: str) -> tuple[str, str, str]:
    """Start an action and wait for its plan: its id, the plan's digest and what ``show`` says."""
    code, action = await worker(state, "start", f"cancel {order}, no longer needed", "--subject", customer)
    assert code == 0, action
    action, output = action.strip(), ""
    async with asyncio.timeout(60):
        while not re.search(rf"{action}.*confirming", output):
            _, output = await worker(state, "pending")
    _, output = await worker(state, "show", action)
    found = re.search(r"Code ([0-9a-f]{12}):\s+python -m worker approve \S+ (\1[0-9a-f]{52}) ", output)
    assert found is not None, output
    return action, found[2], output


async def test_start_show_approve_audit_trace(stack: Stack) -> None:
    state = stack.state_dir
    action, digest, output = await waiting(state, ORDER, "mia_berg")
    code_shown = digest[:12]
    assert "mia" not in action
    assert "pending" in output
    assert "cancelled" in output
    assert "One person must approve; so far: nobody yet." in output

    code, output = await worker(state, "approve", action, "00000000", "--as", "olga")
    assert (code, "Traceback" in output) == (2, False), output
    code, output = await worker(state, "approve", action, code_shown, "--note", "fine", "--as", "olga")
    assert (code, "Approved" in output) == (0, True), output
    code, output = await worker(state, "result", action)
    assert output.startswith("done in cancelled"), output
    code, output = await worker(state, "approve", action, code_shown, "--as", "olga")
    assert (code, "has ended already" in output) == (2, True), output

    code, output = await worker(state, "audit", action)
    assert code == 0, output
    assert "approve by olga (unverified: claimed)" in output
    assert "Cancel order" in output
    assert "Refund payment" in output
    code, output = await worker(state, "seal")
    assert (code, "Made seal 1 of" in output) == (0, True), output
    code, output = await worker(state, "audit", "--all", "--seals")
    assert (code, "nothing wrong" in output, "Seals: 1" in output) == (0, True, True), output
    code, output = await worker(state, "trace", action)
    for expected in ("StartWorkflow order_cancellation client", "propose llm", "gen_ai.usage", "record tools"):
        assert expected in output


@pytest.mark.parametrize("action", ["order_cancellation", "support_request"])
async def test_a_service_works_as_the_readme_says(stack: Stack, tmp_path: Path, action: str) -> None:
    (tmp_path / "service.py").write_text(README_PROGRAM)
    typed = next(line for line in README.splitlines() if f"service.py {action} " in line)
    _, _, customer, _, text = shlex.split(typed.partition("service.py")[0] + typed.partition("service.py")[2])
    (order,) = re.findall(r"#W[0-9]{7}", text)
    lamp = DemoOrder(order_id=order, items=(DemoItem(name="Lamp", price="9.00"),))
    await add_customer(stack.postgres.owner_url, customer, [lamp])
    code, variables = await worker(stack.state_dir, "env")
    assert code == 0, variables
    assert 'eval "$(.venv/bin/python -m worker env)"\n' in README
    script = f"{variables}\n{typed.replace('.venv/bin/python', sys.executable)}"
    service = await asyncio.create_subprocess_exec(
        *("bash", "-c", script), cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert service.stdout is not None
    started = (await asyncio.wait_for(service.stdout.readline(), 60)).decode().strip()
    assert started.startswith(f"{action}-"), started + (await service.stdout.read()).decode()
    waits = started if action == "order_cancellation" else f"{started}/1"
    found = None
    async with asyncio.timeout(60):
        while found is None:
            _, shown = await worker(stack.state_dir, "show", waits)
            found = re.search(r"Code ([0-9a-f]{12}):", shown)
    code, output = await worker(stack.state_dir, "approve", waits, found[1], "--as", "olga")
    assert code == 0, output
    outcome, _ = await asyncio.wait_for(service.communicate(), 60)
    assert (service.returncode, outcome.startswith(b"done ")) == (0, True), outcome.decode()


async def test_two_people_approve_with_their_own_keys(stack: Stack) -> None:
    state = stack.state_dir
    action, digest, output = await waiting(state, DEAR, "bo_lind")
    assert "2 different people must approve; so far: nobody yet." in output

    def signing(name: str, code: str = digest, amount: str = PRICE) -> tuple[str, ...]:
        typed = ("--amount", amount) if amount else ()
        return ("approve", action, code, *typed, "--key", str(key_of(state, name)), "--note", "as agreed")

    assert f"approve {action} {digest} --amount AMOUNT --note" in output
    for amount, words in (("", "No amount"), ("1.00", "Wrong amount"), ("1k", "Unreadable")):
        code, output = await worker(state, *signing("olga", amount=amount))
        assert (code, words in output, PRICE in output) == (2, True, False), output
    code, output = await worker(state, *signing("olga", digest[:12]))
    assert (code, "give the whole digest (64 characters)" in output) == (2, True), output
    code, output = await worker(state, *signing("olga", "0" * 64))
    assert (code, f"no plan with the digest '{'0' * 64}' waits" in output) == (2, True), output
    code, output = await worker(state, *signing("olga"))
    assert code == 0, output
    _, output = await worker(state, "show", action)
    assert "2 different people must approve; so far: olga (signed with their own key)." in output
    # Neither her key nor her name makes a second person of her.
    for again in (signing("olga"), ("approve", action, digest, "--amount", PRICE, "--as", "OLGA")):
        code, output = await worker(state, *again)
        assert code != 0, output
        assert "Traceback" not in output
    code, output = await worker(state, *signing("rita"))
    assert code == 0, output
    code, output = await worker(state, "result", action)
    assert output.startswith("done in cancelled"), output
    _, output = await worker(state, "audit", action)
    assert "approve by olga (signed with their own key), digest" in output
    assert "approve by rita (signed with their own key), digest" in output
    assert f"amount typed: {PRICE}" in output
    assert "You have decided on this plan already" in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "order_cancellation-nope"), "Error: there is no action 'order_cancellation-nope'"),
        (("audit", "order_cancellation-nope"), "The ledger knows no action order_cancellation-nope"),
        (("audit",), "name an action, or give --all"),
        (("audit", "a-1", "--seals"), "--seals and --from go with --all"),
        (("audit", "--all", "--published", "x"), "--published and --seal-keys go with --seals"),
        (("trace", "nope"), "There are no spans of nope in"),
        (("run", "--roles", "tools,cook"), "no such role: cook"),
        (("run", "--roles", "tools"), "LEVERFRAME_DATABASE_URL is missing: the tools role needs it"),
        (("start", "", "--subject", "mia_berg"), "Error: text"),
        (
            ("start", "tea", "--subject", "mia_berg", "--action", "make_tea"),
            "Error: there is no action 'make_tea'; known actions: customer_address_change, ",
        ),
        (("revoke", "no-id", "--reason", "lost"), "expected the token's id"),
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


async def test_a_role_with_a_secret_of_another_does_not_start(stack: Stack) -> None:
    handed = {"LEVERFRAME_ISSUER_KEYS": stack.environment["LEVERFRAME_ISSUER_KEYS"]}
    code, output = await worker(stack.state_dir, "run", "--roles", "guards", **handed)
    assert (code, "guards must not hold: LEVERFRAME_ISSUER_KEYS" in output) == (2, True), output
    assert "ed25519" not in output


async def test_without_a_server_the_way_to_one_is_told(tmp_path: Path) -> None:
    code, output = await worker(tmp_path, "pending", TEMPORAL_ADDRESS="127.0.0.1:9")
    assert code == 2
    assert "No Temporal server answers at 127.0.0.1:9" in " ".join(output.split())
    assert "Traceback" not in output


async def test_health_tells_a_polling_worker_from_another(stack: Stack) -> None:
    pid = str(stack.workers.processes["tools"].pid)
    own = {"TEMPORAL_CONFIG_FILE": stack.environment["TEMPORAL_CONFIG_FILE"]}
    code, output = await worker(stack.state_dir, "health", "--roles", "tools", "--pid", pid, **own)
    assert code == 0, output
    code, output = await worker(stack.state_dir, "health", "--roles", "llm,tools", "--pid", pid, **own)
    assert (code, "Not asking for tasks: llm" in output) == (1, True), output
    code, output = await worker(stack.state_dir, "health", "--roles", "tools", "--pid", "1", **own)
    assert (code, "Not asking for tasks: tools" in output) == (1, True), output


async def test_by_default_commands_sign_and_a_claimed_name_stays_unverified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The directory of the other stories' stack.
    monkeypatch.delenv("LEVERFRAME_OPERATORS_FILE", raising=False)
    async with ScriptedModel(careful) as model:
        settings = ModelSettings(model_url=model.base_url, model_name="scripted")
        async with embedded_stack(tmp_path, model=settings) as stack:
            assert ANY_NAME in who_decides(stack)
            for customer, order_id, item in ORDERS:
                order = DemoOrder(order_id=order_id, items=(item,))
                await add_customer(stack.postgres.owner_url, customer, [order])
            action, digest, shown = await waiting(tmp_path, DEAR, "bo_lind")
            _, listed = await worker(tmp_path, "pending")
            handle = stack.client.get_workflow_handle(action)
            details = (await handle.query("__temporal_workflow_metadata")).current_details
            for screen in (shown, listed, details):
                assert f"{ANY_NAME}." in " ".join(screen.split())
            typed = ("--amount", PRICE)
            code, output = await worker(tmp_path, "approve", action, digest, *typed)
            assert (code, "one other person must approve too" in output) == (0, True), output
            code, output = await worker(tmp_path, "approve", action, digest, *typed, "--as", "operator")
            assert (code, "You have decided on this plan already" in output) == (2, True), output
            code, output = await worker(tmp_path, "approve", action, digest, *typed, "--as", "olga")
            assert (code, "Approved" in output) == (0, True), output
            _, output = await worker(tmp_path, "audit", action)
            assert "approve by olga (unverified: claimed)" in output, output
            assert re.search(r"approve by operator \(signed with their own key\)", output), output
