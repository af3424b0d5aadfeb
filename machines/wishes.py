"""What a user wants, sentence by sentence, as pure functions of their own words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from leverframe.contracts.base import Facts
from machines.states import Wish

INTAKE = "support_request"
"""The action that finds the others; it is none of them."""
MOST = 5
"""Wishes in one request."""
SENTENCES = 20
"""Sentences that are told apart; the last one holds what follows."""

ABBREVIATIONS = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "str",
        "no",
        "nr",
        "nos",
        "vs",
        "etc",
        "ca",
        "bzw",
        "núm",
        "art",
        "sra",
        "mme",
    )
)
MORE = r"and also|and then|also,|additionally|und außerdem|außerdem|und dann|et aussi|de plus|y también|además"
"""Words that begin another wish in the same sentence."""
END = re.compile(
    r"(?P<dot>\.)\s+|(?:[.!?…؟।]+[\"'”’»)\]]*|;)\s+|[。！？；]+[”’」』）]*\s*|\s*\n\s*"
    rf"|(?<!\band)(?<!\bund)(?<!\bet)(?<!\by),?\s+(?=(?:{MORE})\s)|[，,]\s*(?=另外|还有|顺便|同时)",
    re.IGNORECASE,
)
LAST_WORD = re.compile(r"[^\W\d_]+\Z")
WORD = re.compile(r"\w")


def sentences(messages: Iterable[str]) -> list[str]:
    """The sentences of the messages, in order; all that was written stands in one of them."""
    return [piece.strip() for piece in _pieces(messages)]


def wishes(facts: Facts) -> list[str]:
    """All that can be wished for: ``"{number} {action}"`` for each sentence and each action that there is."""
    numbers = range(1, len(_pieces(_messages(facts))) + 1)
    return [f"{number} {action}" for number in numbers for action in _actions()]


def wishes_of(facts: Facts) -> list[Wish]:
    """The proposed wishes, each once, in the order of the text and in the user's own words.

    To a wish's sentence belong those that follow it up to the next wish's; to the first one also those before it.
    """
    pieces, chosen = _pieces(_messages(facts)), _chosen(facts)
    starts = sorted({number for number, _ in chosen})
    texts = {
        number: "".join(pieces[0 if number == starts[0] else number - 1 : following - 1]).strip()
        for number, following in pairwise([*starts, len(pieces) + 1])
    }
    return [Wish(action, texts[number]) for number, action in chosen]


def _chosen(facts: Facts) -> list[tuple[int, str]]:
    proposal = facts.get("proposal")
    proposed = proposal.get("wishes") if isinstance(proposal, dict) else None
    legal = wishes(facts)
    # In the order of the text, whatever the order of the proposal.
    chosen = {each for each in proposed if each in legal} if isinstance(proposed, list) else set()
    pairs = (each.partition(" ") for each in legal if each in chosen)
    return [(int(number), action) for number, _, action in pairs]


def _actions() -> Sequence[str]:
    # Only here: the registry knows the machine that uses this.
    from machines.registry import machines

    return sorted(machines().keys() - {INTAKE})


def _messages(facts: Facts) -> list[str]:
    messages = facts.get("messages")
    return [message for message in messages if isinstance(message, str)] if isinstance(messages, list) else []


def _pieces(messages: Iterable[str]) -> list[str]:
    """The sentences with the space after them: put together they are what was written."""
    pieces: list[str] = []
    for message in messages:
        for piece in _split(f"{message}\n"):
            # What has no word in it, such as three dots, is no sentence.
            if pieces and not WORD.search(piece):
                pieces[-1] += piece
            else:
                pieces.append(piece)
    return [*pieces[: SENTENCES - 1], "".join(pieces[SENTENCES - 1 :])] if len(pieces) > SENTENCES else pieces


def _split(text: str) -> Iterator[str]:
    start = 0
    for end in END.finditer(text):
        if not (end["dot"] and _abbreviated(text[start : end.start()])):
            yield text[start : end.end()]
            start = end.end()
    if start < len(text):
        yield text[start:]


def _abbreviated(before: str) -> bool:
    """Whether a dot after this only shortens a word."""
    word = LAST_WORD.search(before)
    return word is not None and (len(word[0]) == 1 or word[0].casefold() in ABBREVIATIONS)
