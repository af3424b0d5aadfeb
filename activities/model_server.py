"""One model server, asked once: what it answered, or in which way it did not."""

import asyncio
import hashlib
import hmac
import re
from datetime import timedelta
from typing import NoReturn

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import JsonValue
from temporalio.common import Priority
from temporalio.exceptions import ApplicationError

from activities.model_answer import Completion, MalformedAnswer, read_completion
from activities.model_endpoint import ModelEndpoint
from tools.bounded_http import ResponseTooLong, bounded_client
from tools.retry_after import retry_after

RETRYABLE = frozenset({408, 409, 425, 429})
"""Statuses below 500 that may pass; so may all from 500 on."""
KEY_REFUSED = frozenset({401, 403})
LATER = {429: "is asked too often", 408: "took too long", 425: "asks to come later", 503: "is not ready"}
REFUSED = "does not take the request; check its address (LEVERFRAME_MODEL_URL) and what it can do"
REFUSALS = {
    401: "does not accept the key; check LEVERFRAME_MODEL_API_KEY",
    403: "does not allow this to the key; check LEVERFRAME_MODEL_API_KEY",
    404: "knows no model {model!r}, or not this address; check LEVERFRAME_MODEL_NAME and LEVERFRAME_MODEL_URL",
    405: "is no OpenAI-compatible one at this address; check LEVERFRAME_MODEL_URL",
    413: "finds the prompt too long; check how long a context it serves the model with",
}
"""Where the endpoints stand in a file, the names of the variables mean its ``url``, ``model`` and ``key_file``."""
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


class NoAnswer(ApplicationError):
    """A server gave no answer; its kind is ``ModelUnavailable``, ``ModelRefused`` or ``MalformedAnswer``.

    Its message quotes nothing of what the server said.
    """

    def __init__(self, kind: str, message: str, after: timedelta | None = None, status: int = 0) -> None:
        super().__init__(message, type=kind)
        self.kind = kind
        self.after = after
        """When to ask again, not sooner; ``None`` where the server does not say."""
        self.status = status


class ModelServer:
    """Holds the connections to one endpoint, and its key."""

    def __init__(self, endpoint: ModelEndpoint) -> None:
        self.endpoint = endpoint
        self._free = asyncio.Semaphore(endpoint.concurrency)
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.key(),
            max_retries=0,  # Temporal retries.
            http_client=bounded_client(endpoint.max_bytes, endpoint.timeout),
        )

    async def close(self) -> None:
        await self._client.close()

    def another_key(self) -> bool:
        """Whether the key has been exchanged since it was read; from here on the new one is used."""
        before, self._client.api_key = self._client.api_key, self.endpoint.key()
        return self._client.api_key != before

    def _of_vllm(self, turn: Priority) -> dict[str, JsonValue]:
        """What no other server takes. Whether a prompt was read before can be told by the time that it takes: with a
        salt that no tenant can guess, that is told of a tenant's own prompts alone.
        """
        asked: dict[str, JsonValue] = {}
        if self.endpoint.cache_salt:
            tenant = (turn.fairness_key or "").encode()
            asked["cache_salt"] = hmac.new(self._client.api_key.encode(), tenant, hashlib.sha256).hexdigest()
        if self.endpoint.priority and turn.priority_key is not None:
            asked["priority"] = turn.priority_key
        return asked

    async def complete(
        self,
        messages: list[ChatCompletionMessageParam],
        schema: dict[str, JsonValue],
        temperature: float,
        seed: int,
        turn: Priority = Priority.default,
    ) -> Completion:
        """Ask once, in a tenant's turn; raises :class:`NoAnswer`."""
        endpoint = self.endpoint
        try:
            async with asyncio.timeout(endpoint.timeout), self._free:
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
                    extra_body=self._of_vllm(turn),
                )
            return read_completion(response.content)
        except (MalformedAnswer, ResponseTooLong) as error:
            raise NoAnswer("MalformedAnswer", str(error)) from None
        except (TimeoutError, openai.APITimeoutError):
            raise NoAnswer("ModelUnavailable", f"no whole answer within {endpoint.timeout:g} s") from None
        except openai.APIStatusError as error:
            _fail_status(error.response, error.body, endpoint.model)
        except openai.APIConnectionError as error:
            told = f"no connection to the model server ({type(error.__cause__).__name__})"
            raise NoAnswer("ModelUnavailable", told) from None


def _fail_status(response: httpx2.Response, body: object, model: str) -> NoReturn:
    status = response.status_code
    if status >= 500 or status in RETRYABLE:
        later = f"the model server {LATER.get(status, 'failed itself')} (status {status})"
        raise NoAnswer("ModelUnavailable", later, retry_after(response.headers.get("retry-after")), status) from None
    why = next((words for signs, words in ABOUT if status in (400, 422) and signs.search(str(body)[:MOST_READ])), None)
    told = f"the model server {why or REFUSALS.get(status, REFUSED).format(model=model)} (status {status})"
    raise NoAnswer("ModelRefused", told, status=status) from None
