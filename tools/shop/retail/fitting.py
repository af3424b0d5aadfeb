"""Whether the parts of a retail data set fit together. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tools.shop.retail.form import OrderForm, RetailData, UserForm
from tools.shop.retail.refunds import refunded


def problems(data: RetailData) -> Iterator[str]:
    """Each thing that contradicts another, in words."""
    yield from _own_ids(data)
    placed: dict[str, list[str]] = defaultdict(list)
    for order in data.orders.values():
        placed[order.user_id].append(order.order_id)
        yield from _of_order(order, data)
    owners: dict[str, str] = {}
    for user in data.users.values():
        if sorted(user.orders) != sorted(placed[user.user_id]):
            yield f"user {user.user_id}: expected to list exactly the orders that name this user, each once"
        yield from _of_methods(user, owners)


def _own_ids(data: RetailData) -> Iterator[str]:
    kinds: Mapping[str, list[tuple[str, str]]] = {
        "user": [(key, user.user_id) for key, user in data.users.items()],
        "order": [(key, order.order_id) for key, order in data.orders.items()],
        "product": [(key, product.product_id) for key, product in data.products.items()],
        "variant": [
            (key, variant.item_id) for product in data.products.values() for key, variant in product.variants.items()
        ],
    }
    for kind, pairs in kinds.items():
        for key, own in pairs:
            if key != own:
                yield f"{kind} {own} stands under {key!r}; expected its own id there"


def _of_order(order: OrderForm, data: RetailData) -> Iterator[str]:
    user = data.users.get(order.user_id)
    if user is None:
        yield f"order {order.order_id}: its user {order.user_id!r} is not among the users"
    elif foreign := [m.payment_method_id for m in order.payment_history if m.payment_method_id not in _methods(user)]:
        yield f"order {order.order_id}: {foreign[0]!r} is not a payment method of its user"
    for item in order.items:
        product = data.products.get(item.product_id)
        if product is None or item.item_id not in product.variants:
            yield f"order {order.order_id}: item {item.item_id!r} is not a variant of its product {item.product_id!r}"
    if any(moved.transaction_type == "payment" and not moved.amount for moved in order.payment_history):
        yield f"order {order.order_id}: a payment of nothing; expected an amount above 0"
    if order.cancel_reason is not None and order.status != "cancelled":
        yield f"order {order.order_id} is {order.status}; expected a cancel_reason only of a cancelled order"
    try:
        refunded(order.payment_history)
    except LookupError as error:
        yield f"order {order.order_id}: {error}"


def _of_methods(user: UserForm, owners: dict[str, str]) -> Iterator[str]:
    for key, method in user.payment_methods.items():
        if key != method.id:
            yield f"payment method {method.id} stands under {key!r}; expected its own id there"
        if owners.setdefault(method.id, user.user_id) != user.user_id:
            yield f"payment method {method.id} is of {owners[method.id]} and of {user.user_id}; expected one of them"


def _methods(user: UserForm) -> set[str]:
    return {method.id for method in user.payment_methods.values()}
