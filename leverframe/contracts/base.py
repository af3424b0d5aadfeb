from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

ActionName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")]
"""Name of an action; also its machine's name and the Temporal workflow type."""

Facts: TypeAlias = dict[str, JsonValue]
"""What scoped reads have returned, by name; machine conditions and the model see nothing else."""


class Contract(BaseModel):
    """A message between roles: immutable, and strict about what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
