"""The real vLLM server: the same prompts, schema and activity as with any other model server."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from pydantic import JsonValue
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.model_endpoint import ModelEndpoint
from activities.proposing import Proposing
from evals.cases import read_cases
from evals.deciding import decide
from leverframe.contracts.names import ROLES
from leverframe.contracts.proposal import Answer, ProposeRequest
from tests.support.rig import LAMP, open_rig
from worker.embedded.model import ModelServer
from worker.embedded.vllm import unpack_weights, vllm_server
from worker.embedded.weights import fetch_weights
from worker.roles.workers import RoleSettings, role_workers
from worker.settings.llm import ModelSettings
from worker.settings.shared import WorkerSettings
from worker.testing.postgres import Database

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]

NAME = "small"
CASES = ("plain-1", "item-2", "shipped-1", "which-1", "topic-1")


@pytest.fixture(scope="session")
async def vllm() -> AsyncIterator[ModelServer]:
    python = os.environ.get("LEVERFRAME_VLLM_PYTHON")
    if not python:
        pytest.skip("vLLM has an environment of its own: run make test-vllm, which names it in LEVERFRAME_VLLM_PYTHON")
    gguf = await asyncio.to_thread(fetch_weights)
    folder = await asyncio.to_thread(unpack_weights, gguf, Path(python))
    state = Path(tempfile.mkdtemp(prefix="leverframe-vllm-"))
    try:
        async with vllm_server(folder, Path(python), state, name=NAME) as server:
            yield server
    finally:
        shutil.rmtree(state)


@pytest.fixture
async def proposing(vllm: ModelServer) -> AsyncIterator[Proposing]:
    proposing = Proposing(ModelEndpoint(vllm.base_url, vllm.name, provider="vllm", timeout=300))
    yield proposing
    await proposing.close()


async def figures(server: ModelServer) -> dict[str, float]:
    """Counters of vLLM's ``/metrics``, summed over their labels."""
    async with httpx2.AsyncClient(timeout=30) as client:
        text = (await client.get(server.metrics_url)).text
    found: dict[str, float] = {}
    for name, value in re.findall(r"^(vllm:\w+)(?:\{[^}]*\})? (\S+)$", text, re.MULTILINE):
        found[name] = found.get(name, 0) + float(value)
    return found


async def propose(proposing: Proposing, text: str, proposal: JsonValue) -> Answer:
    request = ProposeRequest(
        action_id="a",
        prompt="order_cancellation",
        messages=(text,),
        facts={"orders": [{"order_id": "#W1000077", "status": "pending", "items": [{"name": "Kettle"}]}]},
        clauses=(),
        answer_schema={
            "type": "object",
            "properties": {"rationale": {"type": "string", "maxLength": 80}, "proposal": proposal},
            "required": ["rationale", "proposal"],
            "additionalProperties": False,
        },
    )
    return await ActivityEnvironment().run(proposing.propose, request)


@pytest.mark.parametrize("case_id", CASES)
async def test_what_it_decides_is_legal(proposing: Proposing, case_id: str) -> None:
    case = next(case for case in read_cases("order_cancellation") if case.id == case_id)
    decided = await decide(case, proposing)
    print(f"{case.id}: {decided.event} {decided.arguments} in {decided.seconds:.1f} s: {decided.rationale}")
    # ``undecided`` would be an answer that the machine refuses.
    assert decided.event in ("cancel", "ask", "decline", "hand_over")
    if decided.event == "cancel":
        assert decided.arguments["order_id"] == case.arguments["order_id"]


async def test_the_schema_is_enforced_against_the_prompts_own_examples(proposing: Proposing) -> None:
    """Every worked example says otherwise, so only the schema can bring this answer about."""
    only: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"event": {"const": "zebra"}, "stripes": {"enum": ["#S41", "#S42"]}},
        "required": ["event", "stripes"],
        "additionalProperties": False,
    }
    answer = await propose(proposing, "Please cancel #W1000077, I no longer need it.", {"anyOf": [only]})
    proposal = answer.content["proposal"]
    assert isinstance(proposal, dict)
    assert set(answer.content) == {"rationale", "proposal"}
    assert (proposal["event"], proposal["stripes"] in ("#S41", "#S42"), len(proposal)) == ("zebra", True, 2)


async def test_an_answer_that_does_not_fit_is_a_retryable_error(vllm: ModelServer) -> None:
    proposing = Proposing(ModelEndpoint(vllm.base_url, vllm.name, timeout=300, max_tokens=3))
    with pytest.raises(ApplicationError, match="cut off") as failed:
        await propose(proposing, "Please cancel.", {"type": "object"})
    assert (failed.value.type, failed.value.non_retryable) == ("MalformedAnswer", False)
    await proposing.close()


async def test_a_model_it_does_not_serve_is_final(vllm: ModelServer) -> None:
    proposing = Proposing(ModelEndpoint(vllm.base_url, "another", timeout=300))
    with pytest.raises(ApplicationError, match="404") as failed:
        await propose(proposing, "Please cancel.", {"type": "object"})
    assert (failed.value.type, failed.value.non_retryable) == ("ModelRefused", True)
    await proposing.close()


async def test_usage_and_prefix_cache_are_told_in_its_metrics(vllm: ModelServer, proposing: Proposing) -> None:
    case = read_cases("order_cancellation")[0]
    await decide(case, proposing)
    before = await figures(vllm)
    answer = await propose(proposing, "Please cancel the kettle, thanks.", {"type": "object", "properties": {}})
    after = await figures(vllm)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    hits, asked = grown["vllm:prefix_cache_hits_total"], grown["vllm:prefix_cache_queries_total"]
    print(
        f"tokens in {answer.usage.input_tokens}, out {answer.usage.output_tokens}; prefix cache {hits:.0f}/{asked:.0f}"
    )
    assert grown["vllm:prompt_tokens_total"] == answer.usage.input_tokens
    assert grown["vllm:generation_tokens_total"] == answer.usage.output_tokens
    # The unchanging part of the prompt stands first and is most of it.
    assert hits > asked / 2


async def test_a_whole_action_runs_on_it(vllm: ModelServer, temporal: WorkflowEnvironment, database: Database) -> None:
    others = [role for role in ROLES if role != "llm"]
    async with open_rig(temporal, database, roles=others) as rig:
        settings = RoleSettings(
            worker=WorkerSettings(task_queue_prefix=rig.prefix),
            model=ModelSettings(model_url=vllm.base_url, model_name=vllm.name, model_timeout=300),
        )
        async with role_workers(rig.client, ["llm"], settings) as (worker,), worker:
            status = await rig.waiting(f"Please cancel {LAMP}, I no longer need it.")
            assert status.plan is not None
            await rig.operator.approve(status.action_id, status.plan.code)
            outcome = await rig.result(status.action_id)
        assert outcome.kind == "done"
        assert len(await rig.refunds(LAMP)) == 1
        (proposal,) = await rig.kinds(status.action_id, "proposal")
    assert (proposal["model"], proposal["event"]) == (NAME, "cancel")
    assert proposal["usage"]["output_tokens"] > 0
