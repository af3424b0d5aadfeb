"""What all bodies of the ledger's entries have in common."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, JsonValue, ValidationError

from leverframe.contracts.base import Contract

EntryKind = Literal[
    "started", "transition", "verdict", "proposal", "plan", "decision", "effect", "reminder", "escalation", "question",
    "answer", "withdrawal", "problem", "part", "closed", "reopened", "settlement", "handling", "case", "feedback",
    "people", "attempt",
]  # fmt: skip


def _absent(value: object) -> bool:
    return value is None or value is False or value in ((), "", {})


IfAny = Field(exclude_if=_absent)
"""Written only where there is something: what came later leaves the bodies of all others as they were."""


class Malformed(ValueError):
    """A body is none that this version knows: forged, or of a newer one. The message holds nothing of it."""


class Entry(Contract):
    """Base of the bodies. What was added later has a default, so that older entries are read too."""

    kind: ClassVar[EntryKind]

    def written(self) -> dict[str, JsonValue]:
        """The body as it is recorded."""
        return self.model_dump(mode="json")

    @classmethod
    def read(cls, body: Mapping[str, JsonValue]) -> Self:
        """What a body says; what a later version adds to it is left out. Raises :class:`Malformed`."""
        try:
            return cls.model_validate({name: body[name] for name in cls.model_fields if name in body})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise Malformed(f"its body is not that of a {cls.kind}: {first['loc'][0]}: {first['msg']}") from None
        except RecursionError:
            raise Malformed(f"its body is not that of a {cls.kind}: it goes too deep") from None
