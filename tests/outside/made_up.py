"""A retail data set of our own making, in the form of the outside ones."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

ADDRESS = {"address1": "1 Mill Lane", "address2": "", "city": "Bern", "state": "BE", "country": "CH", "zip": "3011"}
EVA, IVO = "eva_moss_1", "ivo_park_2"
CUP, JUG = "3000000001", "3000000002"
PENDING, CANCELLED, MIXED, IVOS = "#W9000001", "#W9000002", "#W9000003", "#W9000004"


def _item(item_id: str, price: float) -> dict[str, Any]:
    return {"name": "Cup", "product_id": "4000000001", "item_id": item_id, "price": price, "options": {"size": item_id}}


def _moved(kind: str, amount: float, method: str) -> dict[str, Any]:
    return {"transaction_type": kind, "amount": amount, "payment_method_id": method}


def _order(order_id: str, user_id: str, **parts: Any) -> dict[str, Any]:
    order = {
        "order_id": order_id,
        "user_id": user_id,
        "address": ADDRESS,
        "items": [_item(CUP, 10.1)],
        "status": "pending",
        "fulfillments": [],
        "payment_history": [_moved("payment", 10.1, "credit_card_1")],
    }
    return order | parts


DATABASE: dict[str, Any] = {
    "users": {
        EVA: {
            "user_id": EVA,
            "name": {"first_name": "Eva", "last_name": "Moss"},
            "address": ADDRESS,
            "email": "eva@example.com",
            "payment_methods": {
                "credit_card_1": {"source": "credit_card", "id": "credit_card_1", "brand": "visa", "last_four": "0001"},
                "gift_card_2": {"source": "gift_card", "id": "gift_card_2", "balance": 5.5},
            },
            # Not in the order of their ids, and not in that of the orders below.
            "orders": [MIXED, PENDING, CANCELLED],
        },
        IVO: {
            "user_id": IVO,
            "name": {"first_name": "Ivo", "last_name": "Park"},
            "address": ADDRESS,
            "email": "ivo@example.com",
            "payment_methods": {"paypal_3": {"source": "paypal", "id": "paypal_3"}},
            "orders": [IVOS],
        },
    },
    "orders": {
        PENDING: _order(PENDING, EVA),
        CANCELLED: _order(
            CANCELLED,
            EVA,
            status="cancelled",
            cancel_reason="no longer needed",
            payment_history=[_moved("payment", 10.1, "credit_card_1"), _moved("refund", 10.1, "credit_card_1")],
        ),
        MIXED: _order(
            MIXED,
            EVA,
            status="exchange requested",
            items=[_item(CUP, 10.1), _item(CUP, 10.1)],
            fulfillments=[{"tracking_id": ["77"], "item_ids": [CUP, CUP]}],
            payment_history=[
                _moved("payment", 20.2, "credit_card_1"),
                _moved("payment", 20.2, "gift_card_2"),
                _moved("refund", 20.2, "credit_card_1"),
                _moved("refund", 0.0, "gift_card_2"),
            ],
            exchange_items=[CUP],
            exchange_new_items=[JUG],
            exchange_payment_method_id="gift_card_2",
            exchange_price_difference=-1.1,
        ),
        IVOS: _order(IVOS, IVO, payment_history=[_moved("payment", 10.1, "paypal_3")]),
    },
    "products": {
        "4000000001": {
            "name": "Cup",
            "product_id": "4000000001",
            "variants": {
                CUP: {"item_id": CUP, "options": {"size": CUP}, "available": True, "price": 10.1},
                JUG: {"item_id": JUG, "options": {"size": JUG}, "available": False, "price": 9.0},
            },
        }
    },
}


def database() -> dict[str, Any]:
    """A copy to change."""
    return deepcopy(DATABASE)


def write_database(folder: Path, data: Any = None) -> Path:
    """A folder with the data as its ``db.json``; the whole of them if none are given."""
    (folder / "db.json").write_text(json.dumps(DATABASE if data is None else data), encoding="utf-8")
    return folder
