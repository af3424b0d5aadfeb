"""Whether the right answer of an evaluation case can be given at all."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from evals.cases import BY_GUARDS, Case
from evals.expected import alternatives
from evals.situation import situation
from machines.arguments import Arguments


def cannot_be_written(case: Case) -> Iterator[str]:
    """Why no answer that the case calls right can be written down, in words; nothing where one can."""
    try:
        offered = situation(case.action, case.text, case.facts).offered
    except (LookupError, TypeError) as error:
        yield f"nothing can be proposed with its facts: {error}"
        return
    right = [event for event in case.events if event in offered]
    if case.events and not right and not {*case.events} & {*BY_GUARDS}:
        yield f"none of {', '.join(case.events)} can be proposed with its facts, but {', '.join(offered) or 'nothing'}"
    for event in right:
        for proposal in _written(case, event, offered[event]):
            try:
                offered[event].model_validate(proposal, strict=True)
            except ValidationError as error:
                wrong = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
                yield f"the right {event} cannot be written down: {wrong}"


def _written(case: Case, event: str, arguments: type[Arguments]) -> Iterator[dict[str, Any]]:
    """Proposals of the event with the arguments that are expected, each alternative once, and any other one."""
    fields = arguments.model_json_schema()["properties"]
    any_one = {name: _first(schema, case.text) for name, schema in fields.items()}
    expected = {name: alternatives(value) for name, value in case.arguments.items() if name in fields}
    for number in range(max(map(len, expected.values()), default=1)):
        yield {**any_one, **{name: values[min(number, len(values) - 1)] for name, values in expected.items()}}


def _first(schema: dict[str, Any], text: str) -> Any:
    if "items" in schema:
        return [_first(schema["items"], text)]
    return schema["const"] if "const" in schema else schema["enum"][0] if "enum" in schema else text.split()[0]
