"""Several models: the next is asked where one is away or of no use, and each attempt stands in the account."""

from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from temporalio.common import Priority
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.model_endpoint import ModelEndpoint, Routes
from activities.proposing import Proposing
from leverframe.contracts.proposal import Account, Answer, ProposeRequest
from tests.activities.test_proposing import GOOD, REQUEST, asking, completion
from worker.testing.scripted_model import Answered, Behaviour, Drop, Hang, Raw, ScriptedModel

OF_A_STATE = REQUEST.model_copy(update={"action_id": "order_return-1", "state": "deciding"})
BUSY = Raw(b"busy", status=503)


async def ask(
    *behaviours: Behaviour, request: ProposeRequest = OF_A_STATE, **settings: Any
) -> tuple[Answer | ApplicationError, list[int]]:
    """What comes of it where endpoints of one route behave so, and how often each was asked."""
    async with AsyncExitStack() as stack:
        models = [await stack.enter_async_context(ScriptedModel(lambda _, does=does: does)) for does in behaviours]  # type: ignore[misc]
        prices = {"input_price": Decimal(2), "output_price": Decimal("10.5")}
        route = tuple(
            ModelEndpoint(model.base_url, "scripted", name=f"m{place}", revision=f"r{place}", **prices, **settings)  # type: ignore[arg-type]
            for place, model in enumerate(models)
        )
        proposing = Proposing(Routes(route))
        stack.push_async_callback(proposing.close)
        try:
            found: Answer | ApplicationError = await ActivityEnvironment().run(proposing.propose, request)
        except ApplicationError as error:
            found = error
        return found, [len(model.requests) for model in models]


FAILING: dict[str, tuple[Behaviour, str]] = {
    "away": (Drop(), "ModelUnavailable: no connection to the model server (RemoteProtocolError)"),
    "busy": (BUSY, "ModelUnavailable: the model server is not ready (status 503)"),
    "hanging": (Hang(), "ModelUnavailable: no whole answer within 0.3 s"),
    "rambling": (Answered("free text"), "MalformedAnswer: the answer is not JSON"),
    "refusing": (Raw(b"{}", status=404), "ModelRefused: the model server knows no model 'scripted', or not this"),
}


@pytest.mark.parametrize(("behaviour", "why"), FAILING.values(), ids=FAILING)
async def test_the_next_answers_where_one_is_away_or_of_no_use(behaviour: Behaviour, why: str) -> None:
    answer, asked = await ask(behaviour, completion(), timeout=0.3 if isinstance(behaviour, Hang) else 5.0)
    assert isinstance(answer, Answer)
    assert (answer.content, asked) == (GOOD, [1, 1])
    assert (answer.endpoint, answer.model, answer.revision) == ("m1", "scripted", "r1")
    first, second = answer.accounts
    assert (first.endpoint, first.times) == ("m0", 1)
    assert first.failed.startswith(why)
    assert (second.endpoint, second.failed, second.input_tokens, second.output_tokens) == ("m1", "", 11, 7)
    # 11 tokens at 2 and 7 at 10.5 for a million, in millionths, rounded up.
    assert second.micros == 96


async def test_tokens_of_an_answer_that_is_of_no_use_are_paid_for_all_the_same() -> None:
    answer, _ = await ask(completion(choices=[{"message": {"content": "no JSON"}}]), completion())
    assert isinstance(answer, Answer)
    assert [(one.input_tokens, one.output_tokens) for one in answer.accounts] == [(11, 7), (11, 7)]


async def test_after_an_illegal_answer_the_next_is_asked_first() -> None:
    answer, asked = await ask(completion(), completion(), request=OF_A_STATE.model_copy(update={"unusable": 1}))
    assert isinstance(answer, Answer)
    assert (answer.endpoint, asked) == ("m1", [0, 1])


async def test_where_all_are_away_it_is_tried_again_later_and_the_account_is_told() -> None:
    failed, asked = await ask(Raw(b"", status=429, headers={"retry-after": "20"}), Drop(), Raw(b"{}", status=401))
    assert isinstance(failed, ApplicationError)
    assert (failed.type, failed.non_retryable, asked) == ("ModelUnavailable", False, [1, 1, 1])
    assert failed.next_retry_delay is not None
    assert failed.next_retry_delay.total_seconds() == 20
    assert [Account.model_validate(one).endpoint for one in failed.details] == ["m0", "m1", "m2"]


async def test_a_server_is_not_believed_more_tokens_than_there_can_be() -> None:
    hostile = completion(
        usage={"prompt_tokens": 9_999_999, "completion_tokens": 9_999_999}, model="gpt", tenant="other"
    )
    answer, _ = await ask(hostile)
    assert isinstance(answer, Answer)
    (account,) = answer.accounts
    assert account.output_tokens == 400
    assert account.input_tokens < 20_000
    assert (account.model, account.said) == ("scripted", "gpt")


async def test_a_key_is_read_again_when_it_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("old\n")
    seen: list[str] = []

    def check(request: dict[str, Any]) -> Raw:
        seen.append(key.read_text().strip())
        if len(seen) == 1:
            key.write_text("new\n")
            return Raw(b"{}", status=401)
        return completion()

    answer, asked = await ask(check, key_file=key)
    assert isinstance(answer, Answer)
    assert asked == [2]
    assert [one.failed.partition(":")[0] for one in answer.accounts] == ["ModelRefused", ""]


async def test_a_key_that_is_still_the_same_is_not_tried_twice(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("old")
    failed, asked = await ask(Raw(b"{}", status=401), key_file=tmp_path / "key")
    assert isinstance(failed, ApplicationError)
    assert (failed.type, asked) == ("ModelRefused", [1])


async def test_vllm_is_told_the_turn_and_a_salt_that_tenants_cannot_guess() -> None:
    async with ScriptedModel(lambda _: completion()) as model:
        endpoint = ModelEndpoint(model.base_url, "scripted", api_key="secret", cache_salt=True, priority=True)
        proposing = Proposing(endpoint)
        for tenant in ("acme", "beta", "acme"):
            environment = ActivityEnvironment()
            turn = Priority(priority_key=2, fairness_key=tenant)
            environment.info = replace(environment.info, priority=turn)
            await environment.run(proposing.propose, OF_A_STATE)
        await proposing.close()
        first, second, third = model.requests
    assert first["cache_salt"] == third["cache_salt"] != second["cache_salt"]
    assert (len(first["cache_salt"]), first["priority"]) == (64, 2)
    async with ScriptedModel(lambda _: completion()) as other, asking(other.base_url) as propose:
        await propose()
    assert not {"cache_salt", "priority"} & other.requests[0].keys()


async def test_an_older_workflow_is_told_nothing_that_it_does_not_know() -> None:
    answer, _ = await ask(Drop(), completion(), request=REQUEST)
    assert isinstance(answer, Answer)
    assert not {"endpoint", "revision", "accounts"} & answer.model_dump(mode="json").keys()


def test_a_route_is_that_of_the_state_or_of_the_action_or_the_common_one() -> None:
    one, two, three = (ModelEndpoint("http://127.0.0.1:9/v1", name, name=name, concurrency=4) for name in "abc")
    routes = Routes((one,), {"order_return": (two,), "order_return.deciding": (three, one)})
    assert routes.of("order_return", "deciding") == (three, one)
    assert routes.of("order_return", "choosing") == (two,)
    assert routes.of("payment_refund", "deciding") == (one,)
    assert (routes.endpoints, routes.concurrency) == ((one, two, three), 12)
