import re
from collections.abc import Iterator
from dataclasses import dataclass

from activities.guards.injection_model import Model, model, suspicious
from activities.guards.injection_rules import Rule, Severity, rule_set
from activities.guards.injection_views import View, views
from activities.guards.injection_words import read_words
from activities.guards.text import normalise
from leverframe.contracts.verdict import STRICTNESS, Evidence
from leverframe.lookalikes import LOOKALIKES

VERSION = rule_set().version
"""Version of the rules, the lexicon and the weights together."""
LIKELY = "likely_instruction"
INVISIBLE = "hidden_text"
MANY_INVISIBLE = 12
"""So many invisible characters carry a hidden message; emoji and right-to-left text need a few."""
MIXED = "mixed_scripts"
_OTHER = "".join(map(chr, LOOKALIKES))
MIXED_WORD = re.compile(rf"[a-z][{_OTHER}]|[{_OTHER}][a-z]", re.IGNORECASE)
"""Letters of two alphabets side by side: a word that is to look like another."""


@dataclass(frozen=True)
class Finding:
    """A rule that matched, and where."""

    rule: str
    judgement: Severity
    reason: str
    evidence: Evidence


def find_injection(text: str, path: str = "", classifier: Model | None = None) -> list[Finding]:
    """Instructions to the model hidden in a text, the strictest first.

    ``path`` tells where the text stands in the content, for the evidence. What no rule finds is left to
    ``classifier``, by default the one that comes with the code.
    """
    found = [*_matches(text, path), *_invisible(text, path), *_mixed(text, path)]
    if not found:
        found = [*_likely(text, path, classifier or model())]
    return sorted(found, key=lambda finding: -STRICTNESS.index(finding.judgement))


def _matches(text: str, path: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for view in views(text):
        words = read_words(view.text.text)
        for rule in rule_set().rules:
            if rule.id in seen or (rule.as_written and view.disguise):
                continue
            for span in rule.spans(view.text.text, words):
                seen.add(rule.id)
                yield _finding(rule, view, span, path)
                break


def _finding(rule: Rule, view: View, span: tuple[int, int], path: str) -> Finding:
    if not view.disguise:
        return Finding(rule.id, rule.judgement, rule.reason, view.text.evidence(*span, rule.id, path))
    start, end = view.whole or (view.text.origin[span[0]], view.text.origin[span[1] - 1] + 1)
    where = Evidence(start=start, end=end, label=rule.id, path=path)
    return Finding(rule.id, rule.judgement, f"{rule.reason}, in disguise ({view.disguise})", where)


def _likely(text: str, path: str, classifier: Model) -> Iterator[Finding]:
    plain = normalise(text)
    words = read_words(plain.text)
    if window := suspicious(words, classifier):
        where = plain.evidence(*words.span(window.start, window.end), LIKELY, path)
        yield Finding(LIKELY, "escalate", "reads like an instruction to the assistant", where)


def _invisible(text: str, path: str) -> Iterator[Finding]:
    hidden = [index for index, character in enumerate(text) if _is_invisible(character)]
    if len(hidden) >= MANY_INVISIBLE:
        where = Evidence(start=hidden[0], end=hidden[-1] + 1, label=INVISIBLE, path=path)
        yield Finding(INVISIBLE, "escalate", "holds many invisible characters", where)


def _mixed(text: str, path: str) -> Iterator[Finding]:
    if match := MIXED_WORD.search(text):
        where = Evidence(start=match.start(), end=match.end(), label=MIXED, path=path)
        yield Finding(MIXED, "escalate", "holds words of letters of two alphabets", where)


def _is_invisible(character: str) -> bool:
    return character in "\u200b\u200c\u2060\ufeff\u00ad" or 0xE0000 <= ord(character) <= 0xE007F
