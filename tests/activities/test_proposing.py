"""The llm role against a model server that may do anything."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.call_spans import TRACER
from activities.model_endpoint import ModelEndpoint
from activities.prompts.prompt import load_prompt
from activities.proposing import Proposing
from leverframe.contracts.proposal import Answer, ProposeRequest
from tools.retry_after import retry_after
from worker.testing.scripted_model import Answered, Drop, Endless, Hang, Raw, ScriptedModel, Slow

SECRET = "the customer wrote <EMAIL_1>, and this is the text of the model"
GOOD = {"rationale": "Wants to cancel.", "proposal": {"event": "hand_over", "why": "unclear"}}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"proposal": {"anyOf": []}}}
REQUEST = ProposeRequest(
    action_id="a",
    prompt="order_cancellation",
    messages=("please cancel it",),
    facts={"orders": [{"order_id": "#W1234567", "status": "pending", "items": [{"name": "Lamp"}]}]},
    clauses=(),
    answer_schema=SCHEMA,
)

Propose = Callable[..., Awaitable[Answer]]


@asynccontextmanager
async def asking(base_url: str, **settings: Any) -> AsyncIterator[Propose]:
    """The activity against a server; ``attempt`` and other details of the activity can be given."""
    proposing = Proposing(ModelEndpoint(base_url, "scripted", **{"timeout": 5.0, **settings}))

    async def propose(request: ProposeRequest = REQUEST, **info: Any) -> Answer:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, **info)
        return await environment.run(proposing.propose, request)

    try:
        yield propose
    finally:
        await proposing.close()


def completion(**changes: Any) -> Raw:
    message = {"role": "assistant", "content": json.dumps(GOOD)}
    whole = {
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7},
        **changes,
    }
    return Raw(json.dumps(whole).encode())


def choice(content: object, finish: object = "stop") -> dict[str, Any]:
    return {"choices": [{"finish_reason": finish, "message": {"content": content}}]}


async def test_an_answer_is_returned_with_what_it_cost() -> None:
    async with ScriptedModel(lambda _: completion()) as model, asking(model.base_url) as propose:
        answer = await propose()
    assert answer.content == GOOD
    prompt = load_prompt("order_cancellation")
    assert (answer.model, answer.prompt) == ("scripted", "order_cancellation")
    assert (answer.prompt_version, answer.prompt_hash) == (prompt.version, prompt.hash)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
    assert answer.duration_ms >= 0


async def test_the_request_is_strict_bounded_and_repeatable() -> None:
    async with ScriptedModel(lambda _: GOOD) as model, asking(model.base_url, seed=3, max_tokens=99) as propose:
        await propose()
        await propose(attempt=3)
        first, third = model.requests
    assert first["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }
    assert (first["temperature"], first["seed"], first["max_tokens"], first["model"]) == (0, 3, 99, "scripted")
    assert first["messages"][0]["role"] == "system"
    assert first["messages"][:-1] == third["messages"][:-1]
    # A truncated answer at temperature 0 would come again, word for word.
    assert third["temperature"] > 0
    assert third["seed"] == 5


async def test_what_can_be_one_thing_only_is_not_asked_for_and_filled_in() -> None:
    offers = [
        offer("cancel", order_id={"const": "#W1234567"}, reason={"enum": ["mistake", "other"]}),
        offer("send_back", item_ids={"type": "array", "items": {"const": "1"}}),
        offer("ask", missing={"const": "which_order"}),
    ]
    schema = {"type": "object", "properties": {"proposal": {"anyOf": offers}}}
    written: list[dict[str, Any]] = [
        {"rationale": "A mistake.", "proposal": {"event": "cancel", "reason": "mistake"}},
        {"rationale": "Which?", "proposal": {"event": "ask"}},
        {"rationale": "A loop.", "proposal": {"event": "cancel", "order_id": "#W7654321"}},
        {"rationale": "An event of nobody's.", "proposal": {"event": ["ask"]}},
        {"rationale": "No proposal.", "proposal": "ask"},
    ]
    script = iter(written)
    async with ScriptedModel(lambda _: next(script)) as model, asking(model.base_url) as propose:
        answers = [(await propose(REQUEST.model_copy(update={"answer_schema": schema}))).content for _ in written]
    asked = model.requests[0]["response_format"]["json_schema"]["schema"]["properties"]["proposal"]["anyOf"]
    assert [(list(each["properties"]), each["required"]) for each in asked] == [
        (["event", "reason"], ["event", "reason"]),
        (["event", "item_ids"], ["event", "item_ids"]),
        (["event"], ["event"]),
    ]
    assert [answer["proposal"] for answer in answers] == [
        {"event": "cancel", "order_id": "#W1234567", "reason": "mistake"},
        {"event": "ask", "missing": "which_order"},
        # Written all the same, and wrong: the workflow refuses it.
        {"event": "cancel", "order_id": "#W7654321"},
        {"event": ["ask"]},
        "ask",
    ]


def offer(event: str, **arguments: Any) -> dict[str, Any]:
    properties = {"event": {"const": event}, **arguments}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


async def test_a_question_that_was_answered_badly_is_asked_otherwise() -> None:
    async with ScriptedModel(lambda _: GOOD) as model, asking(model.base_url, seed=3) as propose:
        await propose(REQUEST.model_copy(update={"unusable": 2}))
    assert (model.requests[0]["temperature"] > 0, model.requests[0]["seed"]) == (True, 5)


MALFORMED = {
    "free text": Answered(SECRET),
    "empty": Answered(""),
    "truncated": Answered('{"rationale": "Wants to can', finish_reason="length"),
    "whole, but cut off": Answered(GOOD, finish_reason="length"),
    "filtered": Answered(GOOD, finish_reason="content_filter"),
    "a list": Answered("[1, 2]"),
    "a string": Answered(json.dumps(SECRET)),
    "two objects": Answered("{} {}"),
    "not a number": Answered('{"rationale": NaN}'),
    "half a character": Answered('{"rationale": "\\ud800"}'),
    "deeply nested": Answered("[" * 30_000),
    "a number without end": Answered('{"rationale": ' + "9" * 30_000 + "}"),
    "no choices": completion(choices=[]),
    "two choices": completion(choices=choice("{}")["choices"] * 2),
    "choices of another type": completion(choices=SECRET),
    "no content": completion(**choice(None)),
    "content of another type": completion(**choice(GOOD)),
    "finish reason of another type": completion(**choice("{}", finish=7)),
    "not JSON": Raw(SECRET.encode()),
    "not text": Raw(b"\xff\xfe\x00"),
    "nothing": Raw(b""),
    "HTML": Raw(b"<html>busy</html>", content_type="text/html"),
    "nested beyond reason": Raw(b'{"model":' * 20_000),
    "a megabyte": Raw(b'{"model": "' + b"m" * 1_000_000 + b'"}'),
    "a megabyte of an error": Raw(b"e" * 1_000_000, status=500),
    "endless": Endless(),
    "a bomb": Raw(gzip.compress(b" " * 50_000_000), headers={"content-encoding": "gzip"}),
}


@pytest.mark.parametrize("behaviour", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_answer_may_be_retried_and_is_never_quoted(behaviour: Any) -> None:
    async with ScriptedModel(lambda _: behaviour) as model, asking(model.base_url) as propose:
        with pytest.raises(ApplicationError) as failed:
            await propose()
        assert len(model.requests) == 1
    assert failed.value.type == "MalformedAnswer"
    assert not failed.value.non_retryable
    assert_tells_nothing(failed.value)


def less(*fields: str, **changes: Any) -> Raw:
    """A good answer without some of its fields, and others changed."""
    whole = json.loads(completion(**changes).body)
    return Raw(json.dumps({name: value for name, value in whole.items() if name not in fields}).encode())


UNNEEDED = {
    "no usage": less("usage"),
    "usage is null": completion(usage=None),
    "usage of another type": completion(usage=[SECRET]),
    "a count is null": completion(usage={"prompt_tokens": None, "completion_tokens": 7}),
    "a count is negative": completion(usage={"prompt_tokens": -1, "completion_tokens": 7}),
    "a count is text": completion(usage={"prompt_tokens": SECRET, "completion_tokens": 7}),
    "details of the usage": completion(usage={"completion_tokens": 7, "prompt_tokens_details": None}),
    "no model": less("model"),
    "model is null": completion(model=None),
    "model of another type": completion(model=[SECRET]),
    "model's name without end": completion(model="m" * 5000),
    "no reason for the end": completion(choices=[{"message": {"content": json.dumps(GOOD)}}]),
    "the reason is null": completion(**choice(json.dumps(GOOD), finish=None)),
    "another word for the end": completion(**choice(json.dumps(GOOD), finish="eos_token")),
    "more of the message": completion(
        choices=[
            {
                "finish_reason": "stop",
                "index": None,
                "logprobs": None,
                "message": {"content": json.dumps(GOOD), "role": None, "refusal": None, "tool_calls": None},
            }
        ]
    ),
    "more of the whole": completion(created=None, object=None, id=None, system_fingerprint=7, kv_transfer_params={}),
}


@pytest.mark.parametrize("behaviour", UNNEEDED.values(), ids=UNNEEDED)
async def test_what_nobody_needs_does_not_void_an_answer(behaviour: Raw) -> None:
    async with ScriptedModel(lambda _: behaviour) as model, asking(model.base_url) as propose:
        answer = await propose()
    assert answer.content == GOOD
    assert answer.model == "scripted"
    assert answer.usage.input_tokens in (0, 11)
    assert answer.usage.output_tokens in (0, 7)


def refusal(message: str, status: int = 400, **other: object) -> Raw:
    body = {"error": {"message": f"{message} {SECRET}", "type": "BadRequestError", "param": None, **other}}
    return Raw(json.dumps(body).encode(), status=status)


TOLD = {
    "vLLM, schema": (refusal('Grammar error: Unimplemented keys: ["uniqueItems"]'), "JSON schema of the answer"),
    "OpenAI, schema": (
        refusal("Invalid schema for response_format 'answer': In context=(), 'x' is not permitted."),
        "JSON schema of the answer",
    ),
    "llama.cpp, schema": (refusal("JSON schema conversion failed:\nUnrecognized schema"), "JSON schema of the answer"),
    "no structured output": (refusal("This response_format type is unavailable now"), "JSON schema of the answer"),
    "TGI, schema": (refusal("Input validation error: grammar is not valid", 422), "JSON schema of the answer"),
    "vLLM, context": (refusal("This model's maximum context length is 2048 tokens"), "finds the prompt too long"),
    "llama.cpp, context": (refusal("the request exceeds the available context size"), "finds the prompt too long"),
    "too large": (refusal("Payload Too Large", 413), "finds the prompt too long"),
    "another 400": (refusal("seed must be an integer"), "does not take the request"),
    "key": (refusal("Incorrect API key provided", 401), "check LEVERFRAME_MODEL_API_KEY"),
    "model": (refusal("The model does not exist", 404), "knows no model 'scripted'"),
    "too often": (refusal("Rate limit reached", 429), "is asked too often"),
    "broken": (refusal("Internal Server Error", 500), "failed itself"),
}


@pytest.mark.parametrize(("behaviour", "words"), TOLD.values(), ids=TOLD)
async def test_a_refusal_is_told_as_what_it_is(behaviour: Raw, words: str) -> None:
    async with ScriptedModel(lambda _: behaviour) as model, asking(model.base_url) as propose:
        with pytest.raises(ApplicationError) as failed:
            await propose()
    assert words in str(failed.value)
    assert f"(status {behaviour.status})" in str(failed.value)
    assert_tells_nothing(failed.value)


STATUSES = {
    400: "ModelRefused", 401: "ModelRefused", 403: "ModelRefused", 404: "ModelRefused", 302: "ModelRefused",
    408: "ModelUnavailable", 429: "ModelUnavailable", 500: "ModelUnavailable", 503: "ModelUnavailable",
}  # fmt: skip


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
async def test_a_status_is_retried_where_it_may_pass(status: int, kind: str) -> None:
    elsewhere = {"location": "http://127.0.0.1:9/v1/chat/completions"}
    behaviour = Raw(json.dumps({"error": {"message": SECRET}}).encode(), status=status, headers=elsewhere)
    async with ScriptedModel(lambda _: behaviour) as model, asking(model.base_url) as propose:
        with pytest.raises(ApplicationError, match=str(status)) as failed:
            await propose()
        # The client itself retries nothing and follows nowhere.
        assert len(model.requests) == 1
    assert (failed.value.type, failed.value.non_retryable) == (kind, kind == "ModelRefused")
    assert_tells_nothing(failed.value)


LATER = {
    "seconds": ("120", 120), "none": ("0", 1), "an eternity": ("9" * 400, 300), "a fraction": ("2.5", 2.5),
    "a moment that is over": ("Wed, 21 Oct 2015 07:28:00 GMT", 1), "a far one": ("Fri, 31 Dec 9999 23:59:59 GMT", 300),
    "before the calendar": ("Fri, 31 Dec 0001 00:00:00 +2359", 1), "nothing": (None, None), "empty": ("", None),
    "words": ("soon", None), "negative": ("-5", None), "other digits": ("\u0665", None), "infinite": ("inf", None),
}  # fmt: skip


@pytest.mark.parametrize(("said", "seconds"), LATER.values(), ids=LATER)
async def test_a_server_that_says_when_is_asked_then(said: str | None, seconds: float | None) -> None:
    headers = {"retry-after": said.encode().decode("latin-1")} if said is not None else {}
    for status in (429, 503):
        busy = Raw(b"busy", status=status, headers=headers)
        async with ScriptedModel(lambda _, busy=busy: busy) as model, asking(model.base_url) as propose:  # type: ignore[misc]
            with pytest.raises(ApplicationError) as failed:
                await propose()
        assert failed.value.type == "ModelUnavailable"
        after = failed.value.next_retry_delay
        assert (after.total_seconds() if after else None) == seconds


def test_a_moment_is_waited_for_by_the_clock() -> None:
    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert retry_after("Wed, 25 Nov 2026 12:01:30 GMT", now) == timedelta(seconds=90)
    assert retry_after("Wed, 25 Nov 2026 13:00:40 +0100", now) == timedelta(seconds=40)
    assert retry_after("Wed, 25 Nov 2026 12:00:20 -0000", now) == timedelta(seconds=20)


SLOW = {"hanging": Hang(), "byte by byte": Slow(completion().body, 0.05), "late": Answered(GOOD, delay=60)}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
async def test_waiting_ends_at_the_deadline(behaviour: Any) -> None:
    async with ScriptedModel(lambda _: behaviour) as model, asking(model.base_url, timeout=0.5) as propose:
        started = time.monotonic()
        with pytest.raises(ApplicationError, match=r"within 0\.5 s") as failed:
            await propose()
        assert time.monotonic() - started < 5
    assert (failed.value.type, failed.value.non_retryable) == ("ModelUnavailable", False)


async def test_a_dropped_connection_may_be_retried() -> None:
    async with ScriptedModel(lambda _: Drop()) as model, asking(model.base_url) as propose:
        with pytest.raises(ApplicationError) as failed:
            await propose()
    assert (failed.value.type, failed.value.non_retryable) == ("ModelUnavailable", False)


async def test_a_refused_connection_may_be_retried(unused_tcp_port: int) -> None:
    async with asking(f"http://127.0.0.1:{unused_tcp_port}/v1") as propose:
        with pytest.raises(ApplicationError) as failed:
            await propose()
    assert (failed.value.type, failed.value.non_retryable) == ("ModelUnavailable", False)


CANCEL_OFFERED = {"properties": {"event": {"const": "cancel"}, "order_id": {"const": "#W1000001"}}}
WITHOUT_ORDERS = {"facts": {}, "answer_schema": {"properties": {"proposal": {"anyOf": [CANCEL_OFFERED]}}}}


@pytest.mark.parametrize(
    ("change", "kind"), [({"prompt": "absent"}, "UnknownPrompt"), (WITHOUT_ORDERS, "PromptFailed")]
)
async def test_a_prompt_that_cannot_be_written_is_final_and_asks_nobody(change: dict[str, Any], kind: str) -> None:
    async with ScriptedModel(lambda _: GOOD) as model, asking(model.base_url) as propose:
        with pytest.raises(ApplicationError) as failed:
            await propose(REQUEST.model_copy(update=change))
        assert model.requests == []
    assert (failed.value.type, failed.value.non_retryable) == (kind, True)


async def test_it_heartbeats_while_it_waits_and_cancelling_ends_the_call() -> None:
    beats: list[object] = []
    twice = asyncio.Event()

    def beat(*_: object) -> None:
        beats.append(None)
        if len(beats) > 1:
            twice.set()

    environment = ActivityEnvironment()
    environment.on_heartbeat = beat
    environment.info = replace(environment.info, heartbeat_timeout=timedelta(seconds=0.03))
    async with ScriptedModel(lambda _: Hang()) as model:
        proposing = Proposing(ModelEndpoint(model.base_url, "scripted"))
        running = asyncio.ensure_future(environment.run(proposing.propose, REQUEST))
        await asyncio.wait_for(twice.wait(), 10)
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 10)
        await proposing.close()


@contextmanager
def calls_traced() -> Iterator[InMemorySpanExporter]:
    """As a worker has its activities' calls traced."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    token = context.attach(context.set_value(TRACER, provider.get_tracer("test")))
    try:
        yield kept
    finally:
        context.detach(token)


async def test_the_span_tells_the_figures_and_no_text() -> None:
    async with ScriptedModel(lambda _: completion()) as model, asking(model.base_url, provider="vllm") as propose:
        with calls_traced() as kept:
            await propose()
        url = urlsplit(model.base_url)
    (span,) = kept.get_finished_spans()
    assert (span.name, span.kind) == ("chat scripted", SpanKind.CLIENT)
    prompt = load_prompt("order_cancellation")
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "vllm",
        "gen_ai.request.model": "scripted",
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.seed": 7,
        "gen_ai.request.max_tokens": 400,
        "gen_ai.output.type": "json",
        "gen_ai.prompt.name": "order_cancellation",
        "gen_ai.prompt.version": prompt.version,
        "leverframe.prompt.hash": prompt.hash,
        "gen_ai.response.model": "scripted",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 7,
        "server.address": url.hostname,
        "server.port": url.port,
    }


async def test_a_failure_is_marked_on_the_span() -> None:
    async with ScriptedModel(lambda _: Answered(SECRET)) as model, asking(model.base_url) as propose:
        with calls_traced() as kept, pytest.raises(ApplicationError):
            await propose()
    (span,) = kept.get_finished_spans()
    assert (span.attributes or {})["error.type"] == span.status.description == "MalformedAnswer"
    assert span.events == ()


def assert_tells_nothing(error: ApplicationError) -> None:
    """Temporal keeps an error's message and its causes in history."""
    assert len(str(error)) <= 200
    assert error.__cause__ is None
    assert not any(word in str(error) for word in ("customer", "EMAIL", "mmm", "eee"))
