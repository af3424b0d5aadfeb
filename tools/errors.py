from datetime import timedelta


class ToolRefused(Exception):
    """A business rule, or a system outside, says no; nothing is done."""

    def __init__(self, reason: str, rule: str) -> None:
        """``reason`` is in plain words for an operator or the user; ``rule`` is the clause that it follows from."""
        self.words = reason
        self.reason = f"{reason} ({rule})"
        """The words with their rule, which is how people and the ledger see them."""
        self.rule = rule
        super().__init__(self.reason)


class Moved(ToolRefused):
    """A system outside says no, since something else stands there than what was approved; the plan is made anew."""


SIZE = "PLAN-SIZE"
"""The rule that a plan must be small enough to be carried out (:mod:`leverframe.plan_size`)."""


class ToolError(Exception):
    """The call itself is wrong; trying again cannot help."""


class UnknownTool(ToolError):
    """No tool has that name."""


class BadArguments(ToolError):
    """The arguments do not fit the tool; the message names the field and what was expected."""


class WrongTool(ToolError):
    """The tool's effect does not fit what is asked of it, for example planning a read."""


class NotApproved(ToolError):
    """A destructive call without an approved plan that contains exactly this call."""


class NotConnected(ToolError):
    """The worker has no access to the system that the call needs; the message names the setting."""


class Ahead(Exception):
    """What is run ahead, and may come to nothing, would ask something of a system outside; nothing was asked."""


class NotLooked(NotConnected):
    """An auditor cannot see there what became of a request: somebody has to look who may."""


class NotTheirs(ToolError):
    """A system outside answered with something that is not of the user who asks; it is not used."""


class NotPinned(ToolError):
    """A server offers another tool than the one that was declared; it was not called."""


class LedgerConflict(ToolError):
    """Something else is recorded under the same key already."""


class Unreachable(Exception):
    """A system outside gave no answer that can be relied on; trying again may help."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        """``after``: how long it is to be left alone, where that is known."""
        super().__init__(reason)
        self.after = after


class NotSent(Unreachable):
    """Nothing has gone to the system yet, so nothing has happened there."""


class NotKnown(Exception):
    """It is not known what a system outside has done, and no further try would tell; a person must find out."""
