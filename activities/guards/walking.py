import re
from collections.abc import Callable, Iterator

from pydantic import JsonValue

FIELD = re.compile(r"/([^/]*[^/\d][^/]*)(?:/\d+)*$")


def strings(content: JsonValue, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string in the content with its JSON pointer (RFC 6901); the content's own is empty."""
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from strings(value, f"{path}/{_escaped(key)}")
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from strings(value, f"{path}/{index}")


def replace_strings(content: JsonValue, replace: Callable[[str, str], str], path: str = "") -> JsonValue:
    """The same shape with every string replaced by ``replace(path, string)``, in order.

    Names of fields and numbers stay as they are: tools give what is personal as text.
    """
    if isinstance(content, str):
        return replace(path, content)
    if isinstance(content, dict):
        return {key: replace_strings(value, replace, f"{path}/{_escaped(key)}") for key, value in content.items()}
    if isinstance(content, list):
        return [replace_strings(value, replace, f"{path}/{index}") for index, value in enumerate(content)]
    return content


def field_of(path: str) -> str:
    """The name of the field that a JSON pointer leads to, indexes of lists left out; empty where there is none."""
    found = FIELD.search(path)
    return found[1] if found else ""


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
