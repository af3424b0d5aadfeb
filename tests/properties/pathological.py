"""Texts that a regular expression or a reader is slow at, derived from its own pieces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

_parser: Any = import_module("re._parser")
_CANDIDATES = " a1A,.-\n:/中é'\"<#@=\t$(\x00"
_CATEGORIES = {"DIGIT": "1", "SPACE": " ", "WORD": "a", "NOT_DIGIT": "a", "NOT_SPACE": "a", "NOT_WORD": " "}
MANY = 5
"""From so many repetitions on a piece is told as repeated."""
ANYWAY = (
    " ", "\n", "\t", "1", "a", "A", ".", ",", "-", "(", "<", "=", "中", "é",
    "a ", "1 ", ", ", "1,", "\n ", "a1", "1-", "..\n",
)  # fmt: skip
"""What every reader gets."""


@dataclass(frozen=True)
class Form:
    """A beginning, a piece again and again, and an end."""

    before: str
    piece: str
    after: str = ""

    def of(self, size: int) -> str:
        """The text of this form with so many characters."""
        left = max(0, size - len(self.before) - len(self.after))
        return self.before + (self.piece * (left // len(self.piece) + 1))[:left] + self.after


def forms(pattern: re.Pattern[str]) -> Iterator[Form]:
    """Texts that are hard for a pattern: its repeated pieces, alone and behind what stands before them, and what almost
    matches, again and again; and one beginning with the same piece for ever.
    """
    whole = _parser.parse(pattern.pattern, pattern.flags)
    for before, body in dict.fromkeys(_repeats(whole, "", {})):
        yield Form(before, body, "\x00")
    for piece in dict.fromkeys([*ANYWAY, *filter(None, _pieces(whole, "", {}))]):
        yield Form("", piece)


def _repeats(parsed: Any, before: str, groups: dict[int, str]) -> Iterator[tuple[str, str]]:
    for operation, argument in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, body = argument
            if int(most) >= MANY:
                for each in _bodies(body):
                    yield before, each
            yield from _repeats(body, before, groups)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from _repeats(branch, before, groups)
        elif name == "SUBPATTERN":
            yield from _repeats(argument[-1], before, groups)
        elif name == "ATOMIC_GROUP":
            yield from _repeats(argument, before, groups)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _repeats(argument[1], before, groups)
        before += sample([(operation, argument)], groups)


def _pieces(parsed: Any, before: str, groups: dict[int, str]) -> Iterator[str]:
    for start, body in _repeats(parsed, before, groups):
        yield body
        yield start + body * 3
        yield start + body * 30
    for branch in _branches(parsed):
        said = sample(branch, {})
        yield said
        yield said[:-1]
        yield said + " "


def _branches(parsed: Any) -> Iterator[Any]:
    """The pattern with each of its first few alternatives chosen."""
    yield parsed
    for number, (operation, argument) in enumerate(parsed):
        inner = argument[-1] if str(operation) == "SUBPATTERN" else [(operation, argument)]
        if len(inner) == 1 and str(inner[0][0]) == "BRANCH":
            for branch in inner[0][1][1]:
                yield [*list(parsed)[:number], *branch, *list(parsed)[number + 1 :]]


def _bodies(body: Any) -> list[str]:
    """Samples of a repeated piece; of a set of characters one of each kind."""
    if len(body) == 1 and str(body[0][0]) in ("IN", "ANY", "NOT_LITERAL"):
        return _chars(body[0]) or ["a"]
    return list(dict.fromkeys(filter(None, (sample(branch, {}) for branch in _branches(list(body))))))


def sample(parsed: Any, groups: dict[int, str]) -> str:
    """A text that the pattern most likely matches."""
    return "".join(_sample(one, groups) for one in parsed)


def _sample(one: Any, groups: dict[int, str]) -> str:
    operation, argument = one
    match str(operation):
        case "LITERAL":
            return chr(argument)
        case "IN" | "ANY" | "NOT_LITERAL":
            return next(iter(_chars(one)), "")
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, _, body = argument
            return sample(body, groups) * max(1, int(least))
        case "SUBPATTERN":
            number, *_, body = argument
            groups[number] = sample(body, groups)
            return groups[number]
        case "ATOMIC_GROUP":
            return sample(argument, groups)
        case "BRANCH":
            return sample(argument[1][0], groups)
        case "GROUPREF":
            return groups.get(argument, "")
        case "ASSERT" if argument[0] < 0:
            return sample(argument[1], groups)
    return ""


def _chars(one: Any) -> list[str]:
    """Characters that a set takes, one of each kind of those worth trying."""
    operation, argument = one
    if str(operation) == "ANY":
        return [" ", "a", "1", "."]
    if str(operation) == "NOT_LITERAL":
        return [char for char in _CANDIDATES if ord(char) != argument][:6]
    members = list(argument)
    negated = bool(members) and str(members[0][0]) == "NEGATE"
    own = [] if negated else [found for member in members for found in _member(member)]
    return list(dict.fromkeys([*own[:6], *(char for char in _CANDIDATES if _takes(members, char))]))[:10]


def _member(member: Any) -> list[str]:
    operation, argument = member
    match str(operation):
        case "LITERAL":
            return [chr(argument)]
        case "RANGE":
            return [chr(argument[0])]
        case "CATEGORY":
            return [_CATEGORIES[str(argument).removeprefix("CATEGORY_")]]
    return []


def _takes(members: list[Any], char: str) -> bool:
    negated = bool(members) and str(members[0][0]) == "NEGATE"
    return negated != any(_is(member, char) for member in members)


def _is(member: Any, char: str) -> bool:
    operation, argument = member
    match str(operation):
        case "LITERAL":
            return bool(ord(char) == argument)
        case "RANGE":
            return bool(argument[0] <= ord(char) <= argument[1])
        case "CATEGORY":
            kind = str(argument).removeprefix("CATEGORY_")
            is_it = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}
            return not is_it[kind[4:]] if kind.startswith("NOT_") else is_it[kind]
    return False
