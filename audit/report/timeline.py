"""A report's timeline, in words. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from audit.report.entry import Entry
from audit.report.refusals import HELD
from audit.report.text import lasting, moment
from leverframe.confirmation_code import confirmed_with
from leverframe.contracts.entries import (
    Answered,
    Asked,
    Attempted,
    Body,
    CaseEntry,
    Closed,
    Decided,
    Effected,
    Escalated,
    FeedbackEntry,
    Handled,
    Judged,
    Moved,
    Part,
    PeopleDid,
    Planned,
    Proposed,
    Reminded,
    Reopened,
    Settled,
    Started,
    Troubled,
    Withdrawn,
)
from leverframe.handling_words import in_words
from leverframe.naming import came, ended, stands, words, writing
from leverframe.telling import JUDGEMENTS, MALFORMED, THUMBS, TRUSTS, UNREADABLE, plain
from tools.settling import settlement


@dataclass(frozen=True)
class Line:
    """One or more entries on a line."""

    places: str
    at: str
    role: str
    text: str


def lines(entries: Iterable[Entry]) -> list[Line]:
    """The timeline; checks that found nothing and follow each other share a line."""
    found = []
    for quiet, same in groupby(entries, key=_is_quiet):
        for group in [list(same)] if quiet else ([entry] for entry in same):
            row = group[0].row
            text = _quiet(group) if quiet else line(group[0])
            found.append(Line(spans(entry.row.seq for entry in group), row.at, row.role, text))
    return found


def _is_quiet(entry: Entry) -> bool:
    return isinstance(entry.said, Judged) and entry.said.judgement == "allow"


def _quiet(entries: Iterable[Entry]) -> str:
    guards = [entry.said.guard for entry in entries if isinstance(entry.said, Judged)]
    return f"{', '.join(guards)}: {JUDGEMENTS['allow']}, nothing found"


def line(entry: Entry) -> str:
    """What an entry says, on one line."""
    kind = words(entry.row.kind)
    if entry.why is not None:
        return f"{kind} ({UNREADABLE[entry.why]})"
    return f"{kind} ({MALFORMED})" if entry.said is None else _told(entry.said)


def _told(said: Body) -> str:
    match said:
        case Started():
            return f"{words(said.action)} was asked for by {said.requester}"
        case Reopened():
            return f"reopened after it had ended {ended(said.outcome or 'without an outcome')}: there was news"
        case Moved():
            return f"{stands(said.source)} → {stands(said.target)}: {came(said.event)}"
        case Judged():
            held = f", {JUDGEMENTS[said.judgement]}" if said.judgement in HELD else ""
            return f"{said.guard}: {said.reason}{held}"
        case Proposed():
            return f"{said.model} proposed: {words(said.event)}"
        case Planned():
            about = f", about {said.money}" if said.money else ""
            calls = ", ".join(writing(call.planned.tool) for call in said.calls)
            return f"plan {confirmed_with(said)} was shown{about}: {calls}"
        case Effected():
            rows = len(said.changes)
            return f"{writing(said.planned.tool)}: done, {rows} {'row' if rows == 1 else 'rows'} changed"
        case Attempted():
            return _attempted(said)
        case Decided() | Answered() | Withdrawn():
            return _answered(said)
        case _:
            return _waited(said)


def _attempted(said: Attempted) -> str:
    times = "" if said.times == 1 else f", {said.times} times"
    cost = f", {said.micros / 1_000_000:f} {said.currency}" if said.micros else ""
    came_of_it = f"failed: {said.failed}" if said.failed else "answered"
    tokens = f"{said.input_tokens} tokens read, {said.output_tokens} written"
    return f"{said.model} at {said.endpoint} was asked{times}, {came_of_it} ({tokens}{cost})"


def _answered(said: Decided | Answered | Withdrawn) -> str:
    match said:
        case Decided():
            approver = said.approver
            who = f"{approver.identity} ({TRUSTS[approver.trust]})" if approver else "somebody"
            after = f" after {lasting(said.seconds)}" if said.seconds is not None else ""
            hasty = ", sooner than a plan can be read" if said.hasty else ""
            return f"{said.choice} by {who}{after}{hasty}" + ("" if said.accepted else f", refused: {said.reason}")
        case Answered():
            return "the user answered" if said.accepted else f"an answer was refused: {said.reason}"
        case Withdrawn():
            by = f" by {said.by}" if said.by else ""
            refused = f"withdrawing{by} was refused: {said.reason}" if said.reason else f"withdrawing{by} came too late"
            return f"withdrawn{by}" if said.accepted else refused


def _waited(
    said: Handled
    | Reminded
    | Escalated
    | Asked
    | Part
    | Closed
    | Troubled
    | Settled
    | CaseEntry
    | FeedbackEntry
    | PeopleDid,
) -> str:
    match said:
        case Handled():
            return f"{in_words(said)}{f': {said.note}' if said.note else ''}"
        case Reminded():
            return f"reminded: waits until {moment(said.deadline)}"
        case Escalated():
            return f"now {words(said.target)} decides instead of {words(said.source)}"
        case Asked():
            return "the user was asked"
        case Part():
            return f"part {said.action_id}: {ended(said.outcome or 'started')}"
        case Closed():
            return f"ended: {ended(said.outcome)}"
        case Troubled():
            return said.what
        case Settled():
            return f"{settlement(said)}: {said.note}"
        case CaseEntry():
            return _handled(said)
        case PeopleDid():
            return f"people did: {' '.join((words(said.event), *map(plain, said.arguments.values())))}"
        case FeedbackEntry():
            return ": ".join(filter(None, (f"the user: {THUMBS[said.thumb]}", said.text)))
        case _:
            assert_never(said)


def _handled(said: CaseEntry) -> str:
    who = f"{said.approver.identity} ({TRUSTS[said.approver.trust]})" if said.approver else ""
    told = ": ".join(filter(None, (who, said.note or (said.reason if said.accepted else None))))
    refused = f"refused: {said.reason}" if not said.accepted else ""
    return ", ".join(filter(None, (f"case of {words(said.role)}, {said.what}", told, refused)))


def spans(places: Iterable[int]) -> str:
    """Numbers in order, each run of them as one: ``1–4, 7``."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
