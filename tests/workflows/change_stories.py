"""What the stories of changed addresses and payment methods share."""

from typing import Any

from leverframe import Outcome, Status
from leverframe.contracts.plan import Row, RowChange
from tests.support.rig import Rig
from tests.support.typed import typed

COLUMNS = ("address1", "address2", "city", "state", "country", "zip")
OLD = ("12 Elm Avenue", "Suite 3", "Denver", "CO", "USA", "80202")
"""Where everybody lives and every order goes, before."""
NEW = ("5 New Ave", "Apt 2", "Austin", "TX", "USA", "78701")
NEW_LINE = "5 New Ave, Apt 2, Austin, TX 78701, USA"

Rows = dict[str, list[dict[str, Any]]]


def lines(row: dict[str, Any]) -> tuple[Any, ...]:
    """The address in a row of an order or a customer."""
    return tuple(row[column] for column in COLUMNS)


def sides(change: RowChange) -> tuple[Row, Row]:
    """Before and after as a plan shows them: the columns of the address that differ."""
    before, after = (
        {name: value for name, value in (side or {}).items() if name in COLUMNS}
        for side in (change.before, change.after)
    )
    return before, after


DIFFERING = ("address1", "address2", "city", "state", "zip")
OLD_TO_NEW = tuple({name: dict(zip(COLUMNS, of, strict=True))[name] for name in DIFFERING} for of in (OLD, NEW))
"""What a plan shows that changes the old address to the new one: the country stays."""


async def approved(rig: Rig, status: Status) -> Outcome:
    """Have Olga approve the plan that is shown, and wait for the end."""
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code, amount=typed(status.plan))
    return await rig.result(status.action_id)


async def profile(rig: Rig, customer_id: str) -> dict[str, Any]:
    (row,) = await rig.sql("SELECT * FROM shop.customers WHERE customer_id = :c", c=customer_id)
    return row


async def changed(rig: Rig, before: Rows) -> Rows:
    """The rows of the business that are not as they were, as they are now."""
    after = await rig.snapshot()
    return {
        table.removeprefix("shop."): new
        for table, rows in after.items()
        if (new := [row for row in rows if row not in before[table]])
    }


async def replaced(rig: Rig, status: Status, digest: str) -> Status:
    """Wait until another plan than the one of this digest is shown."""
    return await rig.until(status.action_id, lambda now: now.plan is not None and now.plan.digest != digest)
