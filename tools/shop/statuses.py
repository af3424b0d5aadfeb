"""Rules on what can be done with an order in its status. Pure."""

from tools.errors import ToolRefused

MODIFIED = "pending (item modified)"
REQUESTED = ("return requested", "exchange requested")


def require_pending(order_id: str, status: str, done: str, rule: str) -> None:
    """Raise :class:`~tools.errors.ToolRefused` unless the order is pending; ``done`` is what was asked for it."""
    if status == MODIFIED:
        raise ToolRefused(
            f"The items of order {order_id} have been changed, so it can neither be changed again nor cancelled.",
            "MODIFY-ONCE",
        )
    if status != "pending":
        raise ToolRefused(f"Order {order_id} is {status}; only a pending order can be {done}.", rule)


def require_delivered(order_id: str, status: str, done: str, rule: str) -> None:
    """Raise :class:`~tools.errors.ToolRefused` unless the order is delivered and nothing has been asked for it yet."""
    if status in REQUESTED:
        raise ToolRefused(f"For order {order_id}, {_with_article(status)} is noted already.", "RETURN-ONCE")
    if status != "delivered":
        raise ToolRefused(f"Order {order_id} is {status}; only a delivered order can be {done}.", rule)


def _with_article(status: str) -> str:
    return f"{'an' if status.startswith('e') else 'a'} {status.removesuffix(' requested')}"
