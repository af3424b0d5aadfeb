"""Cases from the business's own tickets: anonymous, each once, with a label that a person has yet to confirm. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import JsonValue, ValidationError

from activities.guards.anonymous import Anonymous
from evals.cases import Case
from evals.jsonl import MalformedData
from leverframe.contracts.people import Did
from leverframe.starting import expected

DID = "what people did"


@dataclass(frozen=True)
class Told:
    """What one user wrote, what the reads return for them, and what people did."""

    place: str
    """Where it was read, for an error."""
    action: str
    text: str
    facts: dict[str, JsonValue]
    did: Did
    written_on: str = ""


@dataclass
class Importing:
    """Cases as they are made."""

    cases: dict[str, Case] = field(default_factory=dict)
    """By what they say: two tickets that differ in ids and names alone are one case."""
    twice: int = 0

    def add(self, told: Told) -> None:
        """Take one more in; raises :class:`~evals.jsonl.MalformedData` for one that makes no case."""
        record: dict[str, JsonValue] = {
            "text": told.text,
            "facts": told.facts,
            "arguments": told.did.arguments,
            "written_on": told.written_on or None,
        }
        clean = Anonymous(record).apply(record)
        own = clean if isinstance(clean, dict) else {}
        said: dict[str, JsonValue] = {**own, "action": told.action, "events": [told.did.event]}
        name = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]
        more = {"id": f"ticket-{name}", "kind": "normal", "group": told.did.group or "ticket", "unconfirmed": DID}
        try:
            case = Case.model_validate({**said, **more})
        except ValidationError as error:
            raise MalformedData(f"{told.place}: {_fault(error)}") from None
        self.twice += case.id in self.cases
        self.cases.setdefault(case.id, case)


def imported(told: Iterable[Told]) -> Importing:
    """All of them; raises as :meth:`Importing.add`."""
    found = Importing()
    for one in told:
        found.add(one)
    return found


def confirmed(case: Case, event: str | None = None) -> Case:
    """The case with the label that a person confirms: the suggested one, or another event, whose arguments are open.

    Raises :class:`~evals.jsonl.MalformedData` for what is no event of the action.
    """
    values = case.model_dump(mode="json") | {"unconfirmed": ""}
    if event is not None and (event,) != case.events:
        others = [one for one in case.must_not if one != event]
        values |= {"events": [event], "arguments": {}, "must_not": others}
    try:
        return Case.model_validate(values)
    except ValidationError as error:
        raise MalformedData(_fault(error)) from None


def _fault(error: ValidationError) -> str:
    """What is wrong, without what was given."""
    return expected(error).replace(": Value error, ", "")
