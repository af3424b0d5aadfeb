"""What a capability is used for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from leverframe.contracts.plan import PlannedCall
from leverframe.placeholders import put_back

Operation = Literal["read", "write", "destructive", "preview", "judge", "record"]
"""What a token is used for. ``record`` (to note what happened) outlives expiry: nothing of a story is lost."""


@dataclass(frozen=True)
class Use:
    """Exactly what a token is to be used for: what it is narrowed to, and what is asked of it when it is verified."""

    operation: Operation
    action_id: str
    tools: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    """Ids of rows that the arguments name."""
    plan: str | None = None
    """Digest of the approved plan; needed for a destructive call."""


def use_of(
    operation: Operation,
    action_id: str,
    calls: Sequence[PlannedCall],
    placeholders: Mapping[str, str],
    plan: str | None = None,
) -> Use:
    """What running (or previewing) these calls needs; rows are the arguments whose names end in ``_id`` or ``_ids``,
    with masked values put back.
    """
    rows = [row for call in calls for row in _rows(put_back(call.arguments, placeholders))]
    return Use(operation, action_id, tuple(sorted({call.tool for call in calls})), tuple(sorted(set(rows))), plan)


PART = "/"
"""Between an action's id and the number of a part of it."""


def part_id(action_id: str, number: int) -> str:
    """The id of an action that runs as a part of another one."""
    return f"{action_id}{PART}{number}"


def case_id(action_id: str) -> str:
    """The id of the case about an action."""
    return f"{action_id}{PART}case"


def feedback_id(action_id: str, number: int) -> str:
    """The id of what its user says of an action that has ended, for the so manieth time."""
    return f"{action_id}{PART}feedback{PART}{number}"


def people_id(action_id: str) -> str:
    """The id of what is told of what people did about the request of an action."""
    return f"{action_id}{PART}people"


def is_part(action_id: str) -> bool:
    """Whether an action of this id runs as a part of another one."""
    return PART in action_id


def family(action_id: str) -> list[str]:
    """The id itself, and of all actions that it is a part of."""
    names = action_id.split(PART)
    return [PART.join(names[: count + 1]) for count in range(len(names))]


def _rows(arguments: Mapping[str, JsonValue]) -> list[str]:
    named = [value for name, value in arguments.items() if name.endswith(("_id", "_ids"))]
    return [str(row) for value in named for row in (value if isinstance(value, list) else [value])]
