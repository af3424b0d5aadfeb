"""What all screens say alike. First of it what users, models and data wrote, made inert before people read it: nothing
in it can steer a screen or hide. Pure.

Characters that are not seen, or that move what stands around them, are marked and never dropped. Each screen escapes
its own markup besides, after this.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import JsonValue

from leverframe.contracts.feedback import Thumb
from leverframe.contracts.verdict import Judgement
from leverframe.lookalikes import LOOKALIKE, UNSEEN

NOTHING = "–"

TRUSTS: Mapping[str, str] = {
    "principal": "established by the server",
    "signed": "signed with their own key",
    "claimed": "unverified: claimed",
}
"""How a person was established (:data:`~leverframe.contracts.decision.Trust`), in words."""
THUMBS: Mapping[Thumb, str] = {"up": "thumbs up", "down": "thumbs down"}
JUDGEMENTS: Mapping[Judgement, str] = {
    "allow": "let through",
    "redact": "masked",
    "escalate": "left to a person",
    "block": "kept back",
}
OUTCOMES: Mapping[str, str] = {
    "done": "done",
    "declined": "declined",
    "blocked": "stopped by the checks",
    "rejected": "not approved",
    "expired": "left undone",
    "withdrawn": "withdrawn",
    "handed_over": "a person takes over",
    "partly_done": "done in part",
    "not_done": "not done",
    "shadowed": "nothing was done: it ran beside people",
}
"""How an action ended (:data:`~leverframe.contracts.status.OutcomeKind`), in words."""
EVENTS: Mapping[str, str] = {
    "expired": "no decision",
    "unplannable": "no plan",
    "unanswered": "no answer comes",
    "undecided": "the model finds no step",
    "stale": "the data changed",
    "elapsed": "the time is over",
    "woken": "there is news",
    "reopened": "there is news",
    "blocked": "the checks stop it",
    "escalated": "the checks leave it to a person",
    "hand_over": "the model leaves it to a person",
    "succeeded": "done",
    "failed": "it failed",
    "pending": "not finished yet",
    "unfinished": "it is not known whether it was done",
    "broke_off": "it broke off",
}
"""What machines of every business call an outcome, in words."""
STATES: Mapping[str, str] = {
    "lapsed": "left undone",
    "stopped": "stopped by the checks",
    "handed_over": "a person takes over",
    "stands": "as it was before",
}
"""What machines of every business call a state, in words."""
Unreadable = Literal["destroyed", "no key", "broken"]
"""Why a body does not open: its person was erased; there is no key here; it was changed, which is a problem."""
UNREADABLE: Mapping[str, str] = {
    "destroyed": "erased: the key of this person was destroyed",
    "no key": "sealed: no key for it here",
    "broken": "does not open: it was changed",
}
MALFORMED = "not of the form that this version writes"
MONEY, MONEY_UNKNOWN = "The money that it is about", "How much money it is about cannot be told."
"""Whether it is paid or paid back is the business's affair, and stands in the plan."""

_EMOJI = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
_JOINED = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af\ua840-\uabff"
"""Scripts in which two letters are joined, or kept apart, by a character that is not seen."""
_FLAGS = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in region) for region in ("gbeng", "gbsct", "gbwls"))

_WRITTEN = (
    rf"(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])|(?<=[{_JOINED}])[\u200c\u200d](?=[{_JOINED}])"
    rf"|(?<=[{_EMOJI}#*0-9])[\ufe0e\ufe0f]|(?<=[\u3400-\u9fff\U00020000-\U000323af])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    rf"|(?<=\U0001f3f4)(?:{_FLAGS})\U000e007f"
)
"""Where people write what is not seen: within an emoji, a flag, an ideograph, or between letters that join."""
_HEAPED = r"(?<=[\u0300-\u036f]{8})[\u0300-\u036f]"
"""More marks on one letter than any language writes: they would cover the lines around it."""
_MARKED = re.compile(rf"(?P<written>{_WRITTEN})|(?P<end>\r?\n)|(?P<unseen>{UNSEEN}|{_HEAPED})(?P=unseen)*")

STEERING = {
    code: f"⟨U+{code:04X}⟩"
    for code in (*range(0xA), *range(0xB, 0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F),
                 *range(0x2066, 0x206A))
}  # fmt: skip
"""For ``str.translate``: what moves a cursor or the text around it, also within a part of a text; not ends of lines."""


_WORD = re.compile(r"\w+")
_LATIN = re.compile("[A-Za-z]")
_OTHER = re.compile(LOOKALIKE)


def inert(text: object) -> str:
    """The text on one line, with a mark for each character that would not be seen: ``⟨U+202E⟩``, ``⟨U+200B×40⟩``.

    So is each letter of a Latin word that only looks like one of it (``p⟨U+0430⟩ypal``). The end of a line is marked as
    ``↵``. Emoji, accents, and all scripts stay as they are written.
    """
    return _MARKED.sub(_mark, _WORD.sub(_disguise, str(text)))


def _disguise(found: re.Match[str]) -> str:
    """The word with a mark for each letter of another script, if it has Latin ones too."""
    word = found[0]
    if word.isascii() or not _LATIN.search(word):
        return word
    return _OTHER.sub(lambda one: f"⟨U+{ord(one[0]):04X}⟩", word)


def _mark(found: re.Match[str]) -> str:
    if found["written"]:
        return found[0]
    if found["end"]:
        return "↵ "
    count = len(found[0])
    return f"⟨U+{ord(found['unseen']):04X}{f'×{count}' if count > 1 else ''}⟩"


def inert_lines(text: str) -> str:
    """The same for a text that may have several lines."""
    return "\n".join(map(inert, re.split(r"\r?\n", text)))


def plain(value: JsonValue) -> str:
    """A value as text: text as it is, nothing as a dash, all else as JSON. Not inert yet."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def inert_value(value: JsonValue) -> str:
    """A value on one line, inert."""
    return inert(plain(value))


def inert_body(value: JsonValue) -> Any:
    """The same value with all text in it inert, names too, at any depth."""
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, list):
        return [inert_body(item) for item in value]
    return {inert(name): inert_body(item) for name, item in value.items()} if isinstance(value, dict) else value
