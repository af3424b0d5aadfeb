"""A customer's default address changes: only their own, only to what they wrote or to where an order of theirs goes."""

import pytest

from leverframe import Status
from tests.support.rig import BO, BOS, LAMP, MIA, SHIPPED, Rig
from tests.workflows.change_stories import (
    NEW,
    NEW_LINE,
    OLD,
    OLD_TO_NEW,
    approved,
    changed,
    lines,
    profile,
    replaced,
    sides,
)
from worker.testing.rig import propose

ACTION = "customer_address_change"
TEXT = "I have moved, my address is 5 New Ave, Apt 2, Austin, TX 78701 now"
BERLIN = "Lindenstraße 12, 3. OG, Berlin, Berlin 10969, Germany"


def change(address: str = NEW_LINE) -> object:
    return propose("change", address=address, clause="OWN-PROFILE")


def copy(address_of: str) -> object:
    return propose("copy", address_of=address_of, clause="OWN-PROFILE")


async def shown(rig: Rig, answer: object, text: str = TEXT) -> Status:
    """Start the action, and wait until its plan is shown."""
    rig.script[:] = [answer]
    return await rig.waiting(text, action=ACTION)


async def test_the_plan_shows_both_addresses_and_orders_stay_as_they_are(rig: Rig) -> None:
    before = await rig.snapshot()
    status = await shown(rig, change())
    assert status.plan is not None
    assert (status.role, status.quorum) == ("support", 1)
    ((row,),) = [call.changes for call in status.plan.calls]
    assert (row.table, row.key) == ("customers", {"customer_id": MIA})
    assert sides(row) == OLD_TO_NEW
    assert await rig.snapshot() == before

    outcome = await approved(rig, status)
    assert (outcome.kind, outcome.state) == ("done", "changed")
    assert "New Ave" not in outcome.reply
    rows = await changed(rig, before)
    assert [customer["customer_id"] for customer in rows.pop("customers")] == [MIA]
    assert rows == {}
    assert lines(await profile(rig, MIA)) == NEW
    assert len(await rig.kinds(status.action_id, "effect")) == 1


async def test_the_address_of_an_order_becomes_the_default_unseen_by_the_model(rig: Rig) -> None:
    await rig.sql("UPDATE shop.orders SET address1 = '9 Secret Lane' WHERE order_id = :o", o=SHIPPED)
    status = await shown(rig, copy(SHIPPED), f"make the address of {SHIPPED} my default")
    outcome = await approved(rig, status)
    assert (outcome.kind, SHIPPED in outcome.reply) == ("done", True)
    assert lines(await profile(rig, MIA)) == ("9 Secret Lane", *OLD[1:])
    assert not any(address in str(rig.model.requests) for address in ("Secret Lane", "Elm Avenue"))


async def test_an_address_abroad_is_kept_with_all_its_lines(rig: Rig) -> None:
    text = "Neue Adresse: Lindenstraße 12, 3. OG, 10969 Berlin, Berlin, Deutschland. Tel. 030 1234567, danke!"
    status = await shown(rig, change(BERLIN), text)
    outcome = await approved(rig, status)
    assert "Standardadresse" in outcome.reply
    assert lines(await profile(rig, MIA)) == ("Lindenstraße 12", "3. OG", "Berlin", "Berlin", "Germany", "10969")
    assert "1234567" not in str(rig.model.requests)


async def test_what_is_rejected_or_withdrawn_changes_nothing(rig: Rig) -> None:
    before = await rig.snapshot()
    status = await shown(rig, change())
    assert status.plan is not None
    await rig.operator.reject(status.action_id, status.plan.code, "the customer called")
    assert (await rig.result(status.action_id)).kind == "rejected"
    status = await shown(rig, copy(LAMP), f"make the address of {LAMP} my default")
    await rig.withdraw(status.action_id)
    assert (await rig.result(status.action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before


async def test_what_is_missing_is_asked_and_the_answer_counts(rig: Rig) -> None:
    rig.script[:] = [propose("ask", missing="which_address"), change()]
    action_id = await rig.start("I moved to Texas, please change my address", action=ACTION)
    asked = await rig.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert "Elm Avenue" not in asked.question
    await rig.service.reply(action_id, "5 New Ave, Apt 2, Austin 78701")
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert (await approved(rig, status)).kind == "done"
    assert lines(await profile(rig, MIA)) == NEW


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (TEXT, change("1 Thief Road, Austin, TX 78701, USA")),
        (TEXT, change("5 New Ave, Apt 2, Austin, TX 78701")),
        (TEXT, copy(LAMP)),
        (TEXT, propose("change", customer_id=BO, address=NEW_LINE, clause="OWN-PROFILE")),
        (f"take the address of {LAMP}", copy(BOS)),
        (f"take the address of {BOS}", copy(BOS)),
        (f"take the address of {LAMP}", copy("profile")),
        (f"change my friend's account address to {NEW_LINE}", change()),
    ],
)
async def test_what_a_hostile_model_makes_up_ends_at_a_person(rig: Rig, text: str, answer: object) -> None:
    before = await rig.snapshot()
    rig.script[:] = [answer]
    outcome = await rig.result(await rig.start(text, action=ACTION))
    assert outcome.kind == "handed_over"
    assert len(rig.model.requests) == 2
    assert await rig.snapshot() == before


async def test_a_refusal_cites_its_clause(rig: Rig) -> None:
    rig.script[:] = [propose("decline", clause="OWN-PROFILE")]
    action_id = await rig.start(f"change my friend's account address to {NEW_LINE}", action=ACTION)
    outcome = await rig.result(action_id)
    assert outcome.kind == "declined"
    (proposal,) = await rig.kinds(action_id, "proposal")
    assert [cited["id"] for cited in proposal["cited"]] == ["OWN-PROFILE"]


async def test_a_profile_that_moved_meanwhile_is_confirmed_anew(rig: Rig) -> None:
    first = await shown(rig, change())
    assert first.plan is not None
    await rig.sql("UPDATE shop.customers SET address1 = '7 Other Street' WHERE customer_id = :c", c=MIA)
    await rig.operator.approve(first.action_id, first.plan.code)
    again = await replaced(rig, first, first.plan.digest)
    assert (await profile(rig, MIA))["address1"] == "7 Other Street"
    assert (await approved(rig, again)).kind == "done"
    assert lines(await profile(rig, MIA)) == NEW
    assert len(await rig.kinds(first.action_id, "effect")) == 1


async def test_what_was_masked_reaches_the_row_as_it_was_written_and_never_the_model(rig: Rig) -> None:
    text = "Call me at home: 303 5550 Elm Street, Apt 2, Austin, TX 78701, or write to mia.berg@example.com"
    status = await shown(rig, change("<PHONE_1> Elm Street, Apt 2, Austin, TX 78701, USA"), text)
    assert (await approved(rig, status)).kind == "done"
    assert lines(await profile(rig, MIA)) == ("303 5550 Elm Street", *NEW[1:])
    assert not any(masked in str(rig.model.requests) for masked in ("303 5550", "mia.berg@example.com"))
