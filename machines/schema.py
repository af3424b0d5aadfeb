"""The machine as grammar: what the model may answer in a ``Decide`` state, as a pure function of the facts."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, create_model
from pydantic.fields import FieldInfo

from leverframe.contracts.base import Facts
from leverframe.contracts.proposal import Proposal
from machines.arguments import Arguments, ManyOf, OneOf
from machines.base import ActionMachine
from machines.reading.remembering import remembering
from machines.states import Decide

RATIONALE_LIMIT = 200
"""Characters. Small models ramble inside strings, so the schema caps them."""


class IllegalProposal(ValueError):
    """The answer is not one that the machine allows now; the message says what was expected."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # Written before the event: measured to help small models choose.
    rationale: str = Field(max_length=RATIONALE_LIMIT)


def offers(machine: ActionMachine, state: Decide, facts: Facts) -> dict[str, type[Arguments]]:
    """The events that the model may propose now, each with its arguments narrowed to this user's facts.

    An event is left out when its condition does not hold, or when an argument would have no option; so one that rests
    on a clause is offered only where the facts hold the clause. Raises whatever a condition or an option raises: with
    one offer fewer the model would be led to another.
    """
    with remembering():
        enabled = ((event, model) for event, model in state.offers.items() if machine.allows(event, facts))
        narrowed = ((event, _narrow(event, model, facts)) for event, model in enabled)
        return {event: model for event, model in narrowed if model is not None}


def answer_schema(offered: dict[str, type[Arguments]]) -> dict[str, JsonValue]:
    """JSON schema of the model's answer: a short rationale, then one legal event with its arguments."""
    return {
        "type": "object",
        "properties": {
            "rationale": {"type": "string", "maxLength": RATIONALE_LIMIT},
            "proposal": {"anyOf": [_plain(model.model_json_schema()) for model in offered.values()]},
        },
        "required": ["rationale", "proposal"],
        "additionalProperties": False,
    }


def read_proposal(offered: dict[str, type[Arguments]], content: dict[str, JsonValue]) -> Proposal:
    """Validate an answer against what is offered, as if its server had enforced nothing.

    Raises:
        IllegalProposal: when the answer is anything else than one of the offers.
    """
    proposal = content.get("proposal")
    event = proposal.get("event") if isinstance(proposal, dict) else None
    if not isinstance(event, str) or event not in offered:
        raise IllegalProposal(f"expected one of the events {_words(offered)}")
    try:
        answer = _Answer.model_validate({key: value for key, value in content.items() if key != "proposal"})
        arguments = offered[event].model_validate(proposal, strict=True)
    except ValidationError as error:
        # Only where and what kind: the answer itself may hold anything.
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in error.errors())
        raise IllegalProposal(f"the answer for {event} does not fit its schema: {'; '.join(faults)}") from None
    return Proposal(event=event, arguments=arguments.model_dump(exclude={"event"}), rationale=answer.rationale)


def _narrow(event: str, model: type[Arguments], facts: Facts) -> type[Arguments] | None:
    fields: dict[str, object] = {"event": (Literal[event], ...)}
    for name, field in model.model_fields.items():
        narrowed = _narrowed_field(field, facts)
        if narrowed is None:
            return None
        fields[name] = narrowed
    return create_model(event, __base__=Arguments, **fields)  # type: ignore[call-overload, no-any-return]


def _narrowed_field(field: FieldInfo, facts: Facts) -> tuple[object, object] | None:
    """Type and default of an argument, with what its mark allows now; ``None`` when that is nothing."""
    mark = next((mark for mark in field.metadata if isinstance(mark, OneOf)), None)
    if mark is None:
        return field.annotation, field
    options = tuple(dict.fromkeys(mark.options(facts)))
    if not options:
        return None
    allowed = Literal[options]  # type: ignore[valid-type]
    if isinstance(mark, ManyOf):
        most = mark.most(facts)
        return Annotated[list[allowed], Field(min_length=1, max_length=most, description=field.description)], ...
    return Annotated[allowed, Field(description=field.description)], ...


def _plain(schema: JsonValue) -> JsonValue:
    """Titles and defaults say nothing to the model, and cost tokens."""
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key not in ("title", "default")}
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
