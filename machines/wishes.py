"""What a user wants, sentence by sentence, as pure functions of their own words."""

from dataclasses import dataclass
from itertools import pairwise

from leverframe.contracts.base import Facts
from leverframe.sentences import pieces_of
from machines.states import Wish

MOST = 5
"""Wishes in one request."""


@dataclass(frozen=True)
class Intake:
    """Finds out which of some actions a user's words ask for."""

    among: tuple[str, ...]
    """The actions' names; the one that asks is none of them."""

    def wishes(self, facts: Facts) -> list[str]:
        """All that can be wished for: ``"{number} {action}"`` for each sentence and each of the actions."""
        numbers = range(1, len(pieces_of(_messages(facts))) + 1)
        return [f"{number} {action}" for number in numbers for action in self.among]

    def wishes_of(self, facts: Facts) -> list[Wish]:
        """The proposed wishes, each once, in the order of the text and in the user's own words.

        To a wish's sentence belong those that follow it up to the next wish's; to the first one also those before it.
        """
        pieces, chosen = pieces_of(_messages(facts)), self._chosen(facts)
        starts = sorted({number for number, _ in chosen})
        texts = {
            number: "".join(pieces[0 if number == starts[0] else number - 1 : following - 1]).strip()
            for number, following in pairwise([*starts, len(pieces) + 1])
        }
        return [Wish(action, texts[number]) for number, action in chosen]

    def _chosen(self, facts: Facts) -> list[tuple[int, str]]:
        proposal = facts.get("proposal")
        proposed = proposal.get("wishes") if isinstance(proposal, dict) else None
        legal = self.wishes(facts)
        # In the order of the text, whatever the order of the proposal.
        chosen = {each for each in proposed if each in legal} if isinstance(proposed, list) else set()
        pairs = (each.partition(" ") for each in legal if each in chosen)
        return [(int(number), action) for number, _, action in pairs]


def _messages(facts: Facts) -> list[str]:
    messages = facts.get("messages")
    return [message for message in messages if isinstance(message, str)] if isinstance(messages, list) else []
