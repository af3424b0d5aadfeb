"""A retail data set becomes a shop: ours, of a few rows, and the outside one where it lies beside the checkout."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from tests.outside import made_up
from tests.outside.data import SHARED
from tests.outside.documents import documents, plain, product_documents
from tests.outside.made_up import CANCELLED, DATABASE, EVA, IVO, MIXED, PENDING, write_database
from tests.support.two_customers import Everything, Sql
from tools.shop.retail import IllFormedData, read_retail, shop_of
from tools.shop.store import store
from worker.demo.importing import retail
from worker.embedded.process import ServiceError
from worker.testing.postgres import Database, libpq

RETAIL = SHARED / "retail"


@pytest.fixture
def owner_settings(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEVERFRAME_OWNER_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("LEVERFRAME_STATE_DIR", str(tmp_path))


async def exported(owner: AsyncEngine, data: dict[str, Any]) -> dict[str, Any]:
    async with AsyncSession(owner) as session:
        found = await documents(session, data["users"], data["orders"])
        return {**found, "products": await product_documents(session)}


async def test_what_goes_in_comes_out(owner: AsyncEngine, tmp_path: Path) -> None:
    await store(owner, shop_of(read_retail(write_database(tmp_path))))
    assert await exported(owner, DATABASE) == DATABASE


async def test_the_outside_data_come_out_as_they_went_in(owner: AsyncEngine) -> None:
    if not RETAIL.exists():
        pytest.skip(f"there are no outside data at {RETAIL}")
    data = json.loads((RETAIL / "db.json").read_bytes())
    await store(owner, shop_of(read_retail(RETAIL)))
    assert (len(data["users"]), len(data["orders"])) == (500, 1000)
    assert await exported(owner, data) == plain(data)


async def test_orders_and_refunds_are_what_the_shop_needs(owner: AsyncEngine, sql: Sql, tmp_path: Path) -> None:
    await store(owner, shop_of(read_retail(write_database(tmp_path))))
    newest_first = await sql(f"SELECT order_id FROM shop.orders WHERE customer_id = '{EVA}' ORDER BY placed_at DESC")
    assert [row[0] for row in newest_first] == DATABASE["users"][EVA]["orders"]
    refunds = await sql(
        """SELECT r.order_id, p.position, p.payment_method_id, p.order_id = r.order_id
        FROM shop.order_payments r JOIN shop.order_payments p ON p.payment_id = r.refunds_payment
        ORDER BY 1, r.position"""
    )
    assert [tuple(row) for row in refunds] == [
        (CANCELLED, 1, "credit_card_1", True),
        (MIXED, 1, "credit_card_1", True),
        (MIXED, 2, "gift_card_2", True),
    ]


def test_the_rows_are_the_same_every_time(tmp_path: Path) -> None:
    first, second = (shop_of(read_retail(write_database(tmp_path))) for _ in range(2))
    assert [row.model_dump() for table in first.tables for row in table] == [
        row.model_dump() for table in second.tables for row in table
    ]


async def test_what_has_changed_since_is_left_as_it_is(
    owner: AsyncEngine, everything: Everything, sql: Sql, tmp_path: Path
) -> None:
    shop = shop_of(read_retail(write_database(tmp_path)))
    await store(owner, shop)
    await sql(f"UPDATE shop.orders SET status = 'processed' WHERE order_id = '{PENDING}'")
    before = await everything()
    await store(owner, shop)
    assert await everything() == before


@pytest.mark.usefixtures("owner_settings")
def test_the_command_imports_once_and_counts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def counted() -> dict[str, tuple[int, int]]:
        retail(write_database(tmp_path))
        cells = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
        return {name.strip(): (int(held), int(new)) for _, name, held, new, _ in cells}

    held = {
        "customers": 2, "payment_methods": 3, "products": 1, "variants": 2, "orders": 4, "order_items": 5,
        "order_payments": 8, "fulfilments": 1,
    }  # fmt: skip
    assert counted() == {name: (count, count) for name, count in held.items()}
    assert counted() == {name: (count, 0) for name, count in held.items()}


@pytest.mark.usefixtures("owner_settings")
def test_what_contradicts_the_shop_is_not_imported(database: Database, tmp_path: Path) -> None:
    retail(write_database(tmp_path))
    data = made_up.database()
    # A new order of hers is there already, but as his.
    data["users"][EVA]["orders"].append("#W9000005")
    data["orders"]["#W9000005"] = data["orders"][PENDING] | {"order_id": "#W9000005"}
    with psycopg.connect(libpq(database.owner_url)) as connection:
        connection.execute(
            f"INSERT INTO shop.orders SELECT '#W9000005', '{IVO}', status, placed_at, address1, address2, city, state,"
            f" country, zip FROM shop.orders WHERE order_id = '{PENDING}'"
        )
    with pytest.raises(ServiceError, match="contradict what the shop holds already, so nothing was imported"):
        retail(write_database(tmp_path, data))


def test_a_folder_without_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(IllFormedData, match=r"db\.json cannot be read .* expected a folder with a file db\.json"):
        retail(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{", "[]", '"users"', '{"users": {}}', "\x00"])
def test_a_file_of_another_form_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text(text)
    with pytest.raises(IllFormedData, match=r"does not have the form of retail data:\n.+"):
        read_retail(tmp_path)


WRONG: dict[str, tuple[list[Any], Any, str]] = {
    "an unknown status": (["orders", PENDING, "status"], "lost", f"orders.{PENDING}.status: Input should be"),
    "an unknown field": (["orders", PENDING, "note"], "x", r"note: Extra inputs are not permitted"),
    "a tenth of a cent": (["orders", PENDING, "items", 0, "price"], 1.001, "no more than 2 decimal places"),
    "money below nothing": (["users", EVA, "payment_methods", "gift_card_2", "balance"], -1, "greater than"),
    "another kind of money": (["users", EVA, "payment_methods", "gift_card_2", "source"], "cash", "does not match any"),
    "an order id of another form": (["orders", PENDING, "order_id"], "W9000001", "should match pattern"),
    "an order under another id": (["orders", PENDING, "order_id"], "#W9999999", "expected its own id there"),
    "an order of nobody": (["orders", PENDING, "user_id"], "nobody", "its user 'nobody' is not among the users"),
    "an order of another": (["orders", PENDING, "user_id"], IVO, "expected to list exactly the orders"),
    "another's money": (
        ["orders", PENDING, "payment_history", 0, "payment_method_id"], "paypal_3", "is not a payment method of"
    ),
    "an unknown item": (["orders", PENDING, "items", 0, "item_id"], "1", "is not a variant of its product"),
    "more back than was paid": (["orders", CANCELLED, "payment_history", 1, "amount"], 10.11, "more than an earlier"),
    "a payment of nothing": (["orders", PENDING, "payment_history", 0, "amount"], 0, "expected an amount above 0"),
    "a reason without a cancellation": (["orders", CANCELLED, "status"], "pending", "only of a cancelled order"),
    "two owners of a method": (
        ["users", IVO, "payment_methods", "gift_card_2"],
        {"source": "gift_card", "id": "gift_card_2", "balance": 1},
        f"is of {EVA} and of {IVO}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "value", "told"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_named(path: list[Any], value: Any, told: str, tmp_path: Path) -> None:
    data = made_up.database()
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(IllFormedData, match=told):
        read_retail(write_database(tmp_path, data))
