"""Ids of rows: which arguments hold them, and which stand in what a read has returned. Pure."""

from collections.abc import Iterator

from pydantic import JsonValue


def names_rows(name: str) -> bool:
    """Whether a field or an argument of this name holds ids."""
    return name.endswith(("_id", "_ids"))


def ids_in(content: JsonValue) -> set[str]:
    """Every id in the content: the texts in fields whose names say that they hold some."""
    return set(_ids(content))


def texts(value: JsonValue) -> Iterator[str]:
    """A text, or those of a list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def _ids(content: JsonValue) -> Iterator[str]:
    if isinstance(content, list):
        for each in content:
            yield from _ids(each)
    elif isinstance(content, dict):
        for name, value in content.items():
            yield from texts(value) if names_rows(name) else ()
            yield from _ids(value)
