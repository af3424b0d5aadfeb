from typing import Annotated

from pydantic import Field, JsonValue

from leverframe.contracts.base import Contract, Facts, Told
from leverframe.contracts.policy import Clause


def _none(value: object) -> bool:
    return value in ("", ())


class ProposeRequest(Contract):
    """Ask the model for the next step. Holds masked text only."""

    action_id: str
    prompt: str
    """Name of the prompt file."""
    messages: tuple[str, ...]
    """What the user wrote, masked, oldest first."""
    facts: Facts
    """Screened facts."""
    clauses: tuple[Clause, ...]
    """The clauses that a proposal can cite."""
    related: tuple[Clause, ...] = ()
    """Other clauses near to the user's words, best first; a prompt prints them or not."""
    answer_schema: dict[str, JsonValue]
    """JSON schema that the model's answer must satisfy: only what the machine allows now."""
    unusable: int = 0
    """How many answers to this were of no use so far; the same question would get the same one again."""
    state: str = ""
    """The machine's state that asks; what is asked of which model may differ by it."""


class Usage(Told):
    """Tokens of one model call."""

    input_tokens: int
    output_tokens: int


Name = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=10**12)]
"""Whatever a worker says that was taken over, it can be added up in a database."""


class Account(Contract):
    """What attempts of a kind at one decision have cost at an endpoint."""

    endpoint: Name
    """As the settings call it."""
    model: Name
    """What is served there, as the settings say."""
    revision: Annotated[str, Field(max_length=200, exclude_if=_none)] = ""
    """Of the model's weights, as the settings say."""
    said: Annotated[str, Field(max_length=200, exclude_if=_none)] = ""
    """What the server calls its model, where that is something else."""
    times: Annotated[int, Field(ge=1, le=10**9)] = 1
    """How many attempts."""
    input_tokens: Count = 0
    output_tokens: Count = 0
    micros: Count = 0
    """Of all, in millionths of the currency."""
    currency: Name = "USD"
    failed: Annotated[str, Field(max_length=400, exclude_if=_none)] = ""
    """Why there was no answer; empty where there was one."""


class Attempt(Account):
    """The same, of which decision."""

    decision: Name
    """The state and, behind #, which visit of it."""


class Answer(Told):
    """What the model wrote, parsed as JSON and nothing more; the workflow validates it against the machine."""

    content: dict[str, JsonValue]
    model: str
    """The model that answered, as the settings name it."""
    prompt: str
    """Id of the prompt."""
    prompt_version: int
    """The version that the prompt states."""
    prompt_hash: str
    """First 12 hex characters of the SHA-256 of the prompt file, whatever it states."""
    usage: Usage
    duration_ms: int
    endpoint: Annotated[str, Field(exclude_if=_none)] = ""
    """Which of the settings' endpoints answered."""
    revision: Annotated[str, Field(exclude_if=_none)] = ""
    """Of the model's weights, as the settings say."""
    accounts: Annotated[tuple[Account, ...], Field(max_length=100, exclude_if=_none)] = ()
    """What it has cost to get it, attempts that failed among it."""


class Proposal(Contract):
    """One event of the machine with typed arguments, chosen by the model and found legal."""

    event: str
    arguments: dict[str, JsonValue]
    rationale: str
    """The model's short reason: shown to people, never executed."""
