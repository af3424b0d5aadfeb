from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import from_json

SERVER_TEXT = Annotated[str, Field(max_length=200)]
TOKENS = Annotated[int, Field(ge=0, le=10_000_000)]
WHOLE = (None, "stop", "eos", "eos_token", "end_turn")
"""Why a server says that it ended, where it ended by itself; some say nothing."""

Needed = TypeVar("Needed")


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Nothing, in place of what is no value of its kind: nobody needs it to go on."""
    try:
        return read(value)
    except ValidationError:
        return None


Unneeded = Annotated[Needed | None, WrapValidator(_or_none)]


class MalformedAnswer(ValueError):
    """The model's answer is not one whole JSON object; says in what way, and never quotes it."""


class _Part(BaseModel):
    # Servers add fields of their own; what is read here must have the right type.
    model_config = ConfigDict(extra="ignore", strict=True)


class _Message(_Part):
    content: str


class _Choice(_Part):
    finish_reason: SERVER_TEXT | None = None
    message: _Message


class _Usage(_Part):
    prompt_tokens: Unneeded[TOKENS] = None
    completion_tokens: Unneeded[TOKENS] = None


class Completion(_Part):
    """What is used of a chat completion. A server is not trusted to keep to the API.

    Without a name or a count of tokens that can be read, an answer is as good as with them.
    """

    model: Unneeded[SERVER_TEXT] = None
    choices: Annotated[list[_Choice], Field(min_length=1, max_length=1)]
    usage: Unneeded[_Usage] = None

    @property
    def tokens(self) -> tuple[int, int]:
        """Of the prompt and of the answer; 0 where the server does not say."""
        return ((self.usage.prompt_tokens or 0), (self.usage.completion_tokens or 0)) if self.usage else (0, 0)

    def text(self) -> str:
        """What the model wrote; raises :class:`MalformedAnswer` when it was cut off."""
        if self.finish_reason not in WHOLE:
            raise MalformedAnswer("the answer was cut off before its end")
        return self.choices[0].message.content

    @property
    def finish_reason(self) -> str | None:
        return self.choices[0].finish_reason

    def answer(self) -> dict[str, JsonValue]:
        """The JSON object that the model wrote; raises :class:`MalformedAnswer`."""
        text = self.text()
        try:
            content = from_json(text, allow_inf_nan=False)
        except ValueError:
            raise MalformedAnswer("the answer is not JSON") from None
        if not isinstance(content, dict):
            raise MalformedAnswer(f"the answer is JSON, but a {type(content).__name__} instead of an object")
        return content


def read_completion(body: bytes) -> Completion:
    """Read a server's response; raises :class:`MalformedAnswer`."""
    try:
        return Completion.model_validate_json(body)
    except ValidationError as error:
        # Only where and what kind: the response itself may hold anything.
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole"
        raise MalformedAnswer(f"the response is not a chat completion: {where}: {error.errors()[0]['type']}") from None
