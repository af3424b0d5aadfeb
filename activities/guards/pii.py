"""Personal data in a text: e-mail addresses, phone, card, bank, passport and national id numbers, birth dates."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from activities.guards.pii_cues import TAKEN, cues_around
from activities.guards.pii_folding import fold
from activities.guards.pii_rules import Rule, load_rules

RULES = load_rules()
PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]{1,22}_\d{1,6}>")
"""How masked values look, for example ``<EMAIL_1>``."""

NUMBER = re.compile(r"(?:\+ ?)?\(?\d[\d ()./-]{5,}\d")
"""Digits that stand together: where the rules with ``digits`` are tried."""
FEWEST_DIGITS = min(rule.digits for rule in RULES.rules if rule.digits)
BEYOND = 24
"""Characters behind such digits that a rule may read: an extension, a check letter."""
LOOKS = 3
"""What is taken bounds its neighbours as a space does, so that another look may find them."""
LINE_END = re.compile(r"(?:(?<![ \t])[ \t]++)?\r?\n[ \t]*+")
SEPARATOR = re.compile(r"[^A-Za-z0-9]+")
IN_LINES = tuple(rule for rule in RULES.rules if rule.wrapped)
WRAPPED_IBAN = tuple(rule for rule in IN_LINES if rule.label == "iban")
WRAPPED_TEXT = tuple(rule for rule in IN_LINES if rule.label == "email")
WRAPPED = tuple(rule for rule in IN_LINES if rule.label not in ("iban", "email"))


@dataclass(frozen=True)
class Found:
    """A value in a text that must not reach the model."""

    start: int
    end: int
    label: str
    """``email``, ``phone``, ``card``, ``iban``, ``national_id``, ``passport``, ``bank_account``, ``birth_date``,
    ``ip_address``; ``literal`` for text that only looks like a placeholder."""
    rule: str
    """Id of the rule that matched."""


def find_personal(text: str, field: str = "") -> list[Found]:
    """Personal data in order, never overlapping. Order, item and tracking numbers and prices are left alone, and so
    are placeholders.

    ``field`` is the name of the field that holds the text, such as ``phone``: it says what a bare number is.
    """
    folded = fold(text)
    remaining = PLACEHOLDER.sub(lambda match: TAKEN * len(match[0]), folded.text)
    found: list[tuple[int, int, Rule]] = []
    # An IBAN's length and check digits leave no doubt where it ends, so it is looked for before parts of it are taken.
    for glue, rules, looks in (
        (" ", WRAPPED_IBAN, 1),
        (None, RULES.rules, LOOKS),
        ("", WRAPPED_TEXT, 1),
        (" ", WRAPPED, 1),
    ):
        for _ in range(looks):
            new, remaining = _search_lines(remaining, field, rules, glue)
            if not new:
                break
            found += new
    return sorted(
        (Found(*folded.span(start, end), rule.label, rule.id) for start, end, rule in found), key=lambda one: one.start
    )


def find_placeholders(text: str) -> list[Found]:
    """Text that looks like a placeholder, disguised by invisible or full-width characters or not."""
    folded = fold(text)
    return [Found(*folded.span(*match.span()), "literal", "placeholder") for match in PLACEHOLDER.finditer(folded.text)]


_Span = tuple[int, int, Rule]


def _search_lines(text: str, field: str, rules: Sequence[Rule], glue: str | None) -> tuple[list[_Span], str]:
    """The same with the lines joined by ``glue``. Mail programs break lines at a width: an address inside, a number at
    a space.
    """
    if glue is None:
        return _search(text, field, rules)
    joined, indexes = _joined(text, glue)
    if not indexes:
        return [], text
    found, rest = _search(joined, field, rules)
    letters = list(text)
    for index, letter in zip(indexes, rest, strict=True):
        if letter == TAKEN:
            letters[index] = TAKEN
    return [(indexes[start], indexes[end - 1] + 1, rule) for start, end, rule in found], "".join(letters)


def _joined(text: str, glue: str) -> tuple[str, list[int]]:
    """The text with its lines joined, and where each character stood; nothing where there is one line only."""
    pieces, indexes, at = list[str](), list[int](), 0
    for match in LINE_END.finditer(text):
        # A dash at the end of a line joins already: "4111-1111-" goes on with "1111".
        joint = "" if text[match.start() - 1 : match.start()] == "-" else glue
        pieces += [text[at : match.start()], joint]
        indexes += [*range(at, match.start()), *([match.start()] if joint else [])]
        at = match.end()
    return "".join([*pieces, text[at:]]), [*indexes, *range(at, len(text))] if pieces else []


def _search(text: str, field: str, rules: Sequence[Rule] = RULES.rules) -> tuple[list[_Span], str]:
    """What the rules find, and the text with it marked as taken."""
    spans: list[_Span] = []
    lower, allowed = text.lower(), {rule.id for rule in rules}
    for rule in rules:
        if rule.digits:
            continue
        if not rule.hints or any(hint in lower for hint in rule.hints):
            for start, end in _matches(rule, text, 0, len(text)):
                if not _fits(rule, cues_around(text, start, end, field, RULES.words)):
                    continue
                spans.append((start, end, rule))
                text = _taken(text, start, end)
    for number in NUMBER.finditer(text):
        digits = sum(map(str.isdecimal, number[0]))
        if digits < FEWEST_DIGITS:
            continue
        cues = cues_around(text, *number.span(), field, RULES.words)
        for rule in _rules_for(digits, digits < len(number[0]), cues):
            if rule.id not in allowed:
                continue
            for start, end in _matches(rule, text, *number.span()):
                spans.append((start, end, rule))
                text = _taken(text, start, end)
    return spans, text


@lru_cache(maxsize=1024)
def _rules_for(digits: int, spaced: bool, cues: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that may hold for so many digits, with separators or not, after such words."""
    return tuple(
        rule for rule in RULES.rules if 0 < rule.digits <= digits and (spaced or not rule.spaced) and _fits(rule, cues)
    )


def _fits(rule: Rule, cues: frozenset[str]) -> bool:
    return (rule.cue is None or rule.cue in cues) and rule.unless not in cues


def _matches(rule: Rule, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where between two indexes the rule's pattern and check hold."""
    limit = min(len(text), end + BEYOND)
    while match := rule.pattern.search(text, start, limit):
        if match.start() >= end:
            return
        accepted = _accepted_end(rule, match)
        if accepted:
            yield match.start(_value(rule)), accepted
        separator = None if accepted else SEPARATOR.search(text, match.start(_value(rule)) + 1, match.end())
        start = accepted or (separator.end() if separator else match.end())


def _accepted_end(rule: Rule, match: re.Match[str]) -> int | None:
    """Where the longest part of the match ends that the rule's check accepts."""
    if rule.check is None:
        return match.end(_value(rule))
    start, text = match.start(_value(rule)), match.string
    cuts = [separator.start() for separator in SEPARATOR.finditer(text, start + 1, match.end())]
    return next((cut for cut in [match.end(), *reversed(cuts)] if rule.check(text[start:cut])), None)


def _value(rule: Rule) -> str | int:
    """The group of the rule's pattern that holds the value: all of the match where no label is part of it."""
    return "value" if "value" in rule.pattern.groupindex else 0


def _taken(text: str, start: int, end: int) -> str:
    return text[:start] + TAKEN * (end - start) + text[end:]
