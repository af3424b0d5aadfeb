"""What somebody has done with a plan that waited, in words: for reports, and for operators. Pure."""

from leverframe.contracts.decision import Approver
from leverframe.contracts.entries import Handled
from leverframe.naming import words
from leverframe.telling import TRUSTS


def in_words(said: Handled) -> str:
    """One line of it."""
    who = person(said.approver)
    if not said.accepted:
        return f"{who} tried in vain to {words(said.act or 'do something')}: {said.reason}"
    match said.act:
        case "claim":
            return f"{who} is on it"
        case "release":
            return f"{who} says that nobody is on it any more"
        case "hand_over":
            return f"{who} handed it over to {words(said.to)}"
        case _:
            changed = ", ".join(f"{words(name)} {value}" for name, value in said.arguments.items())
            return f"{who} had another plan made: {changed}"


def person(approver: Approver | None) -> str:
    """Who it was, and how that was established."""
    return f"{approver.identity} ({TRUSTS[approver.trust]})" if approver else "somebody"
