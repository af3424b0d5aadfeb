"""What operators decided on, read from the ledger and, for what the model was shown, from Temporal's history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pydantic import JsonValue
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from audit.audit import ActionAudit
from leverframe.contracts.entries import Decided, Effected, FeedbackEntry, Proposed, Started
from leverframe.contracts.feedback import Thumb
from leverframe.contracts.names import PROPOSE
from leverframe.contracts.proposal import ProposeRequest
from leverframe.telling import THUMBS
from machines.registry import machines
from tools.chain import LedgerRow
from tools.said import said_as

Choice: TypeAlias = Literal["approved", "rejected", "undecided"]


@dataclass(frozen=True)
class DecidedOn:
    """A proposal that reached a person, or of which its user thinks something, and what became of it.

    Holds what the user wrote: masked, not yet anonymous.
    """

    action_id: str
    action: str
    request: ProposeRequest
    """What the model was shown."""
    event: str
    arguments: dict[str, JsonValue]
    rationale: str
    choice: Choice
    notes: tuple[str, ...]
    """What the operators wrote, and the user when it had ended."""
    thumb: Thumb | None = None
    """What the user thought of it."""


@dataclass(frozen=True)
class Skipped:
    """An action that is left out, and why."""

    action_id: str
    why: str


async def read_decisions(audits: Sequence[ActionAudit], client: Client) -> tuple[list[DecidedOn], list[Skipped]]:
    """The decided proposals of verified actions, and those of which their users thought something.

    An action that nobody decided on, and of which its user said nothing, is in neither list.

    An action whose bodies are sealed under a key that is not known here is skipped; so is one whose history Temporal no
    longer keeps, for the ledger holds no word that the user wrote.
    """
    found, skipped = [], []
    for audit in audits:
        (choice, notes), (thumb, word) = _choice(audit.entries), _thumb(audit.entries)
        if choice == "undecided" and thumb is None:
            if audit.unreadable and audit.ok:
                skipped.append(Skipped(audit.action_id, f"its entries cannot be read: {_reasons(audit)}"))
            continue
        if not audit.ok:
            skipped.append(Skipped(audit.action_id, "its ledger does not verify"))
            continue
        action = next((started.action for _, started in said_as(Started, audit.entries)), "")
        if action not in machines():
            skipped.append(Skipped(audit.action_id, f"there is no action {action!r} here"))
            continue
        request = await last_request(client, audit.action_id)
        proposals = [proposed for _, proposed in said_as(Proposed, audit.entries)]
        if request is None or not proposals:
            skipped.append(Skipped(audit.action_id, "Temporal no longer keeps its history"))
            continue
        decided = _decided_on((audit.action_id, action), request, proposals[-1], choice, (*notes, *word))
        found.append(replace(decided, thumb=thumb))
    return found, skipped


async def last_request(client: Client, action_id: str) -> ProposeRequest | None:
    """What the model was asked last; ``None`` when the history is gone or it was never asked.

    Raises :class:`~leverframe.errors.Undecryptable` when the payloads are under a key that is not known here.
    """
    latest = None
    try:
        async for event in client.get_workflow_handle(action_id).fetch_history_events():
            scheduled = event.activity_task_scheduled_event_attributes
            if (
                event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
                and scheduled.activity_type.name == PROPOSE
            ):
                latest = list(scheduled.input.payloads)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    if latest is None:
        return None
    (request,) = await client.data_converter.decode(latest, [ProposeRequest])
    return ProposeRequest.model_validate(request)


def _thumb(entries: Sequence[LedgerRow]) -> tuple[Thumb | None, tuple[str, ...]]:
    """What the user thought of it last, and said."""
    for _, said in reversed(list(said_as(FeedbackEntry, entries))):
        return said.thumb, (f"the user: {': '.join(filter(None, (THUMBS[said.thumb], said.text)))}",)
    return None, ()


def _choice(entries: Sequence[LedgerRow]) -> tuple[Choice, tuple[str, ...]]:
    accepted = [decided for _, decided in said_as(Decided, entries) if decided.accepted]
    notes = tuple(decided.note for decided in accepted if decided.note)
    if any(decided.choice == "reject" for decided in accepted):
        return "rejected", notes
    carried_out = any(entry.kind == Effected.kind for entry in entries)
    return ("approved" if accepted and carried_out else "undecided"), notes


def _reasons(audit: ActionAudit) -> str:
    words = {"destroyed": "the person was erased", "no key": "their key is not known here"}
    return ", ".join(sorted({words.get(why, why) for why in audit.unreadable.values()}))


def _decided_on(
    of: tuple[str, str],
    request: ProposeRequest,
    proposal: Proposed,
    choice: Choice,
    notes: tuple[str, ...],
) -> DecidedOn:
    action_id, action = of
    return DecidedOn(
        action_id=action_id,
        action=action,
        request=request,
        event=proposal.event,
        arguments=proposal.arguments,
        rationale=proposal.rationale,
        choice=choice,
        notes=notes,
    )
