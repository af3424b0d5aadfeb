import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from activities.guards.injection_words import UNKNOWN, Words

WEIGHTS = Path(__file__).with_name("injection_weights.json")
WINDOW = 30
"""Tokens that are judged together: sentences are put together up to so many, longer ones are cut."""
REACH = 6
"""Tokens between which two words still have to do with each other."""
MARKS = frozenset({".", ":", "9", "LINE", "OPEN", "QUOTE"})
"""Tokens that tell how a text is laid out. Training texts are laid out otherwise than orders and mails, so they
are not looked at."""
COMMON = frozenset({
    "YOU", "YOUR", "I", "ME", "MY", "THEY", "ASK", "BE", "DO", "CAN", "NOT", "AND", "IF", "PLEASE", "WANT", "TO", "ALL",
    "EVER", "NOW", "NEW", "FIRST", "TEXT", "OTHERS", "FOLLOW", "URGENT", "ONLY", "^", UNKNOWN,
})  # fmt: skip
"""Classes that say nothing by themselves; two of them together neither."""
TOPICS = frozenset({
    "OVERRIDE", "ORDERS", "PROMPT", "LIMITS", "TRAINING", "REVEAL", "MODEL", "FREE", "JAILBREAK", "SECRET", "RULES",
    "SETUP", "SAFETY", "SYSTEM",
})  # fmt: skip
"""A text is judged only where it speaks of a model and what binds it: of two of these, or of one and of ``you``."""
GOODS = re.compile(
    r"(?:return|refund|parcel|shipp|deliver|invoice|receipt|cancel|exchang|order(?:s|ed)?$|item|colou?r|bought|purchas"
    r"|rechnung|bestell|paket|liefer|ruck(?:gabe|send|erstatt)|storn|umtausch|commande|colis|livraison|rembours|factur"
    r"|pedido|paquete|reembols|devolv|devoluc|envio|订单|退货|退款|取消订单|快递|包裹)"
)
"""Beginnings of the words of a business's mails: with one of them a window is left to the rules."""
SHRINK = 10
"""Added to the number of features, so that a text of a few words cannot reach a high score."""


@dataclass(frozen=True)
class Model:
    """A linear classifier over which classes and words stand together."""

    weights: dict[str, float]
    bias: float
    threshold: float
    """From which score on a person is asked."""

    def score(self, features: frozenset[str]) -> float:
        """Above zero where attacks are likelier; the scale is that of log-odds."""
        total = sum(self.weights.get(feature, 0.0) for feature in features)
        return self.bias + total * scale(len(features))


@dataclass(frozen=True)
class Window:
    """Some tokens on end."""

    start: int
    """Index of the first in the line of tokens."""
    end: int
    tokens: tuple[tuple[str, str], ...]
    """Class and word of each."""


@cache
def model() -> Model:
    """The model that comes with the code."""
    return Model(**json.loads(WEIGHTS.read_text("utf-8")))


def suspicious(words: Words, model: Model) -> Window | None:
    """The window that is likeliest part of an attack, if one reaches the threshold."""
    scored = [(model.score(features(window)), window) for window in windows(words) if on_topic(window)]
    score, window = max(scored, key=lambda pair: pair[0], default=(-math.inf, None))
    return window if score >= model.threshold else None


def scale(features: int) -> float:
    """What a sum over so many features is multiplied by, so that long texts weigh no more than short ones."""
    return 5 / math.sqrt(features + SHRINK)


def on_topic(window: Window) -> bool:
    """Whether the window speaks of what the model can judge; lists of numbers and fields do not."""
    classes = [name for name, _ in window.tokens]
    if sum(name in MARKS and name != "." for name in classes) > 0.3 * len(classes):
        return False
    if any(GOODS.match(word) for _, word in window.tokens):
        return False
    topics = TOPICS.intersection(classes)
    return len(topics) >= 2 or (bool(topics) and not {"YOU", "YOUR"}.isdisjoint(classes))


def windows(words: Words) -> Iterator[Window]:
    """The text in windows of whole sentences."""
    tokens = [_parted(token) for token in words.line.split()]
    start, at = 0, 0
    for end in [*(index + 1 for index, (name, _) in enumerate(tokens) if name == "."), len(tokens)]:
        if end - start > WINDOW and at > start:
            yield _window(words, tokens, start, at)
            start = at
        while end - start > WINDOW:
            yield _window(words, tokens, start, start + WINDOW)
            start += WINDOW
        at = end
    if start < len(tokens):
        yield _window(words, tokens, start, len(tokens))


def features(window: Window) -> frozenset[str]:
    """Each class and word that says something, and pairs and triples of which at least one does."""
    tokens = [("^", "^"), *((name, word) for name, word in window.tokens if name not in MARKS)]
    found: set[str] = set()
    for index, (name, word) in enumerate(tokens):
        if name not in COMMON:
            found.update((name, f"={word}"))
        following = tokens[index + 1 : index + 1 + REACH]
        for distance, (other, other_word) in enumerate(following):
            if name in COMMON and other in COMMON:
                continue
            if distance == 0:
                found.update((f"{name} {other}", f"={word} {other_word}"))
                if len(following) > 1:
                    found.add(f"{name} {other} {following[1][0]}")
            elif not {name, other} & {UNKNOWN, "TO"}:
                found.add(f"{name}>{other}")
    return frozenset(found)


def _window(words: Words, tokens: list[tuple[str, str]], start: int, end: int) -> Window:
    return Window(words.starts[start], words.starts[end], tuple(tokens[start:end]))


def _parted(token: str) -> tuple[str, str]:
    name, _, word = token.partition(":")
    return name, word
