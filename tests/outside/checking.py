"""Tasks and cases of the data set, each on a fresh shop, compared with what the data set expects."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from activities.policy import load_policy
from tests.outside.acting import Actor, Outcome
from tests.outside.data import Case, DataCall, Documents, Task
from tests.outside.documents import documents, plain
from tests.outside.expecting import KINDS, expected_after, expected_result
from tests.outside.fresh import Changed, FreshShop
from tests.outside.rules import fitting
from tests.outside.translating import translated, writes


@dataclass(frozen=True)
class TaskResult:
    """How a replayed task compares."""

    writes: int
    agreeing: int
    """Writes that were carried out or refused as the data set says."""
    mismatches: tuple[str, ...]


@dataclass
class Checker:
    """Plays tasks and cases on one shop, which is put back after each."""

    shop: FreshShop
    actor: Actor
    before: Documents
    """All users and orders of the data set."""

    async def task(self, task: Task) -> TaskResult:
        """Replay the right calls, and compare the rows that differ after them."""
        outcomes = [
            (place, call, await self._do(call, task.user_id)) for place, call in enumerate(task.actions) if writes(call)
        ]
        verdicts = [
            f"{task.id}: {call.name} {call.arguments} as {task.user_id}: expected {result!r}, found {outcome}"
            for place, call, outcome in outcomes
            if (result := expected_result(task, place)) is not None and outcome.fulfilled != (result == "ok")
        ]
        found, expected = await self.differing(), expected_after(task)
        told = "; ".join(f"{call.name} {outcome}" for _, call, outcome in outcomes)
        rows = [
            f"{task.id}: {key} expected {_apart(expected[kind].get(key), found[kind].get(key))}; after {told}"
            for kind in KINDS
            for key in sorted(found[kind].keys() | expected[kind].keys())
            if found[kind].get(key) != expected[kind].get(key)
        ]
        return TaskResult(len(outcomes), len(outcomes) - len(verdicts), (*verdicts, *rows))

    async def case(self, case: Case) -> list[str]:
        """Try the one call; returns what is otherwise than expected."""
        problems = await self._setup(case) or await self._tried(case)
        await self.shop.restore(await self.shop.changes())
        return problems

    async def _setup(self, case: Case) -> list[str]:
        outcomes = [(call, await self._do(call, case.as_user)) for call in case.setup]
        return [
            f"{case.id}: expected the setup {call.name} {call.arguments} to pass, found {outcome}"
            for call, outcome in outcomes
            if not outcome.fulfilled
        ]

    async def _tried(self, case: Case) -> list[str]:
        before = await self.shop.changes()
        outcome = await self._do(case.call, case.as_user)
        what = f"{case.id} ({case.kind}): {case.call.name} {case.call.arguments} as {case.as_user}"
        if case.expected == "allow":
            return [] if outcome.fulfilled else [f"{what}: expected to be allowed, found {outcome}"]
        return [f"{what}: {problem}" for problem in _problems(case, outcome, before, await self.shop.changes())]

    async def _do(self, call: DataCall, user_id: str) -> Outcome:
        try:
            wish = translated(call, user_id)
        except LookupError as error:
            return Outcome(False, told=str(error))
        return await self.actor.fulfil(user_id, wish)

    async def differing(self) -> Documents:
        """The users and orders that differ, as they stand now; the shop is put back then."""
        changes = await self.shop.changes()
        rows = [(change.table, change.values) for change in changes]
        users = {row["customer_id"] for table, row in rows if table in ("customers", "payment_methods")}
        orders = {row["order_id"] for _, row in rows if "order_id" in row}
        async with AsyncSession(self.shop.owner) as session:
            now = await documents(session, users, orders)
        await self.shop.restore(changes)
        return {
            kind: {key: it for key, it in now[kind].items() if it != plain(self.before[kind].get(key))}
            for kind in KINDS
        }


def _problems(case: Case, outcome: Outcome, before: frozenset[Changed], after: frozenset[Changed]) -> list[str]:
    if outcome.fulfilled:
        return ["expected to be refused, was carried out"]
    problems = []
    if not outcome.rules or any(not _known(rule) for rule in outcome.rules):
        problems.append(f"expected a refusal that names its rule, found {outcome}")
    elif (rules := fitting(case)) is not None and not rules & outcome.rules:
        problems.append(f"expected one of {', '.join(sorted(rules))} as the rule, found {outcome}")
    if before != after:
        problems.append(f"expected no changed row, found {sorted(before ^ after)}")
    return problems


def _known(rule: str) -> bool:
    return rule.startswith("argument ") or rule in load_policy().clauses


def _apart(wanted: Any, found: Any) -> str:
    """Where two documents differ."""
    if not isinstance(wanted, dict) or not isinstance(found, dict):
        return f"{wanted}, found {found}"
    names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    return "; ".join(f"{name} {wanted.get(name)}, found {found.get(name)}" for name in names)
