from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import from_json

SERVER_TEXT = Annotated[str, Field(max_length=200)]
TOKENS = Annotated[int, Field(ge=0, le=10_000_000)]


class MalformedAnswer(ValueError):
    """The model's answer is not one whole JSON object; says in what way, and never quotes it."""


class _Part(BaseModel):
    # Servers add fields of their own; what is read here must have the right type.
    model_config = ConfigDict(extra="ignore", strict=True)


class _Message(_Part):
    content: str


class _Choice(_Part):
    finish_reason: SERVER_TEXT
    message: _Message


class _Usage(_Part):
    prompt_tokens: TOKENS = 0
    completion_tokens: TOKENS = 0


class Completion(_Part):
    """What is used of a chat completion. A server is not trusted to keep to the API."""

    model: SERVER_TEXT
    choices: Annotated[list[_Choice], Field(min_length=1, max_length=1)]
    usage: _Usage = _Usage()

    @property
    def finish_reason(self) -> str:
        return self.choices[0].finish_reason

    def answer(self) -> dict[str, JsonValue]:
        """The JSON object that the model wrote; raises :class:`MalformedAnswer`."""
        if self.finish_reason != "stop":
            raise MalformedAnswer("the answer was cut off before its end")
        try:
            content = from_json(self.choices[0].message.content, allow_inf_nan=False)
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
