from collections.abc import Sequence
from decimal import Decimal

from tools.shop.retail.form import MoneyMoved


def refunded(history: Sequence[MoneyMoved]) -> dict[int, int]:
    """For the place of each refund in an order's history, the place of the payment that it gives back.

    The data do not name it: it is the first earlier payment with enough left, by the same method where there is one.
    Raises LookupError for a refund of more than was paid.
    """
    left: dict[int, Decimal] = {}
    found: dict[int, int] = {}
    for place, moved in enumerate(history):
        if moved.transaction_type == "payment":
            left[place] = moved.amount
            continue
        enough = [paid for paid, amount in left.items() if amount >= moved.amount]
        same = [paid for paid in enough if history[paid].payment_method_id == moved.payment_method_id]
        if not enough:
            raise LookupError(f"refund {place + 1} of {moved.amount} is more than an earlier payment has left")
        found[place] = (same or enough)[0]
        left[found[place]] -= moved.amount
    return found
