import asyncio
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import httpx2
import openai
from jinja2 import TemplateError
from openai.types.chat import (
    ChatCompletionAssistantMessageParam,
    ChatCompletionMessageParam,
    ChatCompletionSystemMessageParam,
    ChatCompletionUserMessageParam,
)
from opentelemetry.trace import Span
from pydantic import JsonValue
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.call_spans import model_call
from activities.heartbeat import heartbeating
from activities.model_answer import Completion, MalformedAnswer, read_completion
from activities.prompts.offered import completed, to_write
from activities.prompts.prompt import InvalidPrompt, Prompt, Turn, UnknownPrompt, load_prompt
from leverframe.contracts.names import PROPOSE
from leverframe.contracts.proposal import Answer, ProposeRequest, Usage
from tools.bounded_http import ResponseTooLong, bounded_client
from tools.retry_after import retry_after

RETRYABLE = frozenset({408, 409, 425, 429})
"""Statuses below 500 that may pass; so may all from 500 on."""
LATER = {429: "is asked too often", 408: "took too long", 425: "asks to come later", 503: "is not ready"}
REFUSED = "does not take the request; check its address (LEVERFRAME_MODEL_URL) and what it can do"
REFUSALS = {
    401: "does not accept the key; check LEVERFRAME_MODEL_API_KEY",
    403: "does not allow this to the key; check LEVERFRAME_MODEL_API_KEY",
    404: "knows no model {model!r}, or not this address; check LEVERFRAME_MODEL_NAME and LEVERFRAME_MODEL_URL",
    405: "is no OpenAI-compatible one at this address; check LEVERFRAME_MODEL_URL",
    413: "finds the prompt too long; check how long a context it serves the model with",
}
ABOUT = (
    (
        re.compile(
            r"context[ _](?:length|size|window)|too (?:long|many tokens)|maximum (?:length|\w+ tokens)", re.IGNORECASE
        ),
        "finds the prompt too long; check how long a context it serves the model with",
    ),
    (
        re.compile(r"schema|response_format|grammar|guided|structured|regex", re.IGNORECASE),
        "does not take the JSON schema of the answer; check that it can do structured output (response_format "
        "json_schema), also with anyOf and enum",
    ),
)
"""What a refusal is about, by what its text speaks of; the text itself may quote the prompt and is told to nobody."""
MOST_READ = 2_000
"""Characters of a refusal that are looked at."""
RETRY_TEMPERATURE = 0.5
"""At temperature 0 a retry would get the very same malformed answer, whatever the seed."""


@dataclass(frozen=True)
class ModelEndpoint:
    """An OpenAI-compatible server and how to ask it."""

    base_url: str
    """With the path, for example ``http://127.0.0.1:8000/v1``."""
    model: str
    """The model's name as the server knows it."""
    api_key: str = "none"
    provider: str = "vllm"
    """``gen_ai.provider.name`` in spans."""
    timeout: float = 60.0
    """Seconds for one whole call, from connecting to the last byte."""
    max_tokens: int = 400
    """Longest answer."""
    seed: int = 7
    max_bytes: int = 65_536
    """Longest response body that is read."""


class Proposing:
    """The llm role: holds the model endpoint's key and nothing else."""

    def __init__(self, endpoint: ModelEndpoint) -> None:
        self._endpoint = endpoint
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.api_key,
            max_retries=0,  # Temporal retries.
            http_client=bounded_client(endpoint.max_bytes, endpoint.timeout),
        )

    @activity.defn(name=PROPOSE)
    async def propose(self, request: ProposeRequest) -> Answer:
        """Ask the model for the next step.

        Raises ``ApplicationError``: ``MalformedAnswer`` and ``ModelUnavailable`` may be retried;
        ``ModelRefused`` (wrong key, wrong model, a request that the server does not take), ``UnknownPrompt``,
        ``InvalidPrompt`` and ``PromptFailed`` (it uses a fact that is not there) may not.
        """
        prompt, messages = _fill(request)
        async with heartbeating():
            started = time.monotonic()
            completion, content = await self._ask(prompt, messages, request)
            duration = time.monotonic() - started
        read, written = completion.tokens
        return Answer(
            content=completed(content, request.answer_schema),
            model=completion.model or self._endpoint.model,
            prompt=prompt.id,
            prompt_version=prompt.version,
            prompt_hash=prompt.hash,
            usage=Usage(input_tokens=read, output_tokens=written),
            duration_ms=round(duration * 1000),
        )

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._client.close()

    async def _ask(
        self, prompt: Prompt, messages: list[ChatCompletionMessageParam], request: ProposeRequest
    ) -> tuple[Completion, dict[str, JsonValue]]:
        endpoint, again = self._endpoint, activity.info().attempt - 1 + request.unusable
        temperature = RETRY_TEMPERATURE if again else 0.0
        seed = endpoint.seed + again
        with model_call(
            endpoint.provider,
            endpoint.model,
            endpoint.base_url,
            temperature=temperature,
            seed=seed,
            max_tokens=endpoint.max_tokens,
        ) as span:
            _describe_prompt(span, prompt)
            completion = await self._complete(messages, to_write(request.answer_schema), temperature, seed)
            _describe_answer(span, completion)
            try:
                return completion, completion.answer()
            except MalformedAnswer as error:
                _fail("MalformedAnswer", str(error))

    async def _complete(
        self, messages: list[ChatCompletionMessageParam], schema: dict[str, JsonValue], temperature: float, seed: int
    ) -> Completion:
        endpoint = self._endpoint
        try:
            async with asyncio.timeout(endpoint.timeout):
                response = await self._client.chat.completions.with_raw_response.create(
                    model=endpoint.model,
                    messages=messages,
                    response_format={
                        "type": "json_schema",
                        "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)},
                    },
                    temperature=temperature,
                    seed=seed,
                    max_tokens=endpoint.max_tokens,
                    timeout=endpoint.timeout,
                )
            return read_completion(response.content)
        except (MalformedAnswer, ResponseTooLong) as error:
            _fail("MalformedAnswer", str(error))
        except (TimeoutError, openai.APITimeoutError):
            _fail("ModelUnavailable", f"no whole answer within {endpoint.timeout:g} s")
        except openai.APIStatusError as error:
            _fail_status(error.response, error.body, endpoint.model)
        except openai.APIConnectionError as error:
            _fail("ModelUnavailable", f"no connection to the model server ({type(error.__cause__).__name__})")


def _fill(request: ProposeRequest) -> tuple[Prompt, list[ChatCompletionMessageParam]]:
    try:
        prompt = load_prompt(request.prompt)
        return prompt, [_message(turn) for turn in prompt.turns(request)]
    except (UnknownPrompt, InvalidPrompt) as error:
        _fail(type(error).__name__, str(error), non_retryable=True)
    except (TemplateError, TypeError) as error:
        _fail("PromptFailed", f"the prompt cannot be filled in: {type(error).__name__}", non_retryable=True)


def _message(turn: Turn) -> ChatCompletionMessageParam:
    match turn.speaker:
        case "system":
            return ChatCompletionSystemMessageParam(role="system", content=turn.text)
        case "user":
            return ChatCompletionUserMessageParam(role="user", content=turn.text)
        case "assistant":
            return ChatCompletionAssistantMessageParam(role="assistant", content=turn.text)


def _fail_status(response: httpx2.Response, body: object, model: str) -> NoReturn:
    status = response.status_code
    if status >= 500 or status in RETRYABLE:
        later = f"the model server {LATER.get(status, 'failed itself')} (status {status})"
        _fail("ModelUnavailable", later, after=retry_after(response.headers.get("retry-after")))
    why = next((words for signs, words in ABOUT if status in (400, 422) and signs.search(str(body)[:MOST_READ])), None)
    _fail(
        "ModelRefused",
        f"the model server {why or REFUSALS.get(status, REFUSED).format(model=model)} (status {status})",
        non_retryable=True,
    )


def _fail(kind: str, message: str, *, non_retryable: bool = False, after: timedelta | None = None) -> NoReturn:
    """Without a cause: an error of the client may quote the response. ``after``: when to try again, not sooner."""
    raise ApplicationError(message, type=kind, non_retryable=non_retryable, next_retry_delay=after) from None


def _describe_prompt(span: Span, prompt: Prompt) -> None:
    span.set_attributes(
        {
            "gen_ai.output.type": "json",
            "gen_ai.prompt.name": prompt.id,
            "gen_ai.prompt.version": prompt.version,
            "leverframe.prompt.hash": prompt.hash,
        }
    )


def _describe_answer(span: Span, completion: Completion) -> None:
    read, written = completion.tokens
    span.set_attributes({"gen_ai.usage.input_tokens": read, "gen_ai.usage.output_tokens": written})
    if completion.model:
        span.set_attribute("gen_ai.response.model", completion.model)
    if completion.finish_reason:
        span.set_attribute("gen_ai.response.finish_reasons", [completion.finish_reason])
