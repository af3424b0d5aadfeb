"""Which rules can be the reason for a refusal, by the kind of the case. Of an unknown kind any rule will do."""

from tests.outside.data import Case

STATUS = {
    "cancel_pending_order": {"CANCEL-PENDING"},
    "modify_pending_order_address": {"MODIFY-PENDING"},
    "modify_pending_order_payment": {"MODIFY-PENDING"},
    "modify_pending_order_items": {"MODIFY-PENDING"},
    "return_delivered_order_items": {"RETURN-DELIVERED"},
    "exchange_delivered_order_items": {"EXCHANGE-DELIVERED"},
}
"""What says that the order does not have the status that a call needs."""
ITEMS = {
    "modify_pending_order_items": {"MODIFY-LISTED"},
    "return_delivered_order_items": {"RETURN-ITEMS", "argument item_ids"},
    "exchange_delivered_order_items": {"EXCHANGE-ITEMS"},
}
"""What says that an item does not stand in the order, or none is named."""
VARIANT = {"modify_pending_order_items": {"MODIFY-ITEMS"}, "exchange_delivered_order_items": {"EXCHANGE-DELIVERED"}}
"""What says that an item cannot be had instead."""
MONEY = {
    "modify_pending_order_payment": {"MODIFY-PAYMENT"},
    "modify_pending_order_items": {"MODIFY-PRICE"},
    "return_delivered_order_items": {"RETURN-REFUND"},
    "exchange_delivered_order_items": {"EXCHANGE-PRICE"},
}
"""What says which payment method may be used, and what it must cover."""
ONCE = {
    "modify_pending_order_payment": {"PAYMENT-ONCE"},
    "modify_pending_order_items": {"MODIFY-ONCE"},
    "return_delivered_order_items": {"RETURN-ONCE"},
    "exchange_delivered_order_items": {"RETURN-ONCE"},
}
KINDS = {
    "wrong_status": STATUS,
    "repeat_after_cancel": STATUS,
    "second_time": ONCE,
    "item_not_in_order": ITEMS,
    "empty_item_list": ITEMS,
    "other_product": VARIANT,
    "unavailable_item": VARIANT,
    "gift_card_too_small": MONEY,
    "same_payment_method": MONEY,
}
ALWAYS = {
    "other_users_order": {"OWN-ORDERS"},
    "unknown_order": {"OWN-ORDERS"},
    "order_id_without_hash": {"OWN-ORDERS", "argument order_id"},
    "other_users_payment_method": {"PAYMENT-OWN"},
    "bad_reason": {"CANCEL-REASON", "argument reason"},
    "cancel_after_items_modified": {"MODIFY-ONCE"},
    "address_after_items_modified": {"MODIFY-ONCE"},
    "other_users_record": {"argument user_id"},
    "unknown_user": {"argument user_id"},
}
"""Whatever is called."""


def fitting(case: Case) -> frozenset[str] | None:
    """The rules of which a refusal must name one; ``None`` where any will do."""
    kind = case.kind.partition(":")[0]
    rules = ALWAYS.get(kind) or KINDS.get(kind, {}).get(case.call.name)
    return frozenset(rules) if rules else None
