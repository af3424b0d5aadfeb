"""What became of an action's refunds, as pure functions of what a scoped read has found: the conditions of what is
done about it.
"""

from datetime import timedelta

from pydantic import JsonValue

from leverframe.contracts.base import Facts

BANKS_TAKE = timedelta(days=10)
"""A bank can send back what the provider has called a success: 5 to 7 business days are what customers are told."""


def in_own_books(facts: Facts) -> bool:
    """Whether no provider holds the money, so that nothing can happen to it any more."""
    return _status(facts) == "booked"


def succeeded_there(facts: Facts) -> bool:
    """Whether the provider calls the refund a success."""
    return _status(facts) == "succeeded"


def sent_back(facts: Facts) -> bool:
    """Whether the money is on its way, as far as anybody knows."""
    return in_own_books(facts) or succeeded_there(facts)


def failed_there(facts: Facts) -> bool:
    """Whether the provider could not carry the refund out, or the bank has sent it back."""
    return _status(facts) == "failed"


def unclear_there(facts: Facts) -> bool:
    """Whether the provider waits for somebody, or says what is not known here: a person has to look."""
    return _status(facts) == "unclear"


def not_noted(facts: Facts) -> bool:
    """Whether the books say something else of the refund than the provider."""
    return facts.get("refund_noted") is False


def _status(facts: Facts) -> JsonValue:
    refund = facts.get("refund")
    return refund.get("status") if isinstance(refund, dict) else None
