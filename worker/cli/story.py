"""An action's story in words, from its ledger entries. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from pydantic import JsonValue
from rich.table import Table
from rich.text import Text

from audit.report.said import Effected, Planned, read
from leverframe.contracts.plan import CallPlan
from leverframe.plan_lines import call_lines
from leverframe.telling import TRUSTS, UNREADABLE, Unreadable, inert, inert_body
from tools.chain import LedgerRow

Body = Mapping[str, JsonValue]


def story(
    action_id: str, entries: Sequence[LedgerRow], unreadable: Mapping[int, Unreadable] = MappingProxyType({})
) -> Table:
    """What happened in an action, entry by entry; times are UTC."""
    table = Table("#", "at", "role", "what", "", title=Text(inert(action_id)), title_justify="left")
    for entry in entries:
        at = f"{datetime.fromisoformat(entry.at):%m-%d %H:%M:%S}"
        why = unreadable.get(entry.seq)
        told = f"({UNREADABLE[why]})" if why else _told(entry)
        table.add_row(str(entry.seq), at, Text(inert(entry.role)), Text(inert(entry.kind)), Text(told))
    return table


def _told(entry: LedgerRow) -> str:
    match said := read(entry):
        case Planned():
            about = [f"about {inert(said.money)}"] if said.money else []
            calls = [line for number, call in enumerate(said.calls, 1) for line in _call(call, f"{number}. ")]
            return "\n".join([f"digest {inert(said.digest)}", *about, *calls])
        case Effected():
            return "\n".join(_call(said.call))
    # Made inert value by value, so that the lines of the story are its own.
    return details(entry.kind, inert_body(entry.body))


def _call(call: CallPlan, number: str = "") -> Iterator[str]:
    for line in call_lines(call):
        if line.first:
            yield f"{number}{line.call}: {line.asked}"
        columns = (f"{column.name} {column.before} → {column.after}" for column in line.columns)
        yield f"  {line.row}: {', '.join(columns)}" if line.table else f"  {line.what}"


def details(kind: str, body: Body) -> str:
    """What an entry says, in one or a few lines."""
    match kind:
        case "transition":
            return f"{body.get('source')} → {body.get('target')} on {body.get('event')}"
        case "verdict":
            found = f" ({body.get('rule')}: {body.get('reason')})" if body.get("rule") != "none" else ""
            return f"{body.get('guard')}: {body.get('judgement')}{found}"
        case "proposal":
            return f"{body.get('event')} {_pairs(body.get('arguments'))}\n“{body.get('rationale')}” {body.get('model')}"
        case "decision":
            return _decision(body)
        case _:
            return _pairs(body)


def _decision(body: Body) -> str:
    approver = body.get("approver")
    who = "somebody"
    if isinstance(approver, dict):
        trust = str(approver.get("trust"))
        who = f"{approver.get('identity')} ({TRUSTS.get(trust, trust)})"
    refused = "" if body.get("accepted") else f"\nrefused: {body.get('reason')}"
    note = f"\n“{body.get('note')}”" if body.get("note") else ""
    return f"{body.get('choice')} by {who}, digest {body.get('digest')}{_care(body)}{note}{refused}"


def _care(body: Body) -> str:
    """How long it took, and what was typed."""
    seconds, amount = body.get("seconds"), body.get("amount")
    after = f", after {seconds:.0f} s" if isinstance(seconds, int | float) else ""
    hasty = " (sooner than a plan can be read)" if body.get("hasty") is True else ""
    return f"{after}{hasty}" + (f", amount typed: {amount}" if amount else "")


def _pairs(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    return ", ".join(f"{name}={item}" for name, item in value.items() if item not in ("", None, [], {}))
