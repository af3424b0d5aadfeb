"""The embedded services."""

from pathlib import Path

from pydantic import Field

from worker.settings.base import Settings


class EmbeddedSettings(Settings):
    """The embedded services' own choices."""

    needed_by = "the embedded services"

    model: str = "qwen2.5-coder-0.5b"
    """Which small model to serve."""
    model_path: Path | None = None
    """A GGUF file to use instead of fetching it; its SHA-256 must be the model's."""
    ui_port: int = Field(default=8080, ge=0, le=65534)
    """Where 'up' and 'demo' put Temporal's UI, with its codec server on the next port; where these are taken, and with
    0, free ones are used."""
