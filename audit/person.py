"""Everything that is recorded about one person, opened: for the person, who may ask for it (GDPR, article 15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from audit.audit import ActionAudit, audit_action
from leverframe.contracts import names
from leverframe.contracts.status import Outcome
from leverframe.contracts.verdict import ScreenRequest
from leverframe.errors import Undecryptable
from leverframe.pseudonym import subject_of
from leverframe.subject_keys import SubjectKeys
from leverframe.telling import inert
from tools.ledger import HEADS


@dataclass(frozen=True)
class Words:
    """What of an action Temporal keeps for a while, and no ledger."""

    written: tuple[str, ...] = ()
    """By the person, as they wrote it."""
    told: tuple[str, ...] = ()
    """To the person, at the end."""
    unreadable: str = ""
    """Why what stands there cannot be read here: another deployment's, or its key was destroyed."""

    def as_json(self) -> JsonValue:
        told: dict[str, JsonValue] = {"you wrote": list(self.written), "you were told": list(self.told)}
        return told | ({"not readable here": self.unreadable} if self.unreadable else {})


@dataclass(frozen=True)
class Person:
    """All that there is."""

    pseudonym: str
    actions: tuple[ActionAudit, ...]
    words: Mapping[str, Words] = field(default_factory=dict)
    """By the id of the workflow."""

    def written(self) -> dict[str, JsonValue]:
        """As JSON, each entry in full."""
        return {
            "pseudonym": self.pseudonym,
            "actions": [_action(audit) for audit in self.actions],
            "words": {name: words.as_json() for name, words in sorted(self.words.items())},
        }


async def about(pseudonym: str, auditor: AsyncEngine, people: SubjectKeys | None, client: Client) -> Person:
    """Ask the ledger and Temporal for all of one person; raises KeyServiceUnreachable and RPCError."""
    async with auditor.connect() as connection:
        rows = await connection.execute(select(HEADS.c.action_id).where(HEADS.c.action_id.contains(f"-{pseudonym}-")))
        ids = sorted(row.action_id for row in rows if subject_of(row.action_id) == pseudonym)
    audits = tuple([await audit_action(auditor, action_id, people) for action_id in ids])
    listed = client.list_workflows(f"{names.SUBJECT.name} = '{pseudonym}'")
    places = [(one.id, one.run_id) async for one in listed]
    words: dict[str, Words] = {}
    for name, run in places:
        found, before = await _words(client, name, run), words.get(name, Words())
        written, told = (*before.written, *found.written), (*before.told, *found.told)
        words[name] = Words(written, told, found.unreadable or before.unreadable)
    return Person(pseudonym, audits, words)


async def _words(client: Client, name: str, run: str | None) -> Words:
    written, told = list[str](), list[str]()
    try:
        async for event in client.get_workflow_handle(name, run_id=run).fetch_history_events():
            written += await _said(client, event)
            told += await _replied(client, event)
    except RPCError as error:
        # Its time was over between the list and this.
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    except Undecryptable as error:
        return Words(tuple(dict.fromkeys(written)), tuple(told), inert(error))
    return Words(tuple(dict.fromkeys(written)), tuple(told))


async def _said(client: Client, event: HistoryEvent) -> Sequence[str]:
    """What the person wrote goes to the guards first, wherever it comes from."""
    scheduled = event.activity_task_scheduled_event_attributes
    if event.event_type != EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED or scheduled.activity_type.name != names.SCREEN:
        return ()
    (asked,) = await client.data_converter.decode(list(scheduled.input.payloads), [ScreenRequest])
    request = ScreenRequest.model_validate(asked)
    return (request.content,) if request.kind == "request" and isinstance(request.content, str) else ()


async def _replied(client: Client, event: HistoryEvent) -> Sequence[str]:
    ended = event.workflow_execution_completed_event_attributes
    if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED or not ended.result.payloads:
        return ()
    (result,) = await client.data_converter.decode(list(ended.result.payloads), [dict])
    return (Outcome.model_validate(result).reply,) if isinstance(result, dict) and "reply" in result else ()


def _action(audit: ActionAudit) -> JsonValue:
    entries = list[JsonValue]()
    for row in audit.entries:
        entry: dict[str, JsonValue] = {"at": row.at, "kind": row.kind, "by": row.role}
        if row.seq in audit.unreadable:
            entry["unreadable"] = audit.unreadable[row.seq]
        else:
            entry["body"] = row.body
        entries.append(entry)
    return {"id": audit.action_id, "entries": entries}
