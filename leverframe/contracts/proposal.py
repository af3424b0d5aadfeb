from pydantic import JsonValue

from leverframe.contracts.base import Contract, Facts, Told
from leverframe.contracts.policy import Clause


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


class Usage(Told):
    """Tokens of one model call."""

    input_tokens: int
    output_tokens: int


class Answer(Told):
    """What the model wrote, parsed as JSON and nothing more; the workflow validates it against the machine."""

    content: dict[str, JsonValue]
    model: str
    """The model that answered, as its server names it."""
    prompt: str
    """Id of the prompt."""
    prompt_version: int
    """The version that the prompt states."""
    prompt_hash: str
    """First 12 hex characters of the SHA-256 of the prompt file, whatever it states."""
    usage: Usage
    duration_ms: int


class Proposal(Contract):
    """One event of the machine with typed arguments, chosen by the model and found legal."""

    event: str
    arguments: dict[str, JsonValue]
    rationale: str
    """The model's short reason: shown to people, never executed."""
