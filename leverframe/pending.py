"""The actions that wait, the nearest deadline first, as Temporal's lists tell of them without asking any action."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from temporalio.client import Client, WorkflowExecution

from leverframe.contracts import names
from leverframe.errors import InvalidRequest
from leverframe.naming import role_named
from leverframe.server_answers import LISTED, answered

PAGE = 1000
"""How many the server lists at a time, at the most."""
FEW = 100
"""So many are listed where some of very many are wanted."""
NOT_CASES = f"WorkflowType != '{names.CASE}'"
HOURS = 2**14
"""Up to so many from now, nearly two years, deadlines are looked for in ever longer ranges."""
BEGINNING, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(seconds=1)
"""Of the ranges: those whose deadlines are nearer to one another are read whole."""


@dataclass(frozen=True)
class Pending:
    """An action that waits for somebody."""

    action_id: str
    action: str
    """Which action; of a case, which one it is about."""
    state: str
    awaiting: str
    """``user``, ``model`` where it has not answered in time, or the role of the operators that may decide."""
    since: datetime
    """When the action was started, UTC."""
    deadline: datetime | None = None
    """When waiting ends, UTC; ``None`` of an action that was started before its deadline was listed."""
    claimed: str = ""
    """Who is on it, of what waits for operators; nothing while nobody is."""
    escalated: bool = False
    """Whether it has waited so long that it was escalated."""


def waiting_query(awaiting: str | None, users: bool = True) -> str:
    """Temporal's list filter for open actions that wait for somebody, or for that role; raises InvalidRequest.

    ``users`` is whether those are meant too that wait for a user, or for a model that is late, where no role is named.
    """
    name, awaiting = names.AWAITING.name, awaiting if awaiting is None else role_named(awaiting)
    whom = f"{name} = '{awaiting}'"
    if awaiting is None:
        whom = f"{name} != 'nobody'" if users else f"{name} NOT IN ('nobody', 'user', 'model')"
    elif not awaiting.replace("_", "").isalnum():
        raise InvalidRequest(f"awaiting: expected a role's name or 'user', got {awaiting!r}")
    return f"ExecutionStatus = 'Running' AND {NOT_CASES} AND {whom}"


def cases_query(role: str | None) -> str:
    """Temporal's list filter for open cases, or for those of a role; raises InvalidRequest."""
    query = f"ExecutionStatus = 'Running' AND WorkflowType = '{names.CASE}'"
    if role is None:
        return query
    role = role_named(role)
    if not role.replace("_", "").isalnum():
        raise InvalidRequest(f"role: expected a role's name, got {role!r}")
    return f"{query} AND {names.AWAITING.name} = '{role}'"


def roles_query(roles: Collection[str], claimed: str | None = None) -> str:
    """Temporal's list filter for what waits for one of these roles; raises InvalidRequest.

    ``claimed`` is whom it is claimed by: empty for nobody, ``None`` for whomever.
    """
    for one in (*roles, claimed or ""):
        if not re.fullmatch(r"[\w@. -]*", one):
            raise InvalidRequest(f"expected a role's or a person's name, got {one!r}")
    listed = ", ".join(f"'{role}'" for role in sorted(roles)) or "''"
    whose = {None: "", "": f" AND {names.CLAIMED.name} IS NULL"}.get(
        claimed, f" AND {names.CLAIMED.name} = '{claimed}'"
    )
    waiting = f"ExecutionStatus = 'Running' AND {NOT_CASES} AND {names.AWAITING.name} IN ({listed})"
    return f"{waiting}{'' if claimed is None else whose}"


def open_query() -> str:
    """Temporal's list filter for all open actions, also those that wait for nobody."""
    return f"ExecutionStatus = 'Running' AND {NOT_CASES} AND {names.ACTION.name} IS NOT NULL"


async def nearest_first(client: Client, query: str, within: float) -> AsyncIterator[Pending]:
    """What a query of waiting actions finds, the nearest deadline first and those without one last.

    Temporal sorts its lists by when actions were started, and by nothing else. So what does not fit into one page is
    asked for by ranges of the deadline: however much waits, what ends next is found at once. Each call has ``within``
    seconds. Raises ServerUnreachable or ServerRefused.
    """
    found, more = await _listed(client, query, within, PAGE)
    if not more:
        for one in found:
            yield one
        return
    for low, high in _ranges():
        async for one in _between(client, query, within, PAGE, low, high):
            yield one
    for one in (await _listed(client, f"{query} AND {names.DEADLINE.name} IS NULL", within, PAGE, whole=True))[0]:
        yield one


async def some(client: Client, query: str, within: float, start: int, most: int) -> tuple[list[Pending], int]:
    """``most`` from ``start`` on of what :func:`nearest_first` finds, and how many there are in all.

    Whatever lies before is counted by the server and not listed: each page comes as soon. Raises as that one.
    """
    count = await _count(client, query, within)
    if start >= count:
        return [], count
    if count <= FEW:
        found, _ = await _listed(client, query, within, FEW)
        return found[start : start + most], count
    ranges = _ranges()
    counts = await asyncio.gather(*(_count(client, _ranged(query, *one), within) for one in ranges))
    left = [_Part(low, high, here) for (low, high), here in zip(ranges, counts, strict=True) if here]
    taken: list[Pending] = []
    while left and len(taken) < most:
        part = left.pop(0)
        if start >= part.count:
            start -= part.count
        elif part.count <= FEW or part.high - part.low <= SHORTEST:
            listed, _ = await _listed(client, _ranged(query, part.low, part.high), within, FEW, whole=True)
            taken += listed[start:]
            start = 0
        else:
            middle = part.low + (part.high - part.low) / 2
            first = await _count(client, _ranged(query, part.low, middle), within)
            left[:0] = [_Part(part.low, middle, first), _Part(middle, part.high, part.count - first)]
    if len(taken) < most:
        listed, _ = await _listed(client, f"{query} AND {names.DEADLINE.name} IS NULL", within, PAGE, whole=True)
        taken += listed[start:]
    return taken[:most], count


@dataclass(frozen=True)
class _Part:
    """How many have their deadline in a range."""

    low: datetime
    high: datetime
    count: int


async def _count(client: Client, query: str, within: float) -> int:
    async with answered(client, within, LISTED):
        return (await client.count_workflows(query)).count


def _ranges() -> list[tuple[datetime, datetime]]:
    """Ever longer ones from now on, and what was before."""
    now = datetime.now(UTC)
    return [*pairwise((BEGINNING, *(now + timedelta(hours=hours) for hours in _doubled(HOURS)), END))]


def _ranged(query: str, low: datetime, high: datetime) -> str:
    deadline = names.DEADLINE.name
    return f"{query} AND {deadline} >= '{low.isoformat()}' AND {deadline} < '{high.isoformat()}'"


def _doubled(last: int) -> list[int]:
    return [2**power for power in range(last.bit_length())]


async def _between(
    client: Client, query: str, within: float, page: int, low: datetime, high: datetime
) -> AsyncIterator[Pending]:
    short = high - low <= SHORTEST
    found, more = await _listed(client, _ranged(query, low, high), within, page, whole=short)
    if more:
        middle = low + (high - low) / 2
        for part in ((low, middle), (middle, high)):
            async for one in _between(client, query, within, page, *part):
                yield one
        return
    for one in found:
        yield one


async def _listed(
    client: Client, query: str, within: float, page: int, whole: bool = False
) -> tuple[list[Pending], bool]:
    """What the first page lists (or, ``whole``, all pages), sorted, and whether there is more."""
    listed = client.list_workflows(query, page_size=page)
    found: list[Pending] = []
    while True:
        async with answered(client, within, LISTED):
            await listed.fetch_next_page()
        found += map(_pending, listed.current_page or ())
        if not (whole and listed.next_page_token):
            return sorted(found, key=_nearest), bool(listed.next_page_token)


def _nearest(pending: Pending) -> tuple[datetime, str]:
    return (pending.deadline or END, pending.action_id)


def _pending(execution: WorkflowExecution) -> Pending:
    attributes = execution.typed_search_attributes
    return Pending(
        action_id=execution.id,
        action=attributes.get(names.ACTION, execution.workflow_type),
        state=attributes.get(names.STATE, ""),
        awaiting=attributes.get(names.AWAITING, ""),
        since=execution.start_time,
        deadline=attributes.get(names.DEADLINE),
        claimed=attributes.get(names.CLAIMED, ""),
        escalated=attributes.get(names.ESCALATED) == "yes",
    )
