"""What is measured of a text beside what guards judge: it stops nothing, and its change over weeks is told.

Rules alone: shares of words. They say little of one text, and much of a thousand.
"""

import logging
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from activities.guards.language import NO_WORDS, guess, languages
from activities.guards.moderation import find_abuse
from activities.guards.walking import strings
from activities.policy import load_policy
from activities.policy.ranking import terms
from leverframe.contracts.verdict import ScreenRequest, Verdict

LEAST = 4
"""Letters of a word that says what a text is about."""
Measures = Mapping[str, dict[str, float | str]]
"""By guard, with whose verdict they stand."""

logger = logging.getLogger(__name__)


def measured(request: ScreenRequest, content: JsonValue, verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts with what was measured of the screened ``content``; as they were where that fails."""
    if not request.measure or content is None:
        return tuple(verdicts)
    try:
        found = _measures(request, content)
    except Exception as error:
        # What is only counted must not keep an action.
        logger.warning("a text could not be measured: %s", type(error).__name__)
        return tuple(verdicts)
    return tuple(
        one.model_copy(update={"measured": found[one.guard]}) if one.guard in found else one for one in verdicts
    )


def language(text: str) -> str:
    """The code of the language of a text; empty where that is not sure."""
    found = guess(text)
    return found.code if found.probability >= languages().reply_from else ""


def unknown_words(text: str, business: str) -> float:
    """The share of a text's words that no clause of the business's policy has, nor what customers say about one."""
    said, known = set(terms(NO_WORDS.sub(" ", text))), load_policy().terms(business)
    return len(said - known) / len(said) if said else 0.0


def toxicity(text: str) -> float:
    """The share of a text's words that are words of abuse, at most 1."""
    words = len(text.split())
    return min(1.0, len(find_abuse(text)) / words) if words else 0.0


def relevance(rationale: str, about: Sequence[str]) -> float:
    """The share of the rationale's words that stand in what it should be about; 0 without any word."""
    said = {term for term in terms(NO_WORDS.sub(" ", rationale)) if len(term) >= LEAST}
    return len(said & set(terms("\n".join(about)))) / len(said) if said else 0.0


def _measures(request: ScreenRequest, content: JsonValue) -> Measures:
    if request.kind == "request":
        text = "\n".join(text for _, text in strings(content))
        return {
            "size": {"characters": float(len(text))},
            "language": {"language": language(text), "unknown_words": _rounded(unknown_words(text, request.business))},
            "moderation": {"toxicity": _rounded(toxicity(text))},
        }
    if request.kind == "proposal" and isinstance(content, dict):
        arguments = [text for _, text in strings(content.get("arguments"))]
        said = relevance(str(content.get("rationale", "")), [*request.about, *arguments])
        return {"proposal": {"relevance": _rounded(said)}}
    return {}


def _rounded(share: float) -> float:
    return round(share, 3)
