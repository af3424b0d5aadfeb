"""What an answer's schema offers, and what of it the model has to write. Pure.

An argument that can be one thing only is settled: it is not asked for, and filled in afterwards. It could say nothing
new, and would cost time and a small model's attention. The workflow still validates the whole answer.
"""

from collections.abc import Iterator
from copy import deepcopy

from pydantic import JsonValue

Schema = dict[str, JsonValue]
EVENT = "event"
"""What is always written: it is the decision."""


def offered(answer_schema: JsonValue) -> dict[str, dict[str, list[JsonValue]]]:
    """The events that an answer's schema allows, each with the values that its arguments may have."""
    events: dict[str, dict[str, list[JsonValue]]] = {}
    for variant in _variants(answer_schema):
        options = {name: _options(value) for name, value in _properties(variant).items()}
        for event in options.pop(EVENT, []):
            events[str(event)] = options
    return events


def settled(answer_schema: JsonValue, event: JsonValue) -> Schema:
    """The arguments of an event that can be one thing only, each with what that is."""
    found = (_constants(each) for each in _variants(answer_schema) if event in _options(_properties(each).get(EVENT)))
    return next(found, {})


def to_write(answer_schema: Schema) -> Schema:
    """The schema of what the model writes: without what is settled."""
    schema = deepcopy(answer_schema)
    for variant in _variants(schema):
        known, required = _constants(variant), variant.get("required")
        for name in known:
            del _properties(variant)[name]
        if isinstance(required, list):
            variant["required"] = [name for name in required if name not in known]
    return schema


def completed(content: Schema, answer_schema: JsonValue) -> Schema:
    """What the model wrote, with what is settled; what it wrote all the same stays, right or wrong."""
    proposal = content.get("proposal")
    if not isinstance(proposal, dict):
        return content
    return {**content, "proposal": {**settled(answer_schema, proposal.get(EVENT)), **proposal}}


def _variants(answer_schema: JsonValue) -> Iterator[Schema]:
    found = _get(_get(_get(answer_schema, "properties"), "proposal"), "anyOf")
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def _properties(variant: Schema) -> Schema:
    found = variant.get("properties")
    return found if isinstance(found, dict) else {}


def _constants(variant: Schema) -> Schema:
    fields = ((name, field) for name, field in _properties(variant).items() if name != EVENT)
    return {name: field["const"] for name, field in fields if isinstance(field, dict) and "const" in field}


def _options(schema: JsonValue) -> list[JsonValue]:
    """What a value, or each entry of a list, may be."""
    if isinstance(schema, dict) and "items" in schema:
        return _options(schema["items"])
    enum = _get(schema, "enum")
    return enum if isinstance(enum, list) else [_get(schema, "const")]


def _get(value: JsonValue, key: str) -> JsonValue:
    return value.get(key) if isinstance(value, dict) else None
