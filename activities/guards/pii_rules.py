"""The rules for personal data, as written in ``pii_rules.toml``."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from activities.guards.pii_checks import Check, check_named

FILE = Path(__file__).with_name("pii_rules.toml")
FRAGMENT = re.compile(r"%([a-z_]+)%")


@dataclass(frozen=True)
class Rule:
    """What one kind of personal data looks like."""

    id: str
    label: str
    """Kind of the data, for example ``phone``; its placeholders are named after it."""
    pattern: re.Pattern[str]
    check: Check | None
    cue: str | None
    """Kind of the word that must stand before (``Words.cues``)."""
    unless: str | None
    """Kind of the word that must not stand before."""
    hints: tuple[str, ...]
    """The rule is tried only where one of these is in the text, in lower case."""
    digits: int
    """At least so many digits stand together; 0 for a rule that is tried on the whole text."""
    spaced: bool
    """There is a separator or a sign among the digits."""
    wrapped: bool
    """The end of a line may stand inside."""


@dataclass(frozen=True)
class Words:
    """The words around numbers, in lower case."""

    cues: dict[str, frozenset[str]]
    """A word to the kinds of numbers that it announces."""
    unspaced: tuple[str, ...]
    """Those of ``cues`` whose script puts no space between words."""
    between: frozenset[str]
    """Words that may stand between a cue and the number."""
    abbreviations: frozenset[str]
    """Words whose full stop ends no sentence."""
    numbers: frozenset[str]
    """Words for "number"; they may stand there too."""
    owners: frozenset[str]
    """Words that make a bare number somebody's phone: "my number is"."""
    behind: tuple[tuple[str, re.Pattern[str]], ...]
    """What follows a number, by the kind that it announces."""


@dataclass(frozen=True)
class RuleSet:
    """All of a rule file."""

    version: str
    rules: tuple[Rule, ...]
    """In order of precedence."""
    words: Words


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Entry(_Strict):
    id: str
    label: str
    pattern: str
    check: str | None = None
    cue: str | None = None
    unless: str | None = None
    hints: tuple[str, ...] = ()
    digits: int = 0
    spaced: bool = False
    wrapped: bool = False


class _WordLists(_Strict):
    between: str
    numbers: str
    owners: str
    abbreviations: str


class _File(_Strict):
    version: str
    fragments: dict[str, str]
    cues: dict[str, str]
    behind: dict[str, str]
    words: _WordLists
    rules: tuple[_Entry, ...]


def load_rules(file: Path = FILE) -> RuleSet:
    """Read a rule file.

    Raises:
        ValueError: it does not have the form of ``pii_rules.toml``, two rules share an id, or a rule has a pattern that
            cannot be read or names a kind of cue, a fragment or a check that there is not.
    """
    content = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    ids = [entry.id for entry in content.rules]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise ValueError(f"{file.name}: two rules have the id {', '.join(sorted(twice))}")
    return RuleSet(content.version, tuple(_rule(entry, content) for entry in content.rules), _words(content))


def is_unspaced(word: str) -> bool:
    """Whether a word is in a script that puts no space between words: Chinese, Japanese; Korean is read likewise."""
    return word[-1] >= "\u2e80"


def _rule(entry: _Entry, content: _File) -> Rule:
    if unknown := {entry.cue, entry.unless} - {None, *content.cues}:
        raise ValueError(f"rule {entry.id}: no cue {sorted(map(str, unknown))}, there are {sorted(content.cues)}")
    return Rule(
        id=entry.id,
        label=entry.label,
        pattern=_pattern(entry, content.fragments),
        check=check_named(entry.check) if entry.check else None,
        cue=entry.cue,
        unless=entry.unless,
        hints=entry.hints,
        digits=entry.digits,
        spaced=entry.spaced,
        wrapped=entry.wrapped,
    )


def _pattern(entry: _Entry, fragments: dict[str, str]) -> re.Pattern[str]:
    try:
        return re.compile(_filled(entry.pattern, entry.id, fragments))
    except re.error as error:
        raise ValueError(f"rule {entry.id}: its pattern is no regular expression: {error}") from None


def _filled(pattern: str, rule: str, fragments: dict[str, str]) -> str:
    def fragment(match: re.Match[str]) -> str:
        if match[1] not in fragments:
            raise ValueError(f"rule {rule}: no fragment {match[0]}, there are {sorted(fragments)}")
        return _filled(fragments[match[1]], rule, fragments)

    return FRAGMENT.sub(fragment, pattern)


def _words(content: _File) -> Words:
    kinds: dict[str, set[str]] = {}
    for kind, words in content.cues.items():
        for word in words.split():
            kinds.setdefault(word, set()).add(kind)
    return Words(
        cues={word: frozenset(of) for word, of in kinds.items()},
        unspaced=tuple(word for word in kinds if is_unspaced(word)),
        between=frozenset(content.words.between.split()),
        numbers=frozenset(content.words.numbers.split()),
        owners=frozenset(content.words.owners.split()),
        abbreviations=frozenset(content.words.abbreviations.split()),
        behind=tuple((kind, re.compile(pattern)) for kind, pattern in content.behind.items()),
    )
