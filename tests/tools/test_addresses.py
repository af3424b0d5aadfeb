"""Where an order goes, and a customer's default address: written out or copied, and only one's own."""

import pytest
from pydantic import JsonValue

from tests.support.two_customers import ANN, BOB, BOBS, Action, Everything, Sql
from tests.tools.shelf import ARRIVED, PENDING, SENT, carried_out, changing, rule_of_refusal

LINES: dict[str, JsonValue] = {
    "address1": "1 Oak Street", "address2": "", "city": "Reno", "state": "NV", "country": "USA", "zip": "89501",
}  # fmt: skip
NEW = ("1 Oak Street", "", "Reno", "NV", "USA", "89501")
OLD = ("12 Elm Avenue", "Suite 3", "Denver", "CO", "USA", "80202")
SENTS = ("12 Elm Avenue", "Suite 3", "Austin", "CO", "USA", "73301")
COLUMNS = "address1, address2, city, state, country, zip"


async def goes_to(sql: Sql, order_id: str) -> tuple[object, ...]:
    [row] = await sql(f"SELECT {COLUMNS} FROM shop.orders WHERE order_id = '{order_id}'")
    return tuple(row)


async def lives_at(sql: Sql, customer_id: str) -> tuple[object, ...]:
    [row] = await sql(f"SELECT {COLUMNS} FROM shop.customers WHERE customer_id = '{customer_id}'")
    return tuple(row)


async def test_a_pending_order_goes_to_a_new_address_and_nothing_else_changes(ann: Action, sql: Sql) -> None:
    output = await carried_out(ann, changing("orders.change_address", order_id=PENDING, **LINES))
    assert output == {"order_id": PENDING, "status": "pending"}
    assert (await goes_to(sql, PENDING), await goes_to(sql, ARRIVED), await lives_at(sql, ANN)) == (NEW, OLD, OLD)


async def test_an_address_is_copied_without_being_named(ann: Action, sql: Sql) -> None:
    call = changing("orders.copy_address", order_id=PENDING, address_of=SENT)
    await carried_out(ann, call)
    assert await goes_to(sql, PENDING) == SENTS
    assert "Austin" not in str(call)


async def test_the_default_address_is_copied_to_an_order(ann: Action, sql: Sql) -> None:
    await sql(f"UPDATE shop.customers SET city = 'Reno' WHERE customer_id = '{ANN}'")
    await carried_out(ann, changing("orders.copy_address", order_id=PENDING, address_of="profile"))
    assert await goes_to(sql, PENDING) == await lives_at(sql, ANN)


async def test_the_default_address_changes_and_orders_stay(ann: Action, sql: Sql) -> None:
    assert await carried_out(ann, changing("customers.change_address", **LINES)) == {"address_of": "profile"}
    assert (await lives_at(sql, ANN), await lives_at(sql, BOB)) == (NEW, OLD)
    assert await goes_to(sql, PENDING) == OLD


async def test_an_orders_address_becomes_the_default(ann: Action, sql: Sql) -> None:
    await carried_out(ann, changing("customers.copy_address", address_of=SENT))
    assert (await lives_at(sql, ANN), await lives_at(sql, BOB)) == (SENTS, OLD)


async def test_addresses_are_listed_by_what_they_are_called_and_each_once(ann: Action, sql: Sql) -> None:
    found = await ann.run(changing("customers.addresses"))
    assert found.output == {"addresses": ["profile", SENT]}
    await sql(f"UPDATE shop.orders SET city = 'Reno' WHERE order_id = '{ARRIVED}'")
    await sql(f"UPDATE shop.customers SET city = 'Boise' WHERE customer_id = '{ANN}'")
    found = await ann.run(changing("customers.addresses"))
    assert isinstance(found.output["addresses"], list)
    assert (len(found.output["addresses"]), {"profile", SENT, ARRIVED} <= set(found.output["addresses"])) == (4, True)


ORDER: dict[str, JsonValue] = {"order_id": PENDING, **LINES}
REFUSED: list[tuple[str, dict[str, JsonValue], str]] = [
    ("orders.change_address", ORDER | {"order_id": BOBS}, "OWN-ORDERS"),
    ("orders.change_address", ORDER | {"order_id": "W1000004"}, "OWN-ORDERS"),
    ("orders.change_address", ORDER | {"order_id": ARRIVED}, "MODIFY-PENDING"),
    ("orders.change_address", ORDER | {"order_id": SENT}, "MODIFY-PENDING"),
    *(
        (tool, given | {line: missing}, "ADDRESS-WHOLE")
        for tool, given in (("orders.change_address", ORDER), ("customers.change_address", LINES))
        for line in ("address1", "city", "state", "country", "zip")
        for missing in ("", "  ")
    ),
    ("orders.change_address", {"order_id": PENDING}, "ADDRESS-WHOLE"),
    ("customers.change_address", {}, "ADDRESS-WHOLE"),
    ("orders.copy_address", {"order_id": PENDING, "address_of": BOBS}, "OWN-ORDERS"),
    ("orders.copy_address", {"order_id": PENDING, "address_of": "#W9999999"}, "OWN-ORDERS"),
    ("orders.copy_address", {"order_id": PENDING, "address_of": ""}, "OWN-ORDERS"),
    ("orders.copy_address", {"order_id": PENDING, "address_of": BOB}, "OWN-ORDERS"),
    ("orders.copy_address", {"order_id": BOBS, "address_of": "profile"}, "OWN-ORDERS"),
    ("orders.copy_address", {"order_id": ARRIVED, "address_of": "profile"}, "MODIFY-PENDING"),
    ("customers.copy_address", {"address_of": BOBS}, "OWN-ORDERS"),
    ("customers.copy_address", {"address_of": "Profile"}, "OWN-ORDERS"),
]


@pytest.mark.parametrize(("tool", "arguments", "rule"), REFUSED)
async def test_a_wrong_address_is_refused_and_changes_nothing(
    ann: Action, everything: Everything, tool: str, arguments: dict[str, JsonValue], rule: str
) -> None:
    assert await rule_of_refusal(ann, everything, changing(tool, **arguments)) == rule


async def test_a_customer_without_a_profile_changes_none(ann: Action, everything: Everything) -> None:
    nobody = Action(ann.sessions, subject="nobody_0")
    assert await rule_of_refusal(nobody, everything, changing("customers.change_address", **LINES)) == "OWN-PROFILE"


@pytest.mark.parametrize("tool", ["orders.copy_address", "customers.copy_address"])
async def test_an_address_that_moved_since_the_preview_is_not_copied(ann: Action, sql: Sql, tool: str) -> None:
    order: dict[str, JsonValue] = {"order_id": PENDING} if tool.startswith("orders") else {}
    call = changing(tool, address_of=SENT, **order)
    plan = await ann.preview(call)
    await sql(f"UPDATE shop.orders SET city = 'Dallas' WHERE order_id = '{SENT}'")
    assert (await ann.run(call, plan)).status == "stale"
    assert (await goes_to(sql, PENDING), await lives_at(sql, ANN)) == (OLD, OLD)
