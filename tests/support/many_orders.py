"""A customer with as many orders as a test or a measurement wants, all delivered and paid."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

ROWS_PER_ORDER = 6
"""The order, three items, a parcel and a payment."""

STATEMENTS = (
    """INSERT INTO shop.customers (customer_id, first_name, last_name, email, address1, address2, city, state, country,
        zip) VALUES (:customer, 'Ida', 'Holm', 'ida@example.com', '1 Quay', '', 'Bergen', 'Vestland', 'NO', '5003')""",
    """INSERT INTO shop.payment_methods (payment_method_id, customer_id, source, brand, last_four)
        VALUES (:customer || '-card', :customer, 'credit_card', 'visa', '4417')""",
    """INSERT INTO shop.products (product_id, name) VALUES ('many-product', 'Lamp') ON CONFLICT DO NOTHING""",
    """INSERT INTO shop.variants (item_id, product_id, options, available, price)
        VALUES ('many-item', 'many-product', '{}', true, 20.00) ON CONFLICT DO NOTHING""",
    # No two addresses alike, as those of a business that has parcels sent to its own customers.
    """INSERT INTO shop.orders (order_id, customer_id, status, placed_at, address1, address2, city, state, country, zip)
        SELECT '#W' || :first + n, :customer, 'delivered', now(), n || ' ' || md5(n::text) || ' Street', '',
               left(md5('city' || n), 9), 'Vestland', 'Norway', (10000 + n % 89999)::text
        FROM generate_series(0, :orders - 1) AS n""",
    """INSERT INTO shop.order_items (order_id, position, customer_id, name, product_id, item_id, price, options)
        SELECT '#W' || :first + n, position, :customer, 'Lamp', 'many-product', 'many-item', 20.00, '{}'
        FROM generate_series(0, :orders - 1) AS n, generate_series(1, 3) AS position""",
    """INSERT INTO shop.fulfilments (order_id, position, customer_id, tracking_ids, item_ids)
        SELECT '#W' || :first + n, 1, :customer, ARRAY[md5('parcel' || n)], ARRAY['many-item']
        FROM generate_series(0, :orders - 1) AS n""",
    """INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type, amount,
        payment_method_id) SELECT gen_random_uuid(), '#W' || :first + n, 1, :customer, 'payment', 60.00,
        :customer || '-card' FROM generate_series(0, :orders - 1) AS n""",
)


async def store_orders(owner: AsyncEngine, customer: str, orders: int, first: int = 5_000_000) -> None:
    """Store the customer with orders numbered from ``first`` on (seven digits), by the owner's login."""
    async with owner.begin() as connection:
        for statement in STATEMENTS:
            names = {"customer": customer, "orders": orders, "first": first}
            await connection.execute(text(statement), {name: names[name] for name in names if f":{name}" in statement})
