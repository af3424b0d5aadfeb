import time
from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

from jinja2 import TemplateError
from openai.types.chat import (
    ChatCompletionAssistantMessageParam,
    ChatCompletionMessageParam,
    ChatCompletionSystemMessageParam,
    ChatCompletionUserMessageParam,
)
from opentelemetry.trace import Span
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.call_spans import COST, model_call
from activities.heartbeat import heartbeating
from activities.model_accounts import Accounts
from activities.model_answer import Completion, MalformedAnswer
from activities.model_endpoint import ModelEndpoint, Routes
from activities.model_server import KEY_REFUSED, ModelServer, NoAnswer
from activities.prompts.offered import completed, to_write
from activities.prompts.prompt import InvalidPrompt, Prompt, Turn, UnknownPrompt, load_prompt
from leverframe.contracts.names import PROPOSE
from leverframe.contracts.proposal import Answer, ProposeRequest, Usage

RETRY_TEMPERATURE = 0.5
"""At temperature 0 a retry would get the very same malformed answer, whatever the seed."""
WORST = ("MalformedAnswer", "ModelUnavailable", "ModelRefused")
"""What is told where the endpoints of a route fail in different ways: the first of these that is among them. A server
that answers is asked anew at once, one that is away is waited for, and neither is so for one that refuses."""


class Proposing:
    """The llm role: holds the keys of the model endpoints and nothing else."""

    def __init__(self, models: ModelEndpoint | Routes) -> None:
        self._routes = models if isinstance(models, Routes) else Routes((models,))
        self._servers = {endpoint.name: ModelServer(endpoint) for endpoint in self._routes.endpoints}

    @activity.defn(name=PROPOSE)
    async def propose(self, request: ProposeRequest) -> Answer:
        """Ask the model for the next step: the endpoints of the decision's route, in order, until one answers.

        Raises ``ApplicationError``, whose details are what the attempts have cost: ``MalformedAnswer`` and
        ``ModelUnavailable`` may be retried; ``ModelRefused`` (wrong key, wrong model, a request that the server does
        not take), ``UnknownPrompt``, ``InvalidPrompt`` and ``PromptFailed`` (it uses a fact that is not there) may not.
        """
        prompt, messages = _fill(request)
        route = self._routes.of(request.action_id.partition("-")[0], request.state)
        # An answer that was of no use has been the last of an endpoint's: then the next is asked first.
        first = request.unusable % len(route)
        accounts = Accounts(activity.info().heartbeat_details)
        asked = _Question(prompt, messages, request, activity.info().attempt - 1 + request.unusable)
        failed: list[NoAnswer] = []
        started = time.monotonic()
        async with heartbeating(accounts.told):
            for endpoint in (*route[first:], *route[:first]):
                try:
                    answer = await self._ask(self._servers[endpoint.name], asked, accounts)
                    return answer.model_copy(update={"duration_ms": round((time.monotonic() - started) * 1000)})
                except NoAnswer as error:
                    failed.append(error)
        raise _failure(failed, accounts)

    async def close(self) -> None:
        """Close the connections to the servers."""
        for server in self._servers.values():
            await server.close()

    async def _ask(self, server: ModelServer, asked: "_Question", accounts: Accounts) -> Answer:
        """What an endpoint answers; it is asked again where its key was exchanged. Raises :class:`NoAnswer`."""
        try:
            return await self._attempt(server, asked, accounts)
        except NoAnswer as error:
            if error.status not in KEY_REFUSED or not server.another_key():
                raise
        return await self._attempt(server, asked, accounts)

    async def _attempt(self, server: ModelServer, asked: "_Question", accounts: Accounts) -> Answer:
        endpoint, request, prompt = server.endpoint, asked.request, asked.prompt
        temperature, seed = RETRY_TEMPERATURE if asked.again else 0.0, endpoint.seed + asked.again
        with model_call(
            endpoint.provider,
            endpoint.model,
            endpoint.base_url,
            temperature=temperature,
            seed=seed,
            max_tokens=endpoint.max_tokens,
        ) as span:
            _describe_prompt(span, prompt)
            with accounts.attempt(endpoint, asked.most_read) as account:
                schema = to_write(request.answer_schema)
                completion = await server.complete(asked.messages, schema, temperature, seed, activity.info().priority)
                account.answered(completion)
                _describe_answer(span, completion, account.micros)
                try:
                    content = completion.answer()
                except MalformedAnswer as error:
                    raise NoAnswer("MalformedAnswer", str(error)) from None
        # Whoever names no state is an older workflow, which knows none of the fields that came later.
        newer = bool(request.state)
        return Answer(
            content=completed(content, request.answer_schema),
            model=endpoint.model,
            prompt=prompt.id,
            prompt_version=prompt.version,
            prompt_hash=prompt.hash,
            usage=Usage(input_tokens=account.read, output_tokens=account.written),
            duration_ms=0,
            endpoint=endpoint.name if newer else "",
            revision=endpoint.revision if newer else "",
            accounts=accounts.all if newer else (),
        )


class _Question:
    """What is asked of whichever endpoint, and how often it was asked before."""

    def __init__(
        self, prompt: Prompt, messages: list[ChatCompletionMessageParam], request: ProposeRequest, again: int
    ) -> None:
        self.prompt = prompt
        self.messages = messages
        self.request = request
        self.again = again
        self.most_read = len(str(messages).encode()) + len(str(request.answer_schema).encode())
        """Tokens that it can have at most: none is shorter than a byte. A server that says more is not believed."""


def _fill(request: ProposeRequest) -> tuple[Prompt, list[ChatCompletionMessageParam]]:
    try:
        prompt = load_prompt(request.prompt)
        return prompt, [_message(turn) for turn in prompt.turns(request)]
    except (UnknownPrompt, InvalidPrompt) as error:
        _refuse(type(error).__name__, str(error))
    except (TemplateError, TypeError) as error:
        _refuse("PromptFailed", f"the prompt cannot be filled in: {type(error).__name__}")


def _message(turn: Turn) -> ChatCompletionMessageParam:
    match turn.speaker:
        case "system":
            return ChatCompletionSystemMessageParam(role="system", content=turn.text)
        case "user":
            return ChatCompletionUserMessageParam(role="user", content=turn.text)
        case "assistant":
            return ChatCompletionAssistantMessageParam(role="assistant", content=turn.text)


def _refuse(kind: str, message: str) -> NoReturn:
    raise ApplicationError(message, type=kind, non_retryable=True) from None


def _failure(failed: Sequence[NoAnswer], accounts: Accounts) -> ApplicationError:
    told = min(failed, key=lambda error: WORST.index(error.kind))
    soon: timedelta | None = min((error.after for error in failed if error.after is not None), default=None)
    accounts.tell()
    return ApplicationError(
        told.message,
        *accounts.told(),
        type=told.kind,
        non_retryable=told.kind == "ModelRefused",
        next_retry_delay=soon if told.kind == "ModelUnavailable" else None,
    )


def _describe_prompt(span: Span, prompt: Prompt) -> None:
    span.set_attributes(
        {
            "gen_ai.output.type": "json",
            "gen_ai.prompt.name": prompt.id,
            "gen_ai.prompt.version": prompt.version,
            "leverframe.prompt.hash": prompt.hash,
        }
    )


def _describe_answer(span: Span, completion: Completion, micros: int) -> None:
    read, written = completion.tokens
    span.set_attributes({"gen_ai.usage.input_tokens": read, "gen_ai.usage.output_tokens": written})
    if micros:
        span.set_attribute(COST, micros)
    if completion.model:
        span.set_attribute("gen_ai.response.model", completion.model)
    if completion.finish_reason:
        span.set_attribute("gen_ai.response.finish_reasons", [completion.finish_reason])
