"""What the data set expects of a task. Pure."""

from tests.outside.data import DataCall, Documents, Task
from tests.outside.documents import plain
from tests.outside.translating import writes

KINDS = ("users", "orders")


def expected_after(task: Task) -> Documents:
    """The documents that differ after a task.

    To change an item of a pending order into itself is refused here, as by the later benchmark's code: what such a call
    was about is expected as that code leaves it, and anything else as the data set has it.
    """
    after, later = task.expected_after, task.expected_after_tau2_code
    selves = {call.arguments.get("order_id") for call in task.actions if into_itself(call)}
    if later is None or not selves:
        return {kind: plain(after.get(kind, {})) for kind in KINDS}
    both = {order_id: "" for side in (after, later) for order_id in side.get("orders", {})}
    orders = {order_id: (later if order_id in selves else after).get("orders", {}).get(order_id) for order_id in both}
    return {
        "users": plain(later.get("users", {})),
        "orders": plain({order_id: document for order_id, document in orders.items() if document is not None}),
    }


def into_itself(call: DataCall) -> bool:
    """Whether a call names an item to be replaced by itself."""
    old, new = call.arguments.get("item_ids") or [], call.arguments.get("new_item_ids") or []
    return any(one == other for one, other in zip(old, new, strict=False))


def expected_result(task: Task, place: int) -> str | None:
    """What the data set says of the call at this place; ``None`` where it does not say."""
    results = task.action_results or ()
    if len(results) == len(task.actions):
        return results[place]
    written = [index for index, call in enumerate(task.actions) if writes(call)]
    return results[written.index(place)] if len(results) == len(written) else None
