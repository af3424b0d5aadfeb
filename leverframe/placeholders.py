import re
from collections.abc import Mapping

from pydantic import JsonValue

PLACEHOLDER = re.compile(r"<[A-Z_]{1,24}[0-9]{1,6}>")
"""One pattern for all: the interpreter keeps patterns, and nothing of what stands in a text."""


def put_back(arguments: Mapping[str, JsonValue], placeholders: Mapping[str, str]) -> dict[str, JsonValue]:
    """The arguments with the masked values in place of their placeholders, in every string at any depth.

    One pass: a value that happens to look like a placeholder stays as it is.
    """
    if not placeholders:
        return dict(arguments)

    def restore(value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return PLACEHOLDER.sub(lambda match: placeholders.get(match[0], match[0]), value)
        if isinstance(value, list):
            return [restore(item) for item in value]
        if isinstance(value, dict):
            return {name: restore(item) for name, item in value.items()}
        return value

    return {name: restore(value) for name, value in arguments.items()}
