"""Which model servers there are, what their tokens cost, and which of them are asked where, in order."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path


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
    name: str = "default"
    """What the settings call it, and the ledger."""
    revision: str = ""
    """Of the weights, as far as it is known."""
    key_file: Path | None = None
    """Where the key stands; it is read again when the server refuses the one that was there."""
    input_price: Decimal = Decimal(0)
    """Of a million tokens that are read, in :attr:`currency`; so it is also the price of one in millionths of that."""
    output_price: Decimal = Decimal(0)
    """Of a million tokens that are written."""
    currency: str = "USD"
    cache_salt: bool = False
    """Whether the server is vLLM, and keeps what it has read of each tenant's prompts apart from the others'."""
    priority: bool = False
    """Whether the server is vLLM, and is to serve by the actions' priorities (``--scheduling-policy priority``)."""
    concurrency: int = 8
    """How many requests a process has open there at a time."""

    def micros(self, read: int, written: int) -> int:
        """What so many tokens cost, in millionths of the currency, rounded up."""
        return math.ceil(self.input_price * read + self.output_price * written)

    def key(self) -> str:
        """The key as it stands now; an unreadable file is an old key."""
        try:
            return self.key_file.read_text(encoding="utf-8").strip() if self.key_file else self.api_key
        except (OSError, UnicodeDecodeError):
            return self.api_key


Route = tuple[ModelEndpoint, ...]


@dataclass(frozen=True)
class Routes:
    """Which endpoints are asked for a decision: the next where one is away, or answers with nothing of use."""

    default: Route
    by: Mapping[str, Route] = field(default_factory=dict)
    """By ``action.state`` or ``action``."""

    def of(self, action: str, state: str) -> Route:
        """The route of a decision."""
        return self.by.get(f"{action}.{state}") or self.by.get(action) or self.default

    @property
    def endpoints(self) -> Route:
        """All that can be asked, each once."""
        return tuple(dict.fromkeys(one for route in (self.default, *self.by.values()) for one in route))

    @property
    def concurrency(self) -> int:
        """How many decisions are worked on at a time: as many as those that are asked first take."""
        return sum(one.concurrency for one in dict.fromkeys(r[0] for r in (self.default, *self.by.values()) if r))
