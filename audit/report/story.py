"""All that a report tells of one action, ready to be written down. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from audit.audit import ActionAudit
from audit.checks import Problem
from audit.report.entry import Entry
from audit.report.layout import Step
from audit.report.refusals import Refusal, refused
from audit.requests import settled_by
from leverframe.contracts.entries import (
    Answered,
    Asked,
    Body,
    Closed,
    Decided,
    Effected,
    FeedbackEntry,
    Judged,
    Moved,
    Part,
    Planned,
    Proposed,
    Settled,
    Started,
)
from leverframe.digest import call_digest, is_genuine
from machines.base import ActionMachine
from tools.approvals import RecordedDecision
from tools.chain import GENESIS, LedgerRow
from tools.said import said
from tools.settling import settlement

Kind = TypeVar("Kind", bound=Body)


@dataclass(frozen=True)
class Decision:
    """What one person decided, as the ledger tells it and as the approvals role has recorded it."""

    at: str
    told: Decided | None
    """``None`` where the ledger's entry is missing or cannot be read."""
    record: RecordedDecision | None
    """``None`` for a decision that did not count."""


@dataclass(frozen=True)
class PlanShown:
    """A plan that people were shown."""

    seq: int
    at: str
    plan: Planned
    decisions: tuple[RecordedDecision, ...]
    effects: Mapping[str, int]
    """The entry that has the effect of a call, by the call's digest."""


@dataclass(frozen=True)
class EffectDone:
    """A call that was committed."""

    seq: int
    at: str
    effect: Effected
    agrees: int | None
    """Which call of its plan it is, from 1, digest for digest; ``None`` for none."""


@dataclass(frozen=True)
class Story:
    """One action's report."""

    audit: ActionAudit
    machine: type[ActionMachine] | None
    """``None`` for an action that this version does not know."""

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        audit = self.audit
        return tuple(
            Entry(
                row,
                None if row.seq in audit.unreadable else said(row),
                audit.unreadable.get(row.seq),
                tuple(problem for problem in audit.problems if problem.seq == row.seq),
            )
            for row in audit.entries
        )

    def of(self, kind: type[Kind]) -> Iterator[tuple[LedgerRow, Kind]]:
        """The entries of one kind that can be read."""
        return ((entry.row, entry.said) for entry in self.entries if isinstance(entry.said, kind))

    @property
    def started(self) -> Started | None:
        return next((told for _, told in self.of(Started)), None)

    @property
    def closed(self) -> Closed | None:
        """How it ended last: an action that has ended is reopened by late news."""
        return next((told for _, told in reversed(list(self.of(Closed)))), None)

    @property
    def ended(self) -> str | None:
        """When it ended, which can be told of what cannot be read too."""
        return next((entry.row.at for entry in reversed(self.entries) if entry.row.kind == "closed"), None)

    @property
    def feedback(self) -> FeedbackEntry | None:
        """What the user said of it last."""
        return next((told for _, told in reversed(list(self.of(FeedbackEntry)))), None)

    @property
    def moves(self) -> list[tuple[LedgerRow, Moved]]:
        """The transitions, in order."""
        return list(self.of(Moved))

    @property
    def steps(self) -> list[Step]:
        return [(told.source, told.event, told.target) for _, told in self.moves]

    @property
    def verdicts(self) -> list[tuple[LedgerRow, Judged]]:
        return list(self.of(Judged))

    @property
    def found(self) -> list[tuple[LedgerRow, Judged]]:
        """Verdicts of guards that found something."""
        return [(row, told) for row, told in self.verdicts if told.judgement != "allow"]

    @property
    def proposals(self) -> list[tuple[LedgerRow, Proposed]]:
        return list(self.of(Proposed))

    @property
    def questions(self) -> list[tuple[LedgerRow, Asked]]:
        return list(self.of(Asked))

    @property
    def answers(self) -> list[tuple[LedgerRow, Answered]]:
        return list(self.of(Answered))

    @property
    def parts(self) -> list[Part]:
        """The actions that were started as parts, each as it was told last."""
        return list({told.action_id: told for _, told in self.of(Part)}.values())

    @property
    def plans(self) -> list[PlanShown]:
        done = {told.digest: row.seq for row, told in self.of(Effected)}
        return [
            PlanShown(row.seq, row.at, told, tuple(d for d in self.audit.decisions if d.digest == told.digest), done)
            for row, told in self.of(Planned)
        ]

    @property
    def effects(self) -> list[EffectDone]:
        plans = {told.digest: told for _, told in self.of(Planned)}
        return [
            EffectDone(row.seq, row.at, told, _agrees(self.audit.action_id, told, plans.get(told.plan)))
            for row, told in self.of(Effected)
        ]

    @property
    def decisions(self) -> list[Decision]:
        """Those that counted and those that did not, in the order of the ledger; then those of the record alone."""
        left = list(self.audit.decisions)
        found = []
        for row, told in self.of(Decided):
            record = next((one for one in left if _is_of(one, told)), None)
            if record is not None:
                left.remove(record)
            found.append(Decision(row.at, told, record))
        return found + [Decision(one.at.isoformat() if one.at else "", None, one) for one in left]

    def settled(self, call_key: str) -> Iterator[str]:
        """What a person said who had looked what became of a call's requests, in words without an end."""
        if row := settled_by(call_key, self.audit.entries):
            yield next((settlement(told) for one, told in self.of(Settled) if one == row), "A person has looked")

    @property
    def refusals(self) -> list[Refusal]:
        return [refusal for entry in self.entries for refusal in refused(entry)]

    @property
    def traces(self) -> list[tuple[str, list[int]]]:
        """Each trace with the places of the entries that it wrote."""
        found: dict[str, list[int]] = {}
        for entry in self.audit.entries:
            if entry.trace_id:
                found.setdefault(entry.trace_id, []).append(entry.seq)
        return list(found.items())

    @property
    def head(self) -> str:
        """The hash at which the chain ends."""
        return self.audit.entries[-1].hash if self.audit.entries else GENESIS

    @property
    def general(self) -> list[Problem]:
        """What is wrong with the chain and not with one entry."""
        known = {row.seq for row in self.audit.entries}
        return [problem for problem in self.audit.problems if problem.seq not in known]


def _is_of(record: RecordedDecision, told: Decided) -> bool:
    return (
        told.accepted
        and told.approver is not None
        and (record.event_id, record.digest, record.choice) == (told.approver.event_id, told.digest, told.choice)
    )


def _agrees(action_id: str, effect: Effected, plan: Planned | None) -> int | None:
    """Which call of the plan the effect is: the digests of both are computed anew from their contents."""
    try:
        if plan is None or not is_genuine(action_id, plan):
            return None
        digest = call_digest(effect.planned, effect.changes)
    except ValueError:
        return None
    return next((number for number, call in enumerate(plan.calls, 1) if call.digest == digest), None)
