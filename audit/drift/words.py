"""Drift in words. Pure."""

from audit.drift.changes import Change
from leverframe.naming import ended, words

FIGURES = {
    "language": "in which language users write",
    "proposal": "what the model proposes",
    "clause": "which clause it cites",
    "model": "which model and prompt answer",
    "outcome": "how actions end",
    "feedback": "what users say of it",
    "override": "what people decide",
    "problem": "problems",
    "guards": "what guards find",
    "characters": "length of what users write",
    "unknown_words": "words that no clause has",
    "toxicity": "abuse in what users write",
    "relevance": "relevance of the model's reasons",
    "toxicity_by_model": "abuse, as the guard model sees it",
    "relevance_by_model": "relevance, as the guard model sees it",
    "milliseconds": "how long the model takes",
    "tokens": "tokens, of which its cost is made",
}


def figure(name: str) -> str:
    """A figure as people read it."""
    return FIGURES.get(name, words(name))


def category(change: Change) -> str:
    """What of a figure has changed."""
    return ended(change.category) if change.figure == "outcome" else words(change.category)


def whose(change: Change) -> str:
    """Of which actions it is true."""
    action = words(change.action) or "all actions"
    return f"{action}, {change.language}" if change.language else action
