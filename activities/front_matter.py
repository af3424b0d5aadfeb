import re
from collections.abc import Mapping

LINE = re.compile(r"(?P<name>[a-z]+):\s*(?P<value>.*)")


class InvalidHeader(ValueError):
    """Lines of ``name: value`` are not what was expected; the message says which."""


def read_header(lines: str, required: frozenset[str], optional: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """Lines of ``name: value``; an indented line goes on with the value above it.

    Raises:
        InvalidHeader: for a line of another form, a name that is unknown, given twice or missing, or an empty value.
    """
    found: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", lines.strip()).splitlines():
        match = LINE.fullmatch(line.strip())
        if match is None or match["name"] not in required | optional:
            raise InvalidHeader(f"expected lines like '{_names(required | optional)}: …', and one is {line.strip()!r}")
        if match["name"] in found or not match["value"].strip():
            raise InvalidHeader(f"expected {match['name']!r} once, with a value")
        found[match["name"]] = match["value"].strip()
    if missing := required - found.keys():
        raise InvalidHeader(f"{_names(missing)} is missing")
    return found


def read_version(header: Mapping[str, str]) -> int:
    """The stated version, a whole number from 1. Raises :class:`InvalidHeader`."""
    stated = header["version"]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", stated):
        raise InvalidHeader(f"expected a whole number from 1 as version, and it is {stated!r}")
    return int(stated)


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
