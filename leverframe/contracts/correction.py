from pydantic import JsonValue

from leverframe.contracts.base import Told


class Correctable(Told):
    """An argument of the plan that waits, which people may choose otherwise."""

    name: str
    now: JsonValue
    """What the plan was made with."""
    options: tuple[str, ...]
    """What the machine offers on the facts of this action."""
    most: int | None = None
    """How many of them may be chosen together; ``None`` for exactly one."""


class Correctables(Told):
    """What a correction (:class:`~leverframe.contracts.decision.Handling`) may change now."""

    arguments: tuple[Correctable, ...] = ()
