"""One operation of an OpenAPI document (3.0 to 3.2), with nothing in it but what a declaration is made of."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.http.paths import holes

MOST_BYTES = 20_000_000
METHODS = ("get", "put", "post", "patch", "delete")
KEPT = {
    "type", "required", "items", "enum", "const", "nullable", "allOf", "oneOf", "anyOf", "additionalProperties",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
    "$ref",
}  # fmt: skip
"""Of a schema; the rest is for people, or lets a generator of code import what the document says."""
SCHEMAS = "#/components/schemas/"


class DocumentRefused(Exception):
    """The document, or the operation, cannot be declared; the message says why and what was expected."""


@dataclass(frozen=True)
class Operation:
    """What is asked, and what is answered."""

    name: str
    """The operation's id."""
    method: str
    path: str
    parameters: Mapping[str, Mapping[str, Any]]
    """In the path and the query, each with its schema."""
    in_query: tuple[str, ...]
    required: tuple[str, ...]
    headers: tuple[str, ...]
    """Of the request, in lower case."""
    body: Mapping[str, Any] | None
    """Schema of the request's JSON, with its properties at the top."""
    answer: Mapping[str, Any] | None
    statuses: tuple[str, ...]


class Document:
    """An OpenAPI document."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """Raises :class:`DocumentRefused` for what is none."""
        if not re.fullmatch(r"3\.[012](\.\d+)?", str(content.get("openapi", ""))):
            raise DocumentRefused("this is no OpenAPI document of version 3.0, 3.1 or 3.2; expected 'openapi: 3.…'")
        self._content = content

    @property
    def title(self) -> str:
        """What it calls the system."""
        return str(self._at(self._content, "info").get("title", ""))

    def operation(self, name: str) -> Operation:
        """The operation of that id; raises :class:`DocumentRefused`, which names those that are there."""
        found = dict(self._operations())
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise DocumentRefused(f"there is no operation {name!r}; the document has: {known}")
        return found[name]

    def read_at(self, path: str) -> Operation | None:
        """The operation that reads what another one at ``path`` changes: there, or at the nearest path above."""
        reads = {one.path: one for _, one in self._operations() if one.method == "GET" and one.answer is not None}
        while path:
            if path in reads:
                return reads[path]
            path = path.rpartition("/")[0]
        return None

    def schemas(self, *roots: Mapping[str, Any]) -> dict[str, Any]:
        """The named schemas that these refer to, and those that they refer to."""
        named: dict[str, Any] = {}
        left = [reference for root in roots for reference in _references(root)]
        while left:
            name = left.pop()
            if name not in named:
                named[name] = self._schema({"$ref": SCHEMAS + name}, name)
                left += _references(named[name])
        return named

    def _operations(self) -> Iterator[tuple[str, Operation]]:
        for path, item in self._at(self._content, "paths").items():
            item = self._resolved(item)
            for method in METHODS:
                if isinstance(told := item.get(method), Mapping) and "operationId" in told:
                    name = str(told["operationId"])
                    yield name, self._read(name, method, str(path), item, told)

    def _read(self, name: str, method: str, path: str, item: Mapping[str, Any], told: Mapping[str, Any]) -> Operation:
        every = [self._resolved(one) for one in (*item.get("parameters", ()), *told.get("parameters", ()))]
        by_place = {(str(one.get("name")), str(one.get("in"))): one for one in every}
        asked = {key: one for key, one in by_place.items() if key[1] in ("path", "query")}
        responses = {str(status): self._resolved(one) for status, one in self._at(told, "responses").items()}
        good = next((responses[status] for status in sorted(responses) if status.startswith("2")), {})
        return Operation(
            name, method.upper(), path,
            {key[0]: self._schema(one.get("schema", {})) for key, one in asked.items()},
            tuple(key[0] for key in asked if key[1] == "query"),
            tuple(key[0] for key, one in asked.items() if one.get("required") is True),
            tuple(key[0].lower() for key in by_place if key[1] == "header"),
            self._json(self._resolved(told.get("requestBody", {}))),
            self._json(good),
            tuple(responses),
        )  # fmt: skip

    def _json(self, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
        kinds = self._at(content, "content")
        found = next(
            (one for kind, one in kinds.items() if re.fullmatch(r"application/([\w.+-]+\+)?json.*", kind)), None
        )
        return self._schema(found.get("schema", {})) if isinstance(found, Mapping) else None

    def _schema(self, schema: Any, followed: str = "") -> dict[str, Any]:
        """The schema with what is kept of it; of a reference only the name, unless it is ``followed``."""
        if followed:
            schema = self._resolved(schema)
        if not isinstance(schema, Mapping):
            return {}
        kept = {name: self._kept(name, value) for name, value in schema.items() if name in KEPT}
        if isinstance(properties := schema.get("properties"), Mapping):
            kept["properties"] = {str(name): self._schema(value) for name, value in properties.items()}
        return kept

    def _kept(self, name: str, value: Any) -> Any:
        if name == "$ref":
            if not str(value).startswith(SCHEMAS):
                raise DocumentRefused(f"{value!r} leads out of the document's schemas; expected {SCHEMAS}…")
            return str(value)
        if name in ("allOf", "oneOf", "anyOf"):
            return [self._schema(one) for one in value]
        if name == "items" or (name == "additionalProperties" and isinstance(value, Mapping)):
            return self._schema(value)
        return value

    def _resolved(self, told: Any) -> Mapping[str, Any]:
        """What a reference within the document refers to; raises :class:`DocumentRefused` where it leads nowhere."""
        for _ in range(20):
            if not isinstance(told, Mapping) or "$ref" not in told:
                return told if isinstance(told, Mapping) else {}
            reference = str(told["$ref"])
            told = self._content
            for part in reference.removeprefix("#/").split("/"):
                told = told.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(told, Mapping) else None
            if told is None or not reference.startswith("#/"):
                raise DocumentRefused(f"{reference!r} leads nowhere in this document; expected all of it in one file")
        raise DocumentRefused("a reference of the document leads to itself")

    def _at(self, told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        found = told.get(name)
        return found if isinstance(found, Mapping) else {}


def load(path: Path) -> Document:
    """Read a document, JSON or YAML; raises :class:`DocumentRefused`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = path.read_bytes()
        if len(text) > MOST_BYTES:
            raise DocumentRefused(f"{path} is larger than {MOST_BYTES:,} bytes")
        try:
            content = json.loads(text)
        except ValueError:
            content = YAML(typ="safe", pure=True).load(text)
    except (OSError, YAMLError, ValueError, RecursionError) as error:
        raise DocumentRefused(f"{path} cannot be read ({type(error).__name__}); expected JSON or YAML") from None
    if not isinstance(content, Mapping):
        raise DocumentRefused(f"{path} holds no document; expected an object with 'openapi'")
    return Document(content)


def check(operation: Operation) -> None:
    """Raise :class:`DocumentRefused` for an operation that cannot be declared."""
    try:
        named = holes(operation.path)
    except ValueError as error:
        raise DocumentRefused(f"{operation.name}: {error}") from None
    if missing := {*named} - operation.parameters.keys():
        raise DocumentRefused(f"{operation.name}: the path names {', '.join(sorted(missing))}, which is no parameter")


def _references(schema: Any) -> list[str]:
    if isinstance(schema, Mapping):
        own = [str(schema["$ref"]).removeprefix(SCHEMAS)] if "$ref" in schema else []
        return own + [one for value in schema.values() for one in _references(value)]
    return [one for value in schema for one in _references(value)] if isinstance(schema, list) else []
