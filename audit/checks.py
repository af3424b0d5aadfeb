"""What can be wrong with an action's ledger, its effects and their approvals. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from pydantic import JsonValue

from leverframe.contracts.entries import Effected, Planned
from leverframe.contracts.plan import Row, RowChange
from leverframe.digest import call_digest, is_genuine
from leverframe.lookalikes import folded_name
from tools.approvals import RecordedDecision
from tools.base import Noting
from tools.chain import GENESIS, Head, LedgerRow
from tools.ledger import effect_key
from tools.said import said_as
from tools.toolbox import toolbox


@dataclass(frozen=True)
class Problem:
    """Something that does not hold; ``seq`` is the entry's place in its chain, when it is about one."""

    action_id: str
    seq: int | None
    what: str

    def __str__(self) -> str:
        place = f"entry {self.seq}" if self.seq is not None else "chain"
        return f"{self.action_id}, {place}: {self.what}"


@dataclass(frozen=True)
class Mark:
    """A business row that names the action that changed it."""

    table: str
    key: dict[str, JsonValue]


def verify(action_id: str, entries: Sequence[LedgerRow], head: Head | None) -> list[Problem]:
    """What is wrong with a chain: ``entries`` in the order of ``seq``, ``head`` where it should end. Pure."""
    problems: list[Problem] = []
    expected = Head()
    for entry in entries:
        problems += [Problem(action_id, entry.seq, what) for what in _entry_problems(entry, expected)]
        expected = Head(entry.seq, entry.hash)
    if head is None and entries:
        problems.append(Problem(action_id, None, "its head is missing"))
    elif head is not None and not entries:
        problems.append(Problem(action_id, None, f"all of its {head.seq} entries are missing"))
    elif head is not None and head.seq > expected.seq:
        problems.append(Problem(action_id, None, f"entries {expected.seq + 1} to {head.seq} at its end are missing"))
    elif head is not None and head != expected:
        problems.append(Problem(action_id, expected.seq, "the head does not fit the last entry; one was changed"))
    return problems


def _entry_problems(entry: LedgerRow, before: Head) -> Iterable[str]:
    if entry.seq != before.seq + 1:
        yield f"it follows entry {before.seq}; what was between them is missing"
    elif entry.prev_hash != before.hash:
        yield "it is not chained to the entry before it; one was changed or moved"
    if entry.hash != _computed(entry):
        yield "its contents do not have its hash; it was changed"


def _computed(entry: LedgerRow) -> str:
    try:
        return entry.computed_hash()
    except ValueError:
        return GENESIS  # holds what no entry was ever written with


def unrecorded(
    action_id: str, entries: Sequence[LedgerRow], marks: Iterable[Mark], unreadable: Collection[int] = ()
) -> list[Problem]:
    """Business rows that name the action while no effect in its ledger says that it changed them. Pure.

    Nobody can tell of an action with effects among the ``unreadable`` entries.
    """
    if any(entry.kind == "effect" and entry.seq in unreadable for entry in entries):
        return []
    changed = [(change.table, change.key) for _, effect in said_as(Effected, entries) for change in effect.changes]
    return [
        Problem(action_id, None, f"{mark.table} {mark.key} says that this action changed it, and no effect does")
        for mark in marks
        if (mark.table, mark.key) not in changed
    ]


def unapproved(
    action_id: str,
    entries: Sequence[LedgerRow],
    decisions: Sequence[RecordedDecision],
    unreadable: Collection[int] = (),
) -> list[Problem]:
    """Effects that need an approval and whose plan the record of decisions does not show to be approved. Pure.

    What the tools role says of an effect is not believed: it is one of the calls of the plan that was approved, or it
    takes back what this very action did before. Of an ``unreadable`` effect only the digest of its plan can be seen;
    one without was of a taking back, or of nothing that the ledger could still show.
    """
    problems = []
    approved, earlier = _Planned(action_id, entries), list[Effected]()
    for entry in entries:
        if entry.kind != Effected.kind:
            continue
        effect = next((effect for _, effect in said_as(Effected, [entry])), None)
        if effect is not None:
            earlier.append(effect)
            if _takes_back(effect, earlier[:-1]):
                continue
        # A sealed one shows the digest of its plan.
        plan = effect.plan if effect else entry.body.get("plan")
        if entry.seq in unreadable and not plan:
            continue
        on_plan = [decision for decision in decisions if decision.digest == plan]
        needed = max((decision.quorum for decision in on_plan), default=1)
        people = _approvers(on_plan)
        if len(people) < needed:
            what = f"it cannot be undone, and of the {needed} who must approve its plan the record names {len(people)}"
            problems.append(Problem(action_id, entry.seq, what))
        elif not unreadable and (effect is None or not approved.has(entry.key, effect)):
            problems.append(Problem(action_id, entry.seq, "it is no call of the approved plan that it names"))
    return problems


class _Planned:
    """The calls of an action's plans, recomputed from their contents; each plan once, whichever effects name it."""

    def __init__(self, action_id: str, entries: Sequence[LedgerRow]) -> None:
        self._action_id = action_id
        self._plans = [plan for _, plan in said_as(Planned, entries)]
        self._calls: dict[str, set[str]] = {}

    def has(self, key: str, effect: Effected) -> bool:
        """Whether the effect, under this key, is a call of the plan that it names: recomputed from both contents."""
        try:
            own = key == effect_key(effect.planned.key)
            return own and call_digest(effect.planned, effect.changes) in self._named(effect.plan)
        except ValueError:
            return False

    def _named(self, digest: str) -> set[str]:
        """The digests of all calls of the genuine plans with this digest; ``ValueError`` for what nothing can hold."""
        if digest not in self._calls:
            genuine = [plan for plan in self._plans if plan.digest == digest and is_genuine(self._action_id, plan)]
            self._calls[digest] = {call.digest for plan in genuine for call in plan.calls}
        return self._calls[digest]


def _takes_back(effect: Effected, before: Sequence[Effected]) -> bool:
    """Whether the effect is of a tool that undoes, and does nothing but undo earlier effects of this action."""
    name = effect.planned.tool
    if name not in toolbox().names:
        return False
    tool = toolbox().get(name)
    # Of the tools that it undoes alone: to take back a taking back would be to do it again.
    earlier = [change for done in before if done.planned.tool in tool.compensates for change in done.changes]
    if not effect.changes:
        return any(_noted(tool.notes, done) for done in earlier)  # the rows said already what became of it
    return all(any(_reverses(tool.notes, change, done) for done in earlier) for change in effect.changes)


def _reverses(notes: Noting | None, change: RowChange, done: RowChange) -> bool:
    if (change.table, change.key) != (done.table, done.key):
        return False
    return _notes(notes, change, done) or (_values(change.before), _values(change.after)) == (
        _values(done.after),
        _values(done.before),
    )


def _notes(notes: Noting | None, change: RowChange, done: RowChange) -> bool:
    """Whether the change notes what became of the row that was added, as the tool says that it may."""
    if notes is None or not _noted(notes, done) or not change.after:
        return False
    settled = any((change.before or {}).get(column) is not None for column in notes.once)
    return not settled and set(change.after) <= {*notes.columns}


def _noted(notes: Noting | None, done: RowChange) -> bool:
    """Whether a row was added of those that the tool may note something on."""
    if notes is None or done.before is not None or done.after is None:
        return False
    return all(done.after.get(column) == value for column, value in notes.rows.items())


def _values(row: Row | None) -> Row | None:
    """Without the row's version, which only ever goes up."""
    return None if row is None else {name: value for name, value in row.items() if name != "version"}


def _approvers(decisions: Sequence[RecordedDecision]) -> set[str]:
    """Who approved before anybody rejected; ``decisions`` on one plan, oldest first."""
    before = takewhile(lambda decision: decision.choice == "approve", decisions)
    return {folded_name(decision.person) for decision in before}
