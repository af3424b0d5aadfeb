"""All tasks and cases of a data set, one after the other, counted."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from tests.outside.acting import Actor
from tests.outside.approving import Approvers
from tests.outside.checking import Checker
from tests.outside.data import DATABASE, Retail
from tests.outside.fresh import FreshShop
from tools.approvals import ApprovalRecord
from tools.scope import ScopedSessions, create_engine
from tools.shop.retail import read_retail, shop_of
from tools.shop.store import store
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import Database

STEP = 100
"""After how many tasks or cases it is told how far the replay is."""

Tell = Callable[[str], None]


@dataclass
class Count:
    """How many of a kind were as expected."""

    right: int = 0
    of: int = 0

    def add(self, right: int, of: int = 1) -> None:
        self.right += right
        self.of += of

    def __str__(self) -> str:
        return f"{self.right} of {self.of}"


@dataclass
class Summary:
    """What came of a replay."""

    writes: Count = field(default_factory=Count)
    tasks: Count = field(default_factory=Count)
    refusals: Count = field(default_factory=Count)
    allowed: Count = field(default_factory=Count)

    @property
    def as_expected(self) -> bool:
        return all(count.right == count.of for count in (self.writes, self.tasks, self.refusals, self.allowed))

    def __str__(self) -> str:
        return (
            f"outside retail: {self.writes} writes carried out or refused as expected in {self.tasks.of} tasks "
            f"({self.tasks.right} equal), {self.refusals} refusals refused with their rule and no changed row, "
            f"{self.allowed} allowed"
        )


@asynccontextmanager
async def opened(database: Database | EmbeddedPostgres, data: Retail) -> AsyncIterator[Checker]:
    """The data set's shop in an empty database, and who acts in it."""
    async with AsyncExitStack() as stack:
        urls = (database.owner_url, database.tools_url, database.approvals_url)
        owner, tools, approvals = engines = [create_engine(url) for url in urls]
        for engine in engines:
            stack.push_async_callback(engine.dispose)
        await store(owner, shop_of(read_retail(data.database)))
        before = json.loads((data.database / DATABASE).read_bytes())
        actor = Actor(ScopedSessions(tools, database.scope_key), Approvers(ApprovalRecord(approvals)))
        yield Checker(await FreshShop.keep(owner), actor, before)


async def replay(checker: Checker, data: Retail, tell: Tell) -> Summary:
    """Play everything; each mismatch is told at once."""
    summary = Summary()
    for number, task in enumerate(data.tasks, start=1):
        result = await checker.task(task)
        summary.writes.add(result.agreeing, result.writes)
        summary.tasks.add(not result.mismatches)
        _told(tell, result.mismatches, "tasks", number, len(data.tasks))
    for number, case in enumerate(data.cases, start=1):
        mismatches = await checker.case(case)
        (summary.allowed if case.expected == "allow" else summary.refusals).add(not mismatches)
        _told(tell, mismatches, "cases", number, len(data.cases))
    return summary


def _told(tell: Tell, mismatches: Iterable[str], what: str, number: int, of: int) -> None:
    for mismatch in mismatches:
        tell(f"MISMATCH {mismatch}")
    if number % STEP == 0 or number == of:
        tell(f"{what}: {number} of {of}")
