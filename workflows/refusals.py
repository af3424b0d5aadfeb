from dataclasses import dataclass

RECORDED = 100
"""How much refused input of one action is recorded, piece by piece: so much that is wrong by itself, and so much of
people who may not."""
NO_MORE = " From here on, refused input of this action is answered, and no longer recorded."


@dataclass
class Refusals:
    """What was refused of one action's input, counted."""

    plain: int = 0
    """How often that nobody had to be asked about."""
    judged: int = 0
    """How often that the approvals role was asked about."""

    @property
    def spares(self) -> bool:
        """Whether so much was refused that more of it is answered, and neither recorded nor let into the history.

        The server takes 2,000 updates and 50,000 events of one action: whoever means well needs some of them.
        """
        return self.plain >= RECORDED

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
