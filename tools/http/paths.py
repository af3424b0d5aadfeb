"""Paths and queries from a template and typed values: what a value says never leaves its own segment. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from tools.errors import BadArguments

HOLE = re.compile(r"\{([A-Za-z_][\w.-]*)\}")
TEMPLATE = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|\{[A-Za-z_][\w.-]*\})+)+/?")
"""A path from its first slash on, with holes such as ``/tickets/{ticket_id}``; without a query, and nothing encoded."""
LEAVES = re.compile(r"[/\\?#;\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]|%(?:[0-9A-Fa-f]{2}|[uU])|\s\Z|\A\s")
"""What servers and proxies may take for the end of a segment; encoded forms too, since one of them may decode twice."""
LONGEST = 200
"""Characters of one value."""


def holes(template: str) -> tuple[str, ...]:
    """The names in a template; raises ``ValueError`` for what is none."""
    if not TEMPLATE.fullmatch(template) or any(_dots(one) for one in template.split("/")):
        raise ValueError(f"{template!r} is no path template; expected one such as /tickets/{{ticket_id}}")
    return tuple(HOLE.findall(template))


def filled(template: str, values: Mapping[str, JsonValue]) -> str:
    """The path with each value in its one segment; raises :class:`~tools.errors.BadArguments`."""
    parts = {name: _segment(name, values.get(name)) for name in holes(template)}
    path = HOLE.sub(lambda found: quote(parts[found[1]], safe=""), template)
    # Of two values next to each other a template can make what neither is alone.
    if any(_dots(one) for one in path.split("/")):
        raise BadArguments(f"what is to stand in {template} would leave its place; expected more than dots")
    return path


def query(values: Mapping[str, JsonValue]) -> str:
    """The query of named values, without those that are ``None``; raises :class:`~tools.errors.BadArguments`."""
    words = {name: _words(name, value) for name, value in values.items() if value is not None}
    try:
        return urlencode(words, doseq=True, quote_via=quote)
    except UnicodeEncodeError:
        raise BadArguments("a value of the query cannot be sent; expected text") from None


def _segment(name: str, value: JsonValue) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadArguments(f"{name} cannot stand in a path; expected text or a whole number")
    said = str(value)
    # Servers may take a letter for another one that is written like it.
    read = unicodedata.normalize("NFKC", said)
    if not said or len(said) > LONGEST or any(LEAVES.search(one) or _dots(one) for one in (said, read)):
        raise BadArguments(
            f"{name} would leave its place in the path; expected 1 to {LONGEST} characters without slashes, ?, #, ;, "
            "control characters or percent-encoding, and not dots alone"
        )
    return said


def _dots(segment: str) -> bool:
    return segment != "" and not segment.strip(". ")


def _words(name: str, value: JsonValue) -> list[str]:
    told = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float) for one in told):
        raise BadArguments(f"{name} cannot stand in a query; expected text, a number, or a list of such")
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in told]
