"""A shop drawn from a seed. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product as combinations
from random import Random
from uuid import UUID

from tools.shop.generator.rows import Address, Shop
from tools.shop.models import Customer, Fulfilment, Order, OrderItem, OrderPayment, PaymentMethod, Product, Variant

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The newest order is placed before this moment."""
FIRST_NAMES = ("Ava", "Chen", "Elif", "Ivan", "James", "Lucia", "Mei", "Noah", "Olivia", "Raj", "Sofia", "Yusuf")
LAST_NAMES = (
    "Brown",
    "Demir",
    "Garcia",
    "Khan",
    "Kovacs",
    "Li",
    "Moore",
    "Nguyen",
    "Patel",
    "Santos",
    "Smith",
    "Weber",
)
STREETS = ("Cedar Street", "Elm Avenue", "Lakeview Drive", "Maple Road", "Park Avenue", "River Road", "Sunset Drive")
CITIES = (("Austin", "TX", "78701"), ("Chicago", "IL", "60601"), ("Denver", "CO", "80202"), ("Seattle", "WA", "98101"))
CATALOGUE: dict[str, tuple[int, dict[str, tuple[str, ...]]]] = {
    "T-Shirt": (45, {"color": ("blue", "red", "black"), "size": ("S", "M", "L")}),
    "Desk Lamp": (135, {"color": ("white", "black"), "power": ("USB", "battery")}),
    "Water Bottle": (47, {"capacity": ("500ml", "1000ml"), "color": ("blue", "green")}),
    "Mechanical Keyboard": (240, {"switch": ("linear", "tactile"), "size": ("full", "80%")}),
    "Hiking Boots": (244, {"size": ("7", "9", "11"), "waterproof": ("yes", "no")}),
    "Electric Kettle": (155, {"capacity": ("1L", "1.5L"), "material": ("steel", "glass")}),
    "Backpack": (195, {"color": ("grey", "navy"), "size": ("small", "large")}),
    "Garden Hose": (82, {"length": ("25ft", "50ft"), "color": ("green", "black")}),
}
"""Product to its base price in whole units of money and its options."""
STATUSES = ("pending", "processed", "delivered", "cancelled")
WEIGHTS = (42, 10, 38, 10)


def generate(seed: int, customers: int) -> Shop:
    """A shop with so many customers, each with 1 to 3 payment methods and 1 to 4 orders in all basic statuses."""
    random = Random(seed)  # noqa: S311 - made-up data, not secrets
    shop = Shop()
    _add_catalogue(shop, random)
    for _ in range(customers):
        customer = _add_customer(shop, random)
        methods = _add_payment_methods(shop, random, customer)
        for _ in range(random.randint(1, 4)):
            _add_order(shop, random, customer, random.choice(methods))
    return shop


def _add_catalogue(shop: Shop, random: Random) -> None:
    for name, (base, options) in CATALOGUE.items():
        product = Product(product_id=_digits(random, 10), name=name)
        shop.products.append(product)
        for chosen in combinations(*options.values()):
            shop.variants.append(
                Variant(
                    item_id=_digits(random, 10),
                    product_id=product.product_id,
                    options=dict(zip(options, chosen, strict=True)),
                    available=random.random() < 0.85,
                    price=Decimal(base * 100 + random.randint(-500, 900)) / 100,
                )
            )


def _add_customer(shop: Shop, random: Random) -> Customer:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    number = _digits(random, 4)
    customer = Customer(
        customer_id=f"{first}_{last}_{number}_{len(shop.customers)}".lower(),
        first_name=first,
        last_name=last,
        email=f"{first}.{last}{number}@example.com".lower(),
        **_address(random),
    )
    shop.customers.append(customer)
    return customer


def _add_payment_methods(shop: Shop, random: Random, customer: Customer) -> list[PaymentMethod]:
    methods: list[PaymentMethod] = []
    for source in random.sample(("credit_card", "gift_card", "paypal"), random.randint(1, 3)):
        card, gift = source == "credit_card", source == "gift_card"
        methods.append(
            PaymentMethod(
                payment_method_id=f"{source}_{_digits(random, 7)}",
                customer_id=customer.customer_id,
                source=source,
                brand=random.choice(("visa", "mastercard")) if card else None,
                last_four=_digits(random, 4) if card else None,
                balance=Decimal(random.randint(0, 10_000)) / 100 if gift else None,
            )
        )
    shop.payment_methods += methods
    return methods


def _add_order(shop: Shop, random: Random, customer: Customer, method: PaymentMethod) -> None:
    order = Order(
        order_id=f"#W{1_000_000 + len(shop.orders) * 7919 % 9_000_000:07d}",
        customer_id=customer.customer_id,
        status=random.choices(STATUSES, WEIGHTS)[0],
        placed_at=NOW - timedelta(minutes=random.randint(1, 120 * 24 * 60)),
        **customer.model_dump(include={"address1", "address2", "city", "state", "country", "zip"}),
    )
    if order.status == "cancelled":
        order.cancel_reason = random.choice(("no longer needed", "ordered by mistake"))
    items = [
        _item(order, position, random.choice(shop.variants), shop)
        for position in range(1, random.randint(1, 4) + 1)
    ]  # fmt: skip
    shop.orders.append(order)
    shop.items += items
    _add_payments(shop, random, order, method, sum((item.price * item.quantity for item in items), Decimal(0)))
    if order.status in ("processed", "delivered"):
        parcel = Fulfilment(
            order_id=order.order_id,
            position=1,
            customer_id=customer.customer_id,
            tracking_ids=[_digits(random, 12)],
            item_ids=[item.item_id for item in items],
        )
        shop.fulfilments.append(parcel)


def _item(order: Order, position: int, variant: Variant, shop: Shop) -> OrderItem:
    return OrderItem(
        order_id=order.order_id,
        position=position,
        customer_id=order.customer_id,
        name=next(product.name for product in shop.products if product.product_id == variant.product_id),
        product_id=variant.product_id,
        item_id=variant.item_id,
        price=variant.price,
        options=variant.options,
    )


def _add_payments(shop: Shop, random: Random, order: Order, method: PaymentMethod, total: Decimal) -> None:
    paid = OrderPayment(
        payment_id=UUID(int=random.getrandbits(128), version=4),
        order_id=order.order_id,
        position=1,
        customer_id=order.customer_id,
        transaction_type="payment",
        amount=total,
        payment_method_id=method.payment_method_id,
        created_at=order.placed_at,
    )
    shop.payments.append(paid)
    if order.status == "cancelled":
        back = {"position": 2, "transaction_type": "refund", "refunds_payment": paid.payment_id}
        fresh = {"payment_id": UUID(int=random.getrandbits(128), version=4)}
        shop.payments.append(OrderPayment(**{**paid.model_dump(), **back, **fresh}))


def _address(random: Random) -> Address:
    city, state, zip_code = random.choice(CITIES)
    return {
        "address1": f"{random.randint(1, 999)} {random.choice(STREETS)}",
        "address2": f"Suite {random.randint(100, 999)}",
        "city": city,
        "state": state,
        "country": "USA",
        "zip": zip_code,
    }


def _digits(random: Random, length: int) -> str:
    return "".join(random.choices("0123456789", k=length))
