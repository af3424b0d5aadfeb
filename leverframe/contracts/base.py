from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

ActionName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")]
"""Name of an action; also its machine's name and the Temporal workflow type."""

Facts: TypeAlias = dict[str, JsonValue]
"""What scoped reads have returned, by name; machine conditions and the model see nothing else."""


Capability: TypeAlias = Annotated[str, Field(min_length=1, max_length=16384, pattern=r"^[A-Za-z0-9_=-]+$")]
"""A capability as text (:mod:`leverframe.capability`); fields of it are left out of ``repr``."""


class Contract(BaseModel):
    """A message between roles: immutable, and strict about what it does not know."""

    # Without the input: an error must not quote a token or a customer's words.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Told(Contract):
    """What services and people are told: a newer workflow may say more than is known here, which voids nothing."""

    model_config = ConfigDict(extra="ignore")
