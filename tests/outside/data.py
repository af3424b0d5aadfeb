"""The outside retail data as they lie in their folder."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
"""Where the data are beside a checkout, if they are there."""
TASKS, CASES, DATABASE = "tasks*.jsonl", "decision_cases*.jsonl", "db.json"

Documents = dict[str, dict[str, Any]]
"""Users and orders in the form of ``db.json``: kind, then id."""


class Line(BaseModel):
    """A line of a file; what is not needed here may stand in it."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class DataCall(Line):
    """A call in the data set's own words."""

    name: str
    arguments: dict[str, Any]


class Task(Line):
    """What a customer wanted, the right calls, and the rows that differ after them."""

    id: str = Field(alias="task_id")
    user_id: str
    actions: tuple[DataCall, ...]
    action_results: tuple[str, ...] | None = None
    """What the later benchmark's code made of each call: ``ok`` or an error."""
    expected_after: Documents
    expected_after_tau2_code: Documents | None = None


class Case(Line):
    """One call that must be allowed or refused, after others that all pass."""

    id: str = Field(alias="case_id")
    kind: str
    as_user: str
    setup: tuple[DataCall, ...] = ()
    call: DataCall
    expected: Literal["allow", "deny"]


@dataclass(frozen=True)
class Retail:
    """A data set: the folder of its database, and what to do with it."""

    database: Path
    tasks: tuple[Task, ...]
    cases: tuple[Case, ...]


AnyLine = TypeVar("AnyLine", bound=Line)


def read(folder: Path) -> Retail | None:
    """The data in ``folder/retail``, or in the folder itself; ``None`` where there are none.

    Without a database of their own they are about the one beside the checkout.
    """
    for place in (folder / "retail", folder):
        tasks, cases = tuple(_lines(place, TASKS, Task)), tuple(_lines(place, CASES, Case))
        if tasks or cases:
            own = (place / DATABASE).exists()
            return Retail(place if own else SHARED / "retail", tasks, cases)
    return None


def _lines(folder: Path, pattern: str, kind: type[AnyLine]) -> Iterator[AnyLine]:
    for file in sorted(folder.glob(pattern)):
        with file.open(encoding="utf-8") as lines:
            yield from (kind.model_validate(json.loads(line)) for line in lines if line.strip())
