import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from activities.guards.injection_words import Words, read_words

RULES = Path(__file__).with_name("injection_rules.toml")
LOOK_BACK = 400
"""Characters before a match, in its sentence, that can make it harmless; a bound, so that no text takes long."""

LOOK_AHEAD = 200
"""The same behind a match."""
TEXT_ENDS = re.compile(r"[.!?;\n。！？；]")
LINE_ENDS = re.compile(r"(?:(?<= )|\A)(?=(?:\.|LINE):)")
Severity = Literal["escalate", "block"]


class _Rule(BaseModel):
    """A rule as it stands in the file; see there for how patterns are written."""

    model_config = ConfigDict(extra="forbid")

    id: str
    judgement: Severity
    reason: str
    as_written: bool = False
    text: list[str] = []
    words: list[str] = []
    unless: list[str] = []
    harmless: list[str] = Field([], alias="except")


class _RuleFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    rule: list[_Rule]


@dataclass(frozen=True)
class WordPattern:
    """A pattern over a line of tokens."""

    line: re.Pattern[str]
    needs: tuple[frozenset[str], ...]
    """Sets of classes and words; a text that lacks all of one set cannot match."""

    def spans(self, words: Words) -> Iterator[tuple[int, int]]:
        """Where in the line it matches."""
        if any(need.isdisjoint(words.vocabulary) for need in self.needs):
            return
        yield from (match.span() for match in self.line.finditer(words.line))


@dataclass(frozen=True)
class Rule:
    """Patterns of one kind of instruction to the model, read on normalised text."""

    id: str
    judgement: Severity
    reason: str
    as_written: bool
    """Read only on the text as it stands, not on one whose disguise was undone."""
    text: re.Pattern[str] | None
    """Matches the text itself."""
    words: tuple[WordPattern, ...]
    """Match the line of its tokens."""
    unless: re.Pattern[str] | None
    """A match is no match where this one fits what stands before it in its sentence."""
    harmless: re.Pattern[str] | None
    """Nor where this one fits somewhere in its sentence from the match on."""

    def spans(self, text: str, words: Words) -> Iterator[tuple[int, int]]:
        """Where in the text the rule matches: at most once for each of its two kinds of patterns."""
        if self.text:
            found = (match.span() for match in self.text.finditer(text) if not self._harmless_text(text, *match.span()))
            yield from islice(found, 1)
        spans = (span for pattern in self.words for span in pattern.spans(words))
        meant = (span for span in spans if not self._harmless(words.line, *span))
        yield from (words.span(*span) for span in islice(meant, 1))

    def _harmless_text(self, text: str, start: int, end: int) -> bool:
        before, after = _sentence(text, start, end, TEXT_ENDS)
        return self._excused(*(read_words(part).line if part else "" for part in (before, after)))

    def _harmless(self, line: str, start: int, end: int) -> bool:
        return self._excused(*_sentence(line, start, end, LINE_ENDS))

    def _excused(self, before: str, after: str) -> bool:
        if self.unless and self.unless.search(before):
            return True
        return self.harmless is not None and self.harmless.search(after) is not None


def _sentence(text: str, start: int, end: int, ends: re.Pattern[str]) -> tuple[str, str]:
    """What stands in a match's sentence before it, and what from its start on."""
    from_, to = max(0, start - LOOK_BACK), min(len(text), end + LOOK_AHEAD)
    before = max((mark.end() for mark in ends.finditer(text, from_, start)), default=from_)
    behind = ends.search(text, end, to)
    return text[before:start], text[start : behind.start() if behind else to]


@dataclass(frozen=True)
class RuleSet:
    """The rules that are in force."""

    version: str
    rules: tuple[Rule, ...]


@cache
def rule_set() -> RuleSet:
    """The rules that come with the code."""
    read = _RuleFile.model_validate(tomllib.loads(RULES.read_text("utf-8")))
    return RuleSet(read.version, tuple(_compiled(rule) for rule in read.rule))


def _compiled(rule: _Rule) -> Rule:
    text = "|".join(f"(?:{pattern})" for pattern in rule.text).replace(" ", r"\s")
    return Rule(
        rule.id,
        rule.judgement,
        rule.reason,
        rule.as_written,
        re.compile(text) if text else None,
        tuple(_word_pattern(pattern) for pattern in rule.words),
        _any(rule.unless),
        _any(rule.harmless),
    )


def _any(patterns: list[str]) -> re.Pattern[str] | None:
    either = "|".join(f"(?:{compile_words(pattern)})" for pattern in patterns)
    return re.compile(rf"(?<!\S)(?:{either})") if patterns else None


def _word_pattern(pattern: str) -> WordPattern:
    must = (element.split("|") for element in pattern.split() if element[0] not in "~[^$!")
    # A stem is not in a vocabulary of whole words, so an element that has one cannot rule a text out.
    needs = tuple(frozenset(names) for names in must if not any(name.endswith("*") for name in names))
    return WordPattern(re.compile(rf"(?<!\S)(?:{compile_words(pattern)})"), needs)


def compile_words(pattern: str) -> str:
    """A word pattern as a regular expression over a line of tokens.

    ``CLASS`` and ``word`` match one token, ``A|b`` one of several, ``[A|b]`` perhaps one, ``!A|b`` one that is none of
    them, ``~3`` up to three of one sentence, ``^`` the start of a sentence, ``$`` the end of what is searched.
    """
    return "".join(_element(element) for element in pattern.split())


def _element(element: str) -> str:
    if element == "^":
        return r"(?:(?<=\.:\S )|(?<=LINE:- )|(?<=:::\s)|\A)"
    if element == "$":
        return r"\Z"
    if element.startswith("~"):
        return rf"(?:(?!\.:)\S+ ){{0,{int(element[1:])}}}?"
    if element.startswith("!"):
        return rf"(?!{_one_of(element[1:])})\S+ "
    if element.startswith("["):
        return f"{_one_of(element[1:-1])}?"
    return _one_of(element)


def _one_of(names: str) -> str:
    classes = [re.escape(name) for name in names.split("|") if not name[0].islower()]
    words = [re.escape(name).replace(r"\*", r"\S*") for name in names.split("|") if name[0].islower()]
    choices = [
        *([rf"(?:{'|'.join(classes)}):\S+ "] if classes else []),
        *([rf"\S+?:(?:{'|'.join(words)}) "] if words else []),
    ]
    return f"(?:{'|'.join(choices)})"
