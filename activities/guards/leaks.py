import hashlib
import re
from collections.abc import Collection, Mapping

from pydantic import JsonValue

from activities.guards.pii import PLACEHOLDER, find_personal
from activities.guards.walking import field_of, strings
from leverframe.contracts.verdict import Evidence

CANARY = re.compile(r"lfc-[0-9a-f]{12}", re.IGNORECASE)
"""A mark in every prompt that belongs in no answer: where it appears, the prompt has leaked."""
TELLING = 5
"""Characters from which on a masked value is known again in other text."""


def canary(prompt: str) -> str:
    """The mark of a prompt, from its unrendered source."""
    return f"lfc-{hashlib.sha256(b'canary' + prompt.encode()).hexdigest()[:12]}"


def find_leaks(
    text: str, known: Mapping[str, str] | None = None, path: str = "", own: Collection[str] = ()
) -> list[Evidence]:
    """What must not leave in a text.

    That is a prompt's mark, personal data that is not among the user's ``own``, placeholders that are not ``known``,
    and the values behind those that are: what was masked stays masked.
    """
    known = known or {}
    return [
        *(Evidence(start=m.start(), end=m.end(), label="canary", path=path) for m in CANARY.finditer(text)),
        *(
            Evidence(start=f.start, end=f.end, label=f.label, path=path)
            for f in find_personal(text, field_of(path))
            if text[f.start : f.end] not in own
        ),
        *(
            Evidence(start=m.start(), end=m.end(), label="placeholder", path=path)
            for m in PLACEHOLDER.finditer(text)
            if m[0] not in known
        ),
        *(
            Evidence(start=at, end=at + len(value), label="unmasked", path=path)
            for value in known.values()
            if len(value) >= TELLING and not PLACEHOLDER.fullmatch(value) and (at := text.find(value)) >= 0
        ),
    ]


def personal_values(content: JsonValue) -> frozenset[str]:
    """The personal data in what a user's own scope has returned."""
    return frozenset(
        text[found.start : found.end]
        for path, text in strings(content)
        for found in find_personal(text, field_of(path))
    )
