"""What scoped reads return of a customer with a few items, for pure tests."""

from pydantic import JsonValue

from leverframe.contracts.base import Facts

ORDER = "#W1000001"
CARD, PAYPAL, GIFT = "credit_card_1111111", "paypal_2222222", "gift_card_3333333"


def item(item_id: str, name: str, price: str = "20.00", **options: str) -> dict[str, JsonValue]:
    return {"item_id": item_id, "name": name, "price": price, "quantity": 1, "options": dict(options)}


def variant(item_id: str, price: str = "20.00", **options: str) -> dict[str, JsonValue]:
    return {"item_id": item_id, "price": price, "options": dict(options)}


LAMP = item("1001", "Desk Lamp", color="black", brightness="low")
BOTTLE = item("2001", "Water Bottle", capacity="500ml", color="blue")
GREEN_BOTTLE = item("2002", "Water Bottle", capacity="500ml", color="green")
TEA_KETTLE, ELECTRIC_KETTLE = item("3001", "Tea Kettle"), item("4001", "Electric Kettle")
SHIRT = item("5001", "T-Shirt", size="M", color="black")

LAMPS: JsonValue = [
    variant("1002", color="white", brightness="low"),
    variant("1003", color="white", brightness="high", price="26.00"),
    variant("1004", color="black", brightness="high", price="31.50"),
]
BOTTLES: JsonValue = [
    variant("2003", capacity="1000ml", color="blue"),
    variant("2004", capacity="1000ml", color="red"),
]
SHIRTS: JsonValue = [variant("5002", size="L", color="black"), variant("5003", size="S", color="black")]
VARIANTS: dict[str, JsonValue] = {"1001": LAMPS, "2001": BOTTLES, "2002": BOTTLES, "5001": SHIRTS}


def facts(
    *words: str,
    items: tuple[dict[str, JsonValue], ...] = (LAMP, BOTTLE),
    status: str = "delivered",
    paid: str = CARD,
    balance: str = "5.00",
    methods: tuple[str, ...] = (CARD, PAYPAL, GIFT),
    variants: JsonValue = VARIANTS,
    **proposal: JsonValue,
) -> Facts:
    kinds = {CARD: "credit card", PAYPAL: "PayPal", GIFT: "gift card"}
    return {
        "messages": list(words),
        "orders": [{"order_id": ORDER, "status": status, "items": list(items), "payment_method_ids": [paid]}],
        "variants": variants,
        "payment_methods": [
            {
                "payment_method_id": method,
                "kind": kinds[method],
                "description": "credit card ending 4412" if method == CARD else kinds[method],
                "balance": balance if method == GIFT else None,
            }
            for method in methods
        ],
        "proposal": proposal,
    }
