"""An action's story in words, from its ledger entries. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from pydantic import JsonValue
from rich.table import Table
from rich.text import Text

from leverframe.contracts.entries import Decided, Effected, FeedbackEntry, Judged, Moved, Planned, Proposed, Settled
from leverframe.contracts.plan import CallPlan
from leverframe.local_time import parsed
from leverframe.naming import came, stands
from leverframe.plan_lines import call_lines
from leverframe.telling import MALFORMED, THUMBS, TRUSTS, UNREADABLE, Unreadable, inert, inert_body
from tools.chain import LedgerRow
from tools.said import said
from tools.settling import settlement


def story(
    action_id: str, entries: Sequence[LedgerRow], unreadable: Mapping[int, Unreadable] = MappingProxyType({})
) -> Table:
    """What happened in an action, entry by entry; times are UTC."""
    table = Table("#", "at", "role", "what", "", title=Text(inert(action_id)), title_justify="left")
    for entry in entries:
        at = f"{when:%m-%d %H:%M:%S}" if (when := parsed(entry.at)) else inert(entry.at)
        why = unreadable.get(entry.seq)
        what = f"({UNREADABLE[why]})" if why else _told(entry)
        table.add_row(str(entry.seq), Text(at), Text(inert(entry.role)), Text(inert(entry.kind)), Text(what))
    return table


def _told(entry: LedgerRow) -> str:
    """What an entry says, in one or a few lines."""
    match body := said(entry):
        case None:
            return f"({MALFORMED})\n{_pairs(entry.body)}"
        case Planned():
            about = [f"about {inert(body.money)}"] if body.money else []
            calls = [line for number, call in enumerate(body.calls, 1) for line in _call(call, f"{number}. ")]
            return "\n".join([f"digest {inert(body.digest)}", *about, *calls])
        case Effected():
            return "\n".join(_call(body.call))
        case Moved():
            return f"{inert(stands(body.source))} → {inert(stands(body.target))}: {inert(came(body.event))}"
        case Judged():
            found = f" ({inert(body.rule)}: {inert(body.reason)})" if body.rule != "none" else ""
            return f"{inert(body.guard)}: {body.judgement}{found}"
        case Proposed():
            proposed = f"{inert(body.event)} {_pairs(body.arguments)}"
            return f"{proposed}\n“{inert(body.rationale)}” {inert(body.model)}"
        case Decided():
            return _decision(body)
        case FeedbackEntry():
            return f"{THUMBS[body.thumb]}" + (f"\n“{inert(body.text)}”" if body.text else "")
        case Settled():
            return f"{inert(settlement(body))}\n“{inert(body.note)}”"
        case _:
            return _pairs(body.written())


def _call(call: CallPlan, number: str = "") -> Iterator[str]:
    for line in call_lines(call):
        if line.first:
            yield f"{number}{line.call}: {line.asked}"
        columns = (f"{column.name} {column.before} → {column.after}" for column in line.columns)
        yield f"  {line.row}: {', '.join(columns)}" if line.table else f"  {line.what}"


def _decision(told: Decided) -> str:
    approver = told.approver
    who = f"{inert(approver.identity)} ({TRUSTS[approver.trust]})" if approver else "somebody"
    refused = "" if told.accepted else f"\nrefused: {inert(told.reason)}"
    note = f"\n“{inert(told.note)}”" if told.note else ""
    return f"{told.choice} by {who}, digest {inert(told.digest)}{_care(told)}{note}{refused}"


def _care(told: Decided) -> str:
    """How long it took, and what was typed."""
    after = f", after {told.seconds:.0f} s" if told.seconds is not None else ""
    hasty = " (sooner than a plan can be read)" if told.hasty else ""
    return f"{after}{hasty}" + (f", amount typed: {inert(told.amount)}" if told.amount else "")


def _pairs(body: Mapping[str, JsonValue]) -> str:
    # Made inert value by value, so that the lines of the story are its own.
    told = inert_body({**body})
    return ", ".join(f"{name}={value}" for name, value in told.items() if value not in ("", None, [], {}))
