from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

ActionName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")]
"""Name of an action; also its machine's name and the Temporal workflow type."""

Facts: TypeAlias = dict[str, JsonValue]
"""What scoped reads have returned, by name; machine conditions and the model see nothing else."""


Capability: TypeAlias = Annotated[str, Field(min_length=1, max_length=16384, pattern=r"^[A-Za-z0-9_=-]+$")]
"""A capability as text (:mod:`leverframe.capability`); fields of it are left out of ``repr``."""


def unsaid(some: object) -> bool:
    """Whether a newer field says nothing: it is left out then, and versions that do not know it read the rest."""
    return some is None or some is False or some == ()


class Contract(BaseModel):
    """A message between roles: immutable, and strict about what it does not know.

    They only grow: a new field has a default, and no field or value goes. What is asked of a role that does not know
    a field fails there and is tried again, so that roles are brought up to date before workflows.
    """

    # Without the input: an error must not quote a token or a customer's words.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Told(Contract):
    """What services, people and workflows are told: who says it may be newer than who reads it, and may say more than
    is known here, which voids nothing. What a plan says is not of this kind: all of it is shown, or nobody approves.
    """

    model_config = ConfigDict(extra="ignore")
