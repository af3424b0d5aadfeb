"""The llm role."""

from pydantic import Field, SecretStr

from worker.settings.base import Settings


class ModelSettings(Settings):
    """The model's endpoint; any OpenAI-compatible server."""

    needed_by = "the llm role"

    model_url: str = Field(description="base URL of the model server, for example http://127.0.0.1:8000/v1")
    model_name: str = Field(description="the model's name as its server knows it")
    model_api_key: SecretStr = SecretStr("none")
    model_provider: str = "vllm"
    """``gen_ai.provider.name`` in spans."""
    model_timeout: float = Field(default=60, gt=0, le=600)
    """Seconds for one whole call."""
    model_max_tokens: int = Field(default=400, ge=16, le=4096)
    """Longest answer, in tokens."""
    model_seed: int = 7
    model_concurrency: int = Field(default=8, ge=1, le=1000)
    """How many proposals this process asks for at a time."""
