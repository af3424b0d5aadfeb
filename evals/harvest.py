"""Cases and training lines from what operators decided. Pure but for reading the prompt."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from activities.guards.anonymous import Anonymous
from activities.guards.leaks import CANARY
from activities.prompts.offered import settled
from activities.prompts.prompt import load_prompt
from evals.cases import Case
from evals.decisions import DecidedOn
from leverframe.contracts.proposal import ProposeRequest

Line = TypeVar("Line", bound=BaseModel)


class Message(BaseModel):
    """One message of a chat."""

    model_config = ConfigDict(frozen=True)

    role: str
    content: str


class TrainingLine(BaseModel):
    """A chat as the model was shown it, with the answer that a person approved: the form that trainers take."""

    model_config = ConfigDict(frozen=True)

    messages: tuple[Message, ...]


def candidates(decided: Iterable[DecidedOn]) -> list[Case]:
    """A case for each rejected proposal, with the operator's note: what must not be proposed again.

    The same for what its user disliked; and a case of what was right for what its user liked.

    Nobody can edit a plan: who wants another one rejects it and says so in the note. What would have been right is for
    whoever takes the candidate over to fill in.
    """
    return _distinct(_candidate(one) for one in decided if one.choice == "rejected" or one.thumb)


def training_lines(decided: Iterable[DecidedOn]) -> list[TrainingLine]:
    """A line for each approved proposal that was carried out, and that its user has not disliked."""
    return _distinct(_training_line(one) for one in decided if one.choice == "approved" and one.thumb != "down")


def _candidate(one: DecidedOn) -> Case:
    arguments = ", ".join(f"{name} {value}" for name, value in one.arguments.items())
    record: dict[str, JsonValue] = {
        "text": "\n".join(one.request.messages),
        "facts": one.request.facts,
        "note": "\n".join((f"{one.choice}: {one.event} {arguments}", *one.notes)),
    }
    clean = Anonymous(record).apply(record)
    name = hashlib.sha256(json.dumps(clean, sort_keys=True).encode()).hexdigest()[:12]
    proposed = {
        "id": f"harvested-{name}",
        "action": one.action,
        "kind": "normal",
        "group": "harvested",
        "unconfirmed": "what people thought of it",
        "events" if one.choice != "rejected" and one.thumb == "up" else "must_not": [one.event],
    }
    return Case.model_validate({**(clean if isinstance(clean, dict) else {}), **proposed})


def _training_line(one: DecidedOn) -> TrainingLine:
    request = one.request
    known = settled(request.answer_schema, one.event)
    written = {name: value for name, value in one.arguments.items() if name not in known}
    proposal: dict[str, JsonValue] = {"event": one.event, **written}
    answer: dict[str, JsonValue] = {"rationale": one.rationale, "proposal": proposal}
    shown = request.model_dump(mode="json", include={"messages", "facts", "answer_schema"})
    record: dict[str, JsonValue] = {**shown, "answer": answer}
    clean = Anonymous(record).apply(record)
    if not isinstance(clean, dict):
        raise TypeError("an anonymous record has the form of the record")
    answered = clean.pop("answer")
    # The policy's clauses are nobody's data.
    asked = ProposeRequest.model_validate({**request.model_dump(mode="json"), "action_id": "harvested", **clean})
    turns = [
        Message(role=turn.speaker, content=CANARY.sub("", turn.text))
        for turn in load_prompt(request.prompt).turns(asked)
    ]
    return TrainingLine(messages=(*turns, Message(role="assistant", content=json.dumps(answered, ensure_ascii=False))))


def _distinct(lines: Iterator[Line]) -> list[Line]:
    return list({line.model_dump_json(): line for line in lines}.values())
