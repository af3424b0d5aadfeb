"""A customer's address in a real Vendure, changed with the customer's own rights and in the customer's name."""

from dataclasses import replace
from typing import Any

import pytest
from shop import Line, Shop
from vendure_orders.machines.addresses import written

from leverframe.contracts.plan import PlannedCall
from tests.support.two_customers import Action
from tools.errors import ToolRefused, Unreachable
from worker.testing.rig import Rig, propose

NEW = "Seeweg 3, 8001 Zürich"
PARTS = {"street": "Seeweg 3", "postcode": "8001", "city": "Zürich"}
STANDS = {"streetLine1": "Seeweg 3", "postalCode": "8001", "city": "Zürich", "defaultShippingAddress": True}
ADDRESS = {"addresses": [{"id": "7", "defaultShippingAddress": True}]}
OTHERS = ["../1", '1"}) { id } x: activeCustomer { id', "1 OR 1=1"]
heavy = pytest.mark.heavy


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("I have moved. Please send to Seeweg 3, 8001 Zürich.", [NEW]),
        ("Neu: Seeweg 3, 8001 Zürich bitte", [NEW]),
        ("Chemin des Dames 12a, 1003 Lausanne", ["Chemin des Dames 12a, 1003 Lausanne"]),
        ("From Weg 1, 3000 Bern to Seeweg 3, 8001 Zürich", []),
        ("Send it to my new flat", []),
        ("Zimmer 3, 80012 Zürich", []),
    ],
)
def test_one_address_is_read_in_the_customers_words(words: str, found: list[str]) -> None:
    assert written({"messages": [words], **ADDRESS}) == found


def changing(address: str, **other: str) -> PlannedCall:
    given = {"id": address, **PARTS, **other}
    return PlannedCall(call="changing", key="changing#1", tool="vendure.change_address", arguments=given)


def updates(customer: dict[str, Any]) -> list[Any]:
    """Who has changed an address, the newest first; ``None`` is the customer, whose history it is."""
    return [one["administrator"] for one in customer["history"]["items"] if one["type"] == "CUSTOMER_ADDRESS_UPDATED"]


@heavy
async def test_it_is_changed_in_the_customers_name(rig: Rig, shop: Shop, line: Line) -> None:
    address, _ = await shop.address("ann"), await shop.address("bob")
    bob, before = await shop.customer("bob"), updates(await shop.customer("ann"))
    rig.script[:] = [propose("change", address_id=address, address=NEW, clause="ADDRESS-CHANGE")]
    wish = f"I have moved, please send to {NEW}."
    status = await rig.waiting(wish, action="vendure_address_change", subject="ann")
    assert status.plan is not None
    (change,) = status.plan.calls[0].changes
    assert (change.before or {})["streetLine1"] == "Weg 1"
    assert change.after == {"streetLine1": "Seeweg 3", "postalCode": "8001", "city": "Zürich"}
    await rig.operator.approve(status.action_id, status.plan.code)
    outcome = await rig.result(status.action_id)
    assert (outcome.kind, NEW in outcome.reply) == ("done", True)
    ann = await shop.customer("ann")
    assert {"id": address, **STANDS} in ann["addresses"]
    assert updates(ann) == [None, *before]
    assert await shop.customer("bob") == bob
    assert {one.line for one in line.seen} == {"POST /shop-api HTTP/1.1"}
    # Of addresses the model has seen none but the one in the words.
    assert "Weg 1" not in str(rig.model.requests)


@heavy
async def test_a_lost_answer_changes_it_once(ann: Action, shop: Shop, line: Line) -> None:
    address = await shop.address("ann")
    before = len(updates(await shop.customer("ann")))
    plan = await ann.preview(changing(address))
    line.loses = "updateCustomerAddress"
    with pytest.raises(Unreachable):
        await ann.run(changing(address), plan)
    assert (await ann.run(changing(address), plan)).status == "succeeded"
    assert len(updates(await shop.customer("ann"))) == before + 1


@heavy
async def test_another_customers_address_is_neither_read_nor_changed(
    ann: Action, bob: Action, shop: Shop, line: Line
) -> None:
    address, _ = await shop.address("bob"), await shop.address("ann")
    before = await shop.customer("bob")
    for other in (address, *OTHERS):
        with pytest.raises(ToolRefused):
            await ann.preview(changing(other))
    # What Bob was shown is no plan of hers, and the shop lets her change nothing of his.
    plan = await bob.preview(changing(address))
    assert (await replace(ann, id=bob.id).run(changing(address), plan)).status == "failed"
    assert await shop.customer("bob") == before
    assert line.asked("updateCustomerAddress") == 0


@heavy
async def test_the_shop_itself_refuses_an_address_of_somebody_else(ann: Action, shop: Shop, line: Line) -> None:
    """Though the line tells Leverframe that it is hers."""
    bobs, own = await shop.address("bob"), await shop.address("ann")
    before = await shop.customer("bob")
    line.edits = (f'"id":"{own}"'.encode(), f'"id":"{bobs}"'.encode())
    line.edits_in = "addresses {"
    plan = await ann.preview(changing(bobs))
    done = await ann.run(changing(bobs), plan)
    assert (done.status, "FORBIDDEN" in done.message) == ("failed", True)
    assert line.asked("updateCustomerAddress") == 1
    assert await shop.customer("bob") == before
