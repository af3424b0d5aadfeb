"""The guards role with a guard model of its own, asked only where the classifier alone is uneasy."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import openai
from openai.types.chat import ChatCompletionSystemMessageParam, ChatCompletionUserMessageParam

from activities.call_spans import model_call
from activities.guards.injection import LIKELY
from activities.model_answer import MalformedAnswer, read_completion
from activities.prompts.prompt import MARKUP
from activities.screening import screen
from activities.second_measures import BY_MODEL, Question, answered, questions
from leverframe.contracts.verdict import Screened, ScreenRequest, Verdict
from tools.bounded_http import ResponseTooLong, bounded_client

INSTRUCTIONS = Path(__file__).with_name("second_opinion.md").read_text(encoding="utf-8")
VERSION = hashlib.sha256(INSTRUCTIONS.encode()).hexdigest()[:12]
"""First 12 hex characters of the SHA-256 of what the guard model is told; stands in the verdict behind the rules'."""
SAFE = re.compile(r"\W*+(?:safety: *+)?safe\W*+(?:categories: *+none\W*+)?", re.IGNORECASE)
"""What clears a text: the one word, also as the usual guard models write it. All else leaves it to a person."""
CLEARED = "second_opinion"
GUARD_MODEL = "guard"
"""``gen_ai.provider.name``: whose model it is stands in its name."""
FAILED = (openai.OpenAIError, ResponseTooLong, MalformedAnswer, TimeoutError)
"""What is raised where it cannot be asked, or says nothing of use."""
MAX_TOKENS = 16
MAX_BYTES = 65_536


@dataclass(frozen=True)
class GuardModel:
    """An OpenAI-compatible server with a model that tells manipulation from requests."""

    base_url: str
    model: str
    """The model's name as the server knows it."""
    api_key: str = "none"
    timeout: float = 3.0
    """Seconds for one whole call."""


class SecondOpinion:
    """Screens as :func:`activities.screening.screen` does, and asks the guard model about what is left in doubt.

    It also says of measures what the rules leave open, which stops nothing.

    It can only clear a user's words that no rule matched and no other guard stopped. Whatever else it says, and when it
    cannot be asked, a person is asked as without it. It sees masked text only.
    """

    def __init__(self, guard: GuardModel) -> None:
        self._guard = guard
        self._client = openai.AsyncOpenAI(
            base_url=guard.base_url,
            api_key=guard.api_key,
            max_retries=0,  # A person is quicker than a server that has to be asked twice.
            http_client=bounded_client(MAX_BYTES, guard.timeout),
        )

    async def screen(self, request: ScreenRequest) -> Screened:
        """Judge what goes to the model or comes from it, and mask personal data in it."""
        screened = await self._measured(request, await screen(request))
        doubt = doubtful(screened)
        if request.kind != "request" or doubt is None or not isinstance(screened.content, str):
            return screened
        opinion = await self._opinion(doubt, screened.content)
        verdicts = tuple(opinion if verdict is doubt else verdict for verdict in screened.verdicts)
        return screened.model_copy(update={"verdicts": verdicts})

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._client.close()

    async def _measured(self, request: ScreenRequest, screened: Screened) -> Screened:
        """With what the guard model says of measures that the rules leave open; without it where it cannot be asked."""
        for question in questions(request, screened) if request.measure else ():
            try:
                async with asyncio.timeout(self._guard.timeout):
                    said = answered(await self._ask(question.text, question.instructions))
            except FAILED:
                said = None
            if said is not None:
                screened = _with(screened, question, said)
        return screened

    async def _opinion(self, doubt: Verdict, text: str) -> Verdict:
        cleared = False
        try:
            async with asyncio.timeout(self._guard.timeout):
                cleared = SAFE.fullmatch(await self._ask(text)) is not None
            what = "cleared it" if cleared else "did not clear it"
        except FAILED as error:
            what = f"could not be asked ({type(error).__name__})"
        told = {
            "version": f"{doubt.version}/{VERSION}",
            "reason": f"{doubt.reason}; the guard model {self._guard.model} {what}",
        }
        return doubt.model_copy(update=told | ({"judgement": "allow", "rule": CLEARED} if cleared else {}))

    async def _ask(self, text: str, instructions: str = INSTRUCTIONS) -> str:
        guard = self._guard
        with model_call(GUARD_MODEL, guard.model, guard.base_url, temperature=0.0, max_tokens=MAX_TOKENS):
            response = await self._client.chat.completions.with_raw_response.create(
                model=guard.model,
                messages=[
                    ChatCompletionSystemMessageParam(role="system", content=instructions),
                    ChatCompletionUserMessageParam(role="user", content=MARKUP.sub(_broken, text)),
                ],
                temperature=0.0,
                max_tokens=MAX_TOKENS,
            )
            return read_completion(response.content).text()


def doubtful(screened: Screened) -> Verdict | None:
    """The verdict that rests on the classifier alone, if it is all that stands in the way."""
    stopping = [verdict for verdict in screened.verdicts if verdict.judgement in ("block", "escalate")]
    return stopping[0] if len(stopping) == 1 and stopping[0].rule == LIKELY else None


def _with(screened: Screened, question: Question, said: float) -> Screened:
    name = f"{question.measure}{BY_MODEL}"
    verdicts = (
        one.model_copy(update={"measured": {**one.measured, name: said}}) if one.guard == question.guard else one
        for one in screened.verdicts
    )
    return screened.model_copy(update={"verdicts": tuple(verdicts)})


def _broken(markup: re.Match[str]) -> str:
    """Markup of chat templates, so that no server takes it for the real thing."""
    return f"{markup[0][:1]} {markup[0][1:]}"
