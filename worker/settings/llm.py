"""The llm role, where it has one model."""

from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from worker.settings.base import Settings, secrets_dir

if TYPE_CHECKING:
    # Only the llm role's process holds its code.
    from activities.model_endpoint import Routes


class ModelPrices(Settings):
    """What the model's tokens cost; without prices no cost is told."""

    needed_by = "the llm role"

    model_input_price: Decimal = Field(default=Decimal(0), ge=0)
    """Of a million tokens that the model reads."""
    model_output_price: Decimal = Field(default=Decimal(0), ge=0)
    """Of a million tokens that the model writes."""
    model_currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    """Of the prices, by ISO 4217."""


class ModelSettings(ModelPrices):
    """The model's endpoint; any OpenAI-compatible server."""

    needed_by = "the llm role"

    model_url: str = Field(description="base URL of the model server, for example http://127.0.0.1:8000/v1")
    model_name: str = Field(description="the model's name as its server knows it")
    model_revision: str = Field(default="", max_length=200)
    """Of the weights, for the ledger."""
    model_api_key: SecretStr = SecretStr("none")
    model_provider: str = "vllm"
    """``gen_ai.provider.name`` in spans."""
    model_timeout: float = Field(default=60, gt=0, le=600)
    """Seconds for one whole call."""
    model_max_tokens: int = Field(default=400, ge=16, le=4096)
    """Longest answer, in tokens."""
    model_seed: int = 7
    model_cache_salt: bool = False
    """Of vLLM: what it keeps of prompts is kept for each tenant alone."""
    model_priority: bool = False
    """Of vLLM with ``--scheduling-policy priority``: it serves by the actions' priorities."""
    model_concurrency: int = Field(default=8, ge=1, le=1000)
    """How many proposals this process asks for at a time."""

    @property
    def currency(self) -> str:
        return self.model_currency

    def routing(self) -> "Routes":
        """What the llm role asks: this one, whatever is to be decided."""
        from activities.model_endpoint import ModelEndpoint, Routes

        folder = secrets_dir()
        file = folder / "leverframe_model_api_key" if folder else None
        only = ModelEndpoint(
            base_url=self.model_url,
            model=self.model_name,
            api_key=self.model_api_key.get_secret_value(),
            provider=self.model_provider,
            timeout=self.model_timeout,
            max_tokens=self.model_max_tokens,
            seed=self.model_seed,
            revision=self.model_revision,
            key_file=file if file and file.is_file() else None,
            input_price=self.model_input_price,
            output_price=self.model_output_price,
            currency=self.model_currency,
            cache_salt=self.model_cache_salt,
            priority=self.model_priority,
            concurrency=self.model_concurrency,
        )
        return Routes((only,))
