"""An action's story in words, from its ledger entries. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from pydantic import JsonValue
from rich.table import Table
from rich.text import Text

from audit.bodies import Unreadable
from leverframe.telling import inert, inert_body
from tools.chain import LedgerRow

Body = Mapping[str, JsonValue]


WORDS: Mapping[Unreadable, str] = {
    "destroyed": "(erased: the key of this person was destroyed)",
    "no key": "(sealed: no key for it here)",
    "broken": "(does not open)",
}


def story(
    action_id: str, entries: Sequence[LedgerRow], unreadable: Mapping[int, Unreadable] = MappingProxyType({})
) -> Table:
    """What happened in an action, entry by entry; times are UTC."""
    table = Table("#", "at", "role", "what", "", title=Text(inert(action_id)), title_justify="left")
    for entry in entries:
        at = f"{datetime.fromisoformat(entry.at):%m-%d %H:%M:%S}"
        why = unreadable.get(entry.seq)
        # Made inert value by value, so that the lines of the story are its own.
        told = WORDS[why] if why else details(entry.kind, inert_body(entry.body))
        table.add_row(str(entry.seq), at, Text(inert(entry.role)), Text(inert(entry.kind)), Text(told))
    return table


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
        case "plan":
            about = [f"about {body.get('money')}"] if body.get("money") else []
            calls = [_call(call) for call in _items(body.get("calls"))]
            return "\n".join([f"digest {body.get('digest')}", *about, *calls])
        case "effect":
            return _call(body)
        case "decision":
            return _decision(body)
        case _:
            return _pairs(body)


def _decision(body: Body) -> str:
    approver = body.get("approver")
    who = "somebody"
    if isinstance(approver, dict):
        unverified = ", unverified" if approver.get("trust") == "claimed" else ""
        who = f"{approver.get('identity')}{unverified}"
    refused = "" if body.get("accepted") else f"\nrefused: {body.get('reason')}"
    note = f"\n“{body.get('note')}”" if body.get("note") else ""
    return f"{body.get('choice')} by {who}, digest {body.get('digest')}{_care(body)}{note}{refused}"


def _care(body: Body) -> str:
    """How long it took, and what was typed."""
    seconds, amount = body.get("seconds"), body.get("amount")
    after = f", after {seconds:.0f} s" if isinstance(seconds, int | float) else ""
    hasty = " (sooner than a plan can be read)" if body.get("hasty") is True else ""
    return f"{after}{hasty}" + (f", amount typed: {amount}" if amount else "")


def _call(body: Body) -> str:
    planned = body.get("planned")
    what = f"{planned.get('tool')} {_pairs(planned.get('arguments'))}" if isinstance(planned, dict) else ""
    return "\n".join([what, *(_change(change) for change in _items(body.get("changes")))])


def _change(change: Body) -> str:
    before, after = change.get("before"), change.get("after")
    row = f"  {change.get('table')} {_pairs(change.get('key'))}: "
    if not isinstance(before, dict) or not isinstance(after, dict):
        return row + (f"new {_pairs(after)}" if isinstance(after, dict) else f"gone, was {_pairs(before)}")
    return row + ", ".join(f"{name} {before.get(name)} → {after.get(name)}" for name in (before | after))


def _items(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _pairs(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    return ", ".join(f"{name}={item}" for name, item in value.items() if item not in ("", None, [], {}))
