"""A small part of a data set with something of every kind. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, zip_longest
from typing import TypeVar

from tests.outside.data import Case, Retail, Task

TASKS, CASES = 40, 80

Item = TypeVar("Item")


def sample(data: Retail) -> Retail:
    """Tasks with every combination of calls, and cases of every kind with every call, as far as they fit."""
    return Retail(data.database, spread(data.tasks, _calls, TASKS), spread(data.cases, _kind, CASES))


def spread(items: Iterable[Item], kind: Callable[[Item], object], most: int) -> tuple[Item, ...]:
    """At most so many items: the first of each kind, then the second of each, and so on."""
    kinds: dict[object, list[Item]] = defaultdict(list)
    for item in items:
        kinds[kind(item)].append(item)
    in_turn = (item for item in chain.from_iterable(zip_longest(*kinds.values())) if item is not None)
    return tuple(item for item, _ in zip(in_turn, range(most), strict=False))


def _calls(task: Task) -> tuple[str, ...]:
    return tuple(sorted({call.name for call in task.actions}))


def _kind(case: Case) -> tuple[str, str]:
    return (case.kind, case.call.name)
