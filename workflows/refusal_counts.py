"""How much refused input of one action is recorded and shown; its words stand where each is refused."""

from dataclasses import dataclass

RECORDED = 100
"""How much refused input is recorded piece by piece, of each plan and of the time before one: so much that is wrong by
itself, and so much of people who may not."""
CROWDED = 500
"""From so many refused updates of an action on, what may come as a signal is taken as a signal only."""
NO_MORE = " From here on, until another plan is shown, refused input is answered, and no longer recorded."
AS_SIGNAL = (
    "So much was refused of this action that it takes no more of these updates. Send the same as a signal: it counts "
    "as well, and what came of it stands in the details."
)


@dataclass
class Refusals:
    """What was refused of one action's input, counted."""

    plain: int = 0
    """How often since the newest plan was shown that nobody had to be asked about."""
    judged: int = 0
    """How often since then that the approvals role was asked about."""
    updates: int = 0
    """How many updates in all."""

    @property
    def spares(self) -> bool:
        """Whether so much was refused that more of it is answered, and neither recorded nor let into the history.

        The server takes 2,000 updates and 50,000 events of one action: whoever means well needs some of them.
        """
        return self.plain >= RECORDED

    @property
    def crowded(self) -> bool:
        """Whether the updates that are left are kept for what cannot come as a signal: the user's answers."""
        return self.updates >= CROWDED

    def shown_anew(self) -> None:
        """Another plan is shown: what was tried on the one before keeps nothing out of its record."""
        self.plain = self.judged = 0

    def counted(self, refusal: str, judged: bool = False) -> str | None:
        """Count what is refused; returns why, as it is to be recorded, or ``None`` where so much of it was already.

        What was judged is counted apart: whoever knows no code cannot keep out of the record what others try who do.
        """
        if judged:
            self.judged += 1
        else:
            self.plain += 1
        count = self.judged if judged else self.plain
        return None if count > RECORDED else refusal + NO_MORE if count == RECORDED else refusal
