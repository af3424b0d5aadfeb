"""The guards role."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from worker.settings.base import Settings


class GuardSettings(Settings):
    """A guard model that is asked where the classifier alone is uneasy; any OpenAI-compatible server.

    Without it, a person is asked at once.
    """

    needed_by = "the guards role"

    guard_url: str | None = None
    """Base URL of the guard model's server."""
    guard_model: str | None = Field(default=None, validate_default=True)
    """The guard model's name as its server knows it."""
    guard_api_key: SecretStr = SecretStr("none")
    guard_timeout: float = Field(default=3, gt=0, le=8)
    """Seconds for one call; less than a screening may take."""

    @field_validator("guard_model")
    @classmethod
    def _named(cls, model: str | None, info: ValidationInfo) -> str | None:
        if bool(model) != bool(info.data.get("guard_url")):
            raise ValueError("the guard model needs both its URL (LEVERFRAME_GUARD_URL) and its name, or neither")
        return model
