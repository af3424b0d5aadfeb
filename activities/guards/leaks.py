import hashlib
import re
from collections.abc import Collection

from activities.guards.pii import PLACEHOLDER, find_personal
from leverframe.contracts.verdict import Evidence

CANARY = re.compile(r"lfc-[0-9a-f]{12}", re.IGNORECASE)
"""A mark in every prompt that belongs in no answer: where it appears, the prompt has leaked."""


def canary(prompt: str) -> str:
    """The mark of a prompt, from its unrendered source."""
    return f"lfc-{hashlib.sha256(b'canary' + prompt.encode()).hexdigest()[:12]}"


def find_leaks(text: str, known: Collection[str] = (), path: str = "") -> list[Evidence]:
    """What must not leave in a text: a prompt's mark, personal data, and placeholders that are not ``known``."""
    return [
        *(Evidence(start=m.start(), end=m.end(), label="canary", path=path) for m in CANARY.finditer(text)),
        *(Evidence(start=f.start, end=f.end, label=f.label, path=path) for f in find_personal(text)),
        *(
            Evidence(start=m.start(), end=m.end(), label="placeholder", path=path)
            for m in PLACEHOLDER.finditer(text)
            if m[0] not in known
        ),
    ]
