"""All cases against one endpoint."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import openai

from activities.model_endpoint import ModelEndpoint
from activities.proposing import Proposing
from evals.cases import Case
from evals.deciding import Decided, decide

EMBEDDED = "embedded"
Progress = Callable[[Decided], None]
Embedded = Callable[[str], AbstractAsyncContextManager[tuple[str, str]]]
"""Serves a small model of this name, or its default; gives the URL and the name under which it is served."""


class NoEndpoint(ValueError):
    """An endpoint cannot be understood; says what was expected."""


def parse_endpoint(text: str, *, timeout: float, api_key: str = "none") -> ModelEndpoint:
    """An endpoint from ``URL``, ``URL=MODEL``, ``embedded`` or ``embedded=MODEL``.

    Raises:
        NoEndpoint: when it is none of these.
    """
    url, _, model = text.partition("=")
    if url != EMBEDDED and not re.fullmatch(r"https?://\S+", url):
        raise NoEndpoint(f"{text!r} is no endpoint; expected http(s)://HOST:PORT/v1=MODEL, or embedded")
    return ModelEndpoint(url, model, api_key, timeout=timeout)


@asynccontextmanager
async def served(endpoint: ModelEndpoint, embedded: Embedded) -> AsyncIterator[ModelEndpoint]:
    """The endpoint, with ``embedded`` serving a model for it where that is meant."""
    if endpoint.base_url != EMBEDDED:
        yield endpoint if endpoint.model else replace(endpoint, model=await _only_model(endpoint))
        return
    async with embedded(endpoint.model) as (url, name):
        yield ModelEndpoint(url, name, timeout=endpoint.timeout)


async def decide_all(
    cases: Sequence[Case],
    endpoint: ModelEndpoint,
    *,
    trials: int = 1,
    at_once: int = 1,
    progress: Progress = lambda _: None,
) -> list[list[Decided]]:
    """Take every case ``trials`` times, ``at_once`` of them at a time; the trials, each in the order of the cases."""
    proposing, free = Proposing(endpoint), asyncio.Semaphore(at_once)

    async def one(case: Case) -> Decided:
        async with free:
            decided = await decide(case, proposing)
        progress(decided)
        return decided

    try:
        return [list(await asyncio.gather(*(one(case) for case in cases))) for _ in range(trials)]
    finally:
        await proposing.close()


async def _only_model(endpoint: ModelEndpoint) -> str:
    async with openai.AsyncOpenAI(base_url=endpoint.base_url, api_key=endpoint.api_key, max_retries=0) as client:
        try:
            names = [model.id for model in (await client.models.list()).data]
        except openai.OpenAIError as error:
            raise NoEndpoint(f"{endpoint.base_url} does not name its models: {type(error).__name__}") from None
    if len(names) != 1:
        raise NoEndpoint(f"{endpoint.base_url} has the models {', '.join(names) or 'none'}; name one: URL=MODEL")
    return names[0]
