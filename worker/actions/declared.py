"""What of an operation is written into a tool's declaration. Pure."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from worker.actions.openapi import SCHEMAS, Document, DocumentRefused, Operation

TEXT = {"maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f]*$"}
"""Of an argument that the document leaves open: one line (:data:`tools.arguments.OneLine`)."""
SUBJECT = "{subject}"


@dataclass(frozen=True)
class Shapes:
    """The schemas of a tool: what it takes, what it sends, what it is told."""

    arguments: str
    body: str
    """Empty where nothing is sent, or no more than what changes."""
    answer: str
    each: str
    asked: frozenset[str]
    """The named ones in what it takes."""
    schemas: Mapping[str, Any]
    """All of them, by the names that their classes get."""


def snake(name: str) -> str:
    """A name in Python's words; empty where there is nothing that could be one."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)
    return "_".join(words).lower().lstrip("0123456789_")


def pascal(name: str) -> str:
    """The same for a class."""
    return "".join(word.capitalize() for word in snake(name).split("_"))


def of_user(operation: Operation, parameter: str) -> Operation:
    """The operation with the parameter that names the user who asks filled from the capability."""
    if not parameter or parameter not in operation.parameters:
        return operation
    left = {name: one for name, one in operation.parameters.items() if name != parameter}
    return replace(operation, path=operation.path.replace(f"{{{parameter}}}", SUBJECT), parameters=left)


def queried(operation: Operation, parameter: str = "") -> dict[str, str]:
    """The query of a declaration."""
    return {name: SUBJECT if name == parameter else f"{{{name}}}" for name in operation.in_query}


def shapes(document: Document, operation: Operation, told: Mapping[str, Any] | None) -> Shapes:
    """The schemas of a tool that asks by ``operation`` and reads ``told``, under names of our own."""
    sent = _opened(operation.body, document.schemas(operation.body)) if operation.body is not None else {}
    named = document.schemas(*operation.parameters.values(), sent, told or {})
    names = _renamed(name for name in named if not _plain(named[name]))
    base = pascal(operation.name)
    takes = {name: _bounded(one) for name, one in {**sent.get("properties", {}), **operation.parameters}.items()}
    arguments = {
        "type": "object",
        "properties": takes,
        "required": [name for name in takes if name in (*operation.required, *sent.get("required", ()))],
    }
    schemas: dict[str, Any] = {f"{base}Arguments": arguments, **{own: named[name] for name, own in names.items()}}
    if operation.body is not None:
        schemas[f"{base}Body"] = sent
    answer, each = _answer(told, base, schemas, names)
    asked = document.schemas(*operation.parameters.values(), sent)
    return Shapes(
        f"{base}Arguments", f"{base}Body" if operation.body is not None else "", answer, each,
        frozenset(names[name] for name in asked if name in names),
        _with_names(schemas, names, named),
    )  # fmt: skip


def fields(source: str, name: str) -> dict[str, str]:
    """The fields of a class in generated code, each with the name that it has on the wire."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            found = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
            return {one.target.id: _alias(one) or one.target.id for one in found if isinstance(one.target, ast.Name)}
    return {}


def _alias(field: ast.AnnAssign) -> str | None:
    for node in ast.walk(field):
        if isinstance(node, ast.keyword) and node.arg == "alias" and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return None


def _answer(
    told: Mapping[str, Any] | None, base: str, schemas: dict[str, Any], names: Mapping[str, str]
) -> tuple[str, str]:
    if not told:
        return "", ""
    if told.get("type") == "array":
        each = "items"
        schemas[f"{base}Answer"] = {"type": "object", "required": [each], "properties": {each: dict(told)}}
        return f"{base}Answer", each
    if str(told.get("$ref", "")).removeprefix(SCHEMAS) in names:
        return names[str(told["$ref"]).removeprefix(SCHEMAS)], ""
    schemas[f"{base}Answer"] = dict(told)
    return f"{base}Answer", ""


def _opened(body: Mapping[str, Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body's own properties; raises :class:`DocumentRefused` where it is no plain object."""
    found = body
    for _ in range(20):
        if "$ref" not in found:
            break
        found = named[str(found["$ref"]).removeprefix(SCHEMAS)]
    if not isinstance(found.get("properties"), Mapping):
        raise DocumentRefused("what is sent is no object with properties of its own; write this tool by hand")
    return found


def _bounded(schema: Any) -> Any:
    if isinstance(schema, Mapping) and schema.get("type") == "string" and not {"enum", "const"} & schema.keys():
        return {**TEXT, **schema}
    return schema


def _plain(schema: Mapping[str, Any]) -> bool:
    """Whether it is a value that needs no class of its own."""
    return schema.get("type") in ("string", "integer", "number", "boolean")


def _renamed(named: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in sorted(named):
        wanted = pascal(name) or "Part"
        number = 1
        while (own := f"{wanted}{number if number > 1 else ''}") in names.values():
            number += 1
        names[name] = own
    return names


def _with_names(schema: Any, names: Mapping[str, str], named: Mapping[str, Any]) -> Any:
    """The schema with our names in its references, and plain values in their place."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            name = str(schema["$ref"]).removeprefix(SCHEMAS)
            return {"$ref": SCHEMAS + names[name]} if name in names else named[name]
        return {name: _with_names(value, names, named) for name, value in schema.items()}
    return [_with_names(one, names, named) for one in schema] if isinstance(schema, list) else schema
