"""The figures of a period, gathered action by action: no body is kept. Pure."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import JsonValue

from audit.rates import Rate
from audit.report.returns import Spent
from leverframe.contracts.entries import (
    Body,
    CaseEntry,
    Closed,
    Decided,
    FeedbackEntry,
    Judged,
    Proposed,
    Troubled,
    read,
)
from leverframe.contracts.entry import Malformed
from leverframe.contracts.feedback import Thumb
from leverframe.local_time import parsed
from leverframe.lookalikes import folded_name
from leverframe.telling import MALFORMED, Unreadable
from tools.approvals import RecordedDecision

MOST = 500
"""Different things that are counted apart; what comes after these counts as other."""
OTHER = "other"
Key = TypeVar("Key", bound=Hashable)
NOT_ENDED, NOT_READABLE = "not ended", "not readable"


@dataclass(frozen=True)
class Happened:
    """One entry of an action, as far as the figures need it."""

    kind: str
    role: str
    at: str
    body: Mapping[str, JsonValue] | Unreadable | None
    """``None`` where only the time counts."""


@dataclass
class Figures:
    """What has happened in the actions of a period."""

    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By action and outcome."""
    languages: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By the language of what the user wrote, and outcome; ``""`` where it is not sure."""
    spent: defaultdict[tuple[str, str], Spent] = field(default_factory=lambda: defaultdict(Spent))
    """By action and outcome, what it took."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Plans that people rejected, by action."""
    decided: Counter[str] = field(default_factory=Counter)
    """Plans that people approved or rejected, by action."""
    waits: list[float] = field(default_factory=list)
    """Seconds from a plan's being shown to its decision."""
    trusts: Counter[str] = field(default_factory=Counter)
    """Decisions by how their person was established."""
    cases: Counter[str] = field(default_factory=Counter)
    """What happened in the cases that people took over."""
    thumbs: Counter[tuple[str, Thumb]] = field(default_factory=Counter)
    """Actions by what their users said of them last, if anything."""
    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By guard, rule and judgement."""
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By who refused and why."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Bodies that could not be read, by why."""

    def add(self, action: str, entries: Sequence[Happened], decisions: Sequence[RecordedDecision]) -> None:
        """Count one action; its entries in the order of its chain, its decisions oldest first."""
        outcome, language, thumb = NOT_ENDED, "", None
        for entry in entries:
            said = told(entry)
            if isinstance(said, str):
                self.unreadable[said] += 1
                outcome = NOT_READABLE if entry.kind == Closed.kind else outcome
            elif isinstance(said, FeedbackEntry):
                thumb = said.thumb
            elif said is not None:
                outcome = self._said(entry.role, said) or outcome
                language = language or written_in(said)
        self.languages[_room(self.languages, (language, outcome), (OTHER, OTHER))] += 1
        key = _room(self.actions, (action, outcome), (OTHER, OTHER))
        self.actions[key] += 1
        self.spent[key].merge(_spent(entries, len(decisions)))
        if thumb is not None:
            self.thumbs[_room(self.thumbs, (action, thumb), (OTHER, thumb))] += 1
        self._decide(action, [entry for entry in entries if entry.kind == "plan"], decisions)

    def _said(self, role: str, told: Body) -> str | None:
        """Count what an entry says; returns the outcome if it is the last."""
        match told:
            case Closed():
                return told.outcome
            case Judged():
                key = (told.guard, told.rule, told.judgement)
                self.verdicts[_room(self.verdicts, key, (OTHER, OTHER, told.judgement))] += 1
            case CaseEntry(accepted=True):
                self.cases[told.what] += 1
            case Decided(accepted=False) | CaseEntry():
                self._refuse("decision", told.reason or "")
            case Troubled():
                self._refuse(role, told.what)
        return None

    def _refuse(self, who: str, why: str) -> None:
        # Up to the colon it is the program's own words; behind it stands what was special about this one.
        self.refusals[_room(self.refusals, (who, why.partition(":")[0][:100].rstrip(".")), (who, OTHER))] += 1

    def _decide(self, action: str, plans: Sequence[Happened], decisions: Sequence[RecordedDecision]) -> None:
        self.trusts.update(decision.trust for decision in decisions)
        by_plan: dict[str, list[RecordedDecision]] = {}
        for decision in decisions:
            by_plan.setdefault(decision.digest, []).append(decision)
        for same in by_plan.values():
            settling = settled(same)
            if settling is None:
                continue
            self.decided[action] += 1
            self.rejected[action] += settling.choice == "reject"
            if (wait := _waited(plans, settling)) is not None:
                self.waits.append(wait)

    @property
    def total(self) -> int:
        """How many actions there are."""
        return self.actions.total()

    @property
    def outcomes(self) -> Counter[str]:
        """Actions by outcome."""
        found: Counter[str] = Counter()
        for (_, outcome), count in self.actions.items():
            found[outcome] += count
        return found

    def by_language(self) -> list[tuple[str, list[tuple[str, Rate]]]]:
        """Of each language, the largest first, how often its actions ended in each way."""
        of: Counter[str] = Counter()
        for (language, _), count in self.languages.items():
            of[language] += count
        return [
            (
                language,
                [
                    (outcome, Rate(count=self.languages[language, outcome], of=total))
                    for outcome, _ in self.outcomes.most_common()
                    if self.languages[language, outcome]
                ],
            )
            for language, total in of.most_common()
        ]

    def liked(self, action: str | None = None) -> Rate:
        """How many of the actions of which their users said something they liked."""
        said = {key: count for key, count in self.thumbs.items() if action in (None, key[0])}
        return Rate(count=sum(count for key, count in said.items() if key[1] == "up"), of=sum(said.values()))

    def override(self, action: str | None = None) -> Rate:
        """How often people rejected the plan that they were shown."""
        if action is None:
            return Rate(count=self.rejected.total(), of=self.decided.total())
        return Rate(count=self.rejected[action], of=self.decided[action])


def told(entry: Happened) -> Body | str | None:
    """What an entry says, or why it cannot be read; ``None`` where only the time counts."""
    if isinstance(entry.body, str | None):
        return entry.body
    try:
        return read(entry.kind, entry.body)
    except Malformed:
        return MALFORMED


def _spent(entries: Sequence[Happened], decisions: int) -> Spent:
    found = Spent(actions=1, decisions=decisions)
    proposals = [said for entry in entries if isinstance(said := told(entry), Proposed)]
    found.used(proposal.usage for proposal in proposals if proposal.usage)
    ends = [at for entry in entries if entry.kind == Closed.kind and (at := parsed(entry.at))]
    if ends and (began := parsed(entries[0].at)):
        found.seconds = max(0.0, (ends[-1] - began).total_seconds())
    return found


def written_in(said: Body) -> str:
    """The code of the language that a guard has measured; empty where it is not sure, or this says nothing of it."""
    return str(said.measured.get("language", "")) if isinstance(said, Judged) else ""


def settled(decisions: Sequence[RecordedDecision]) -> RecordedDecision | None:
    """The decision that settled a plan: the first rejection, or the last approval that it needed."""
    people: set[str] = set()
    for decision in decisions:
        if decision.choice == "reject":
            return decision
        people.add(folded_name(decision.person))
        if len(people) >= decision.quorum:
            return decision
    return None


def _waited(plans: Sequence[Happened], decision: RecordedDecision) -> float | None:
    """Seconds from the last plan that was shown before the decision."""
    shown = [at for plan in plans if (at := parsed(plan.at)) and decision.at and at <= decision.at]
    return (decision.at - max(shown)).total_seconds() if shown and decision.at else None


def _room(counts: Counter[Key], key: Key, other: Key) -> Key:
    """The key itself as long as there is room for it, so that nobody fills the memory with made-up names."""
    return key if key in counts or len(counts) < MOST else other
