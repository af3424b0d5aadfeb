"""An order is sent to another address: only to one that its own user wrote or has on file, as it was shown."""

import pytest

from leverframe import Status
from tests.support.rig import BOS, CHAIR, LAMP, MIA, SHIPPED, Rig
from tests.workflows.change_stories import NEW, NEW_LINE, OLD, OLD_TO_NEW, approved, changed, lines, replaced, sides
from worker.testing.rig import propose

ACTION = "order_address_change"
TEXT = "Please send my lamp to 5 New Ave, Apt 2, Austin, TX 78701"


def change(order_id: str = LAMP, address: str = NEW_LINE) -> object:
    return propose("change", order_id=order_id, address=address, clause="MODIFY-ADDRESS")


def copy(order_id: str = LAMP, address_of: str = "profile") -> object:
    return propose("copy", order_id=order_id, address_of=address_of, clause="MODIFY-ADDRESS")


async def shown(rig: Rig, answer: object, text: str = TEXT) -> Status:
    """Start the action, and wait until its plan is shown."""
    rig.script[:] = [answer]
    return await rig.waiting(text, action=ACTION)


async def test_the_plan_shows_both_addresses_and_just_that_order_goes_to_the_new_one(rig: Rig) -> None:
    before = await rig.snapshot()
    status = await shown(rig, change())
    assert status.plan is not None
    assert (status.role, status.quorum) == ("support", 1)
    ((row,),) = [call.changes for call in status.plan.calls]
    assert (row.table, row.key) == ("orders", {"order_id": LAMP})
    assert sides(row) == OLD_TO_NEW
    assert await rig.snapshot() == before

    outcome = await approved(rig, status)
    assert (outcome.kind, outcome.state) == ("done", "changed")
    assert LAMP in outcome.reply
    assert "New Ave" not in outcome.reply
    rows = await changed(rig, before)
    assert [order["order_id"] for order in rows.pop("orders")] == [LAMP]
    assert rows == {}
    assert lines(await rig.order(LAMP)) == NEW
    (effect,) = await rig.kinds(status.action_id, "effect")
    assert effect["changes"] == [row.model_dump(mode="json")]


async def test_an_address_on_file_is_taken_without_being_shown_to_the_model(rig: Rig) -> None:
    await rig.sql("UPDATE shop.orders SET address1 = '9 Secret Lane' WHERE order_id = :o", o=SHIPPED)
    status = await shown(rig, copy(address_of=SHIPPED), f"send my lamp to the same address as {SHIPPED}")
    outcome = await approved(rig, status)
    assert (outcome.kind, SHIPPED in outcome.reply) == ("done", True)
    assert lines(await rig.order(LAMP)) == ("9 Secret Lane", *OLD[1:])
    assert "Secret Lane" not in str(rig.model.requests)
    assert "Elm Avenue" not in str(rig.model.requests)


async def test_the_default_address_of_the_profile_is_taken(rig: Rig) -> None:
    await rig.sql("UPDATE shop.customers SET city = 'Boulder' WHERE customer_id = :c", c=MIA)
    status = await shown(rig, copy(), "my lamp should go to the address in my profile")
    assert (await approved(rig, status)).kind == "done"
    assert (await rig.order(LAMP))["city"] == "Boulder"


@pytest.mark.parametrize("answer", [change(), copy()])
async def test_what_is_rejected_or_withdrawn_changes_nothing(rig: Rig, answer: object) -> None:
    before = await rig.snapshot()
    text = f"{TEXT}, or to my default address"
    status = await shown(rig, answer, text)
    assert status.plan is not None
    await rig.operator.reject(status.action_id, status.plan.code, "customer called, stays where it is")
    assert (await rig.result(status.action_id)).kind == "rejected"
    withdrawn = await shown(rig, answer, text)
    await rig.withdraw(withdrawn.action_id)
    assert (await rig.result(withdrawn.action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before


async def test_what_is_missing_is_asked_and_the_answers_count(rig: Rig) -> None:
    rig.script[:] = [
        propose("ask", missing="which_order"),
        propose("ask", missing="which_address"),
        change(CHAIR),
    ]
    action_id = await rig.start("please send my order somewhere else", action=ACTION)
    asked = await rig.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert (LAMP in asked.question, SHIPPED in asked.question, BOS in asked.question) == (True, False, False)
    await rig.service.reply(action_id, f"{CHAIR}, to 5 New Ave, Apt 2, Austin")
    asked = await rig.until(action_id, lambda status: "whole address" in (status.question or ""))
    assert "Elm Avenue" not in str(asked.question)
    await rig.service.reply(action_id, "5 New Ave, Apt 2, Austin, TX 78701")
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert (await approved(rig, status)).kind == "done"
    assert lines(await rig.order(CHAIR)) == NEW


MADE_UP = "1 Thief Road, Austin, TX 78701, USA"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (TEXT, change(address=MADE_UP)),
        (TEXT, change(address="5 New Ave, Apt 2, Austin, TX 78702, USA")),
        (TEXT, change(address="5 New Ave")),
        (TEXT, change(address="")),
        (TEXT, change(BOS)),
        (TEXT, change(CHAIR)),
        (TEXT, change(SHIPPED)),
        (TEXT, copy()),
        (TEXT, propose("change", order_id=LAMP, address1="1 Thief Road", clause="MODIFY-ADDRESS")),
        (f"not to 1 Thief Road, Austin, TX 78701! {TEXT}", change(address=MADE_UP)),
        (f"my lamp to the same address as {SHIPPED}", copy(address_of=BOS)),
        (f"my lamp to the same address as {SHIPPED}", copy(address_of="profile")),
        (f"my lamp to the same address as {BOS}", copy(address_of=BOS)),
        (f"send {BOS} to 5 New Ave, Apt 2, Austin, TX 78701", change(BOS)),
        (f"send {SHIPPED} to 5 New Ave, Apt 2, Austin, TX 78701", change(SHIPPED)),
    ],
)
async def test_what_a_hostile_model_makes_up_ends_at_a_person(rig: Rig, text: str, answer: object) -> None:
    before = await rig.snapshot()
    rig.script[:] = [answer]
    outcome = await rig.result(await rig.start(text, action=ACTION))
    assert outcome.kind == "handed_over"
    assert len(rig.model.requests) == 2
    assert await rig.snapshot() == before


@pytest.mark.parametrize(
    ("text", "clause"),
    [(f"send {SHIPPED} to my default address", "MODIFY-PENDING"), (f"send {BOS} to me", "OWN-ORDERS")],
)
async def test_a_refusal_cites_its_clause(rig: Rig, text: str, clause: str) -> None:
    rig.script[:] = [propose("decline", clause=clause)]
    action_id = await rig.start(text, action=ACTION)
    outcome = await rig.result(action_id)
    (proposal,) = await rig.kinds(action_id, "proposal")
    assert [cited["id"] for cited in proposal["cited"]] == [clause]
    assert proposal["cited"][0]["text"] in outcome.reply


async def test_an_order_that_moved_meanwhile_is_confirmed_anew(rig: Rig) -> None:
    first = await shown(rig, change())
    assert first.plan is not None
    await rig.sql("UPDATE shop.orders SET address1 = '7 Other Street' WHERE order_id = :o", o=LAMP)
    await rig.operator.approve(first.action_id, first.plan.code)
    again = await replaced(rig, first, first.plan.digest)
    assert again.plan is not None
    assert (again.plan.calls[0].changes[0].before or {})["address1"] == "7 Other Street"
    assert (await rig.order(LAMP))["address1"] == "7 Other Street"
    assert (await approved(rig, again)).kind == "done"
    assert lines(await rig.order(LAMP)) == NEW
    assert len(await rig.kinds(first.action_id, "effect")) == 1


async def test_an_order_that_is_sent_off_meanwhile_goes_to_a_person(rig: Rig) -> None:
    status = await shown(rig, change())
    await rig.sql("UPDATE shop.orders SET status = 'processed' WHERE order_id = :o", o=LAMP)
    outcome = await approved(rig, status)
    assert outcome.kind == "handed_over"
    assert lines(await rig.order(LAMP)) == OLD
    problems = [problem["what"] for problem in await rig.kinds(status.action_id, "problem")]
    assert any("(MODIFY-PENDING)" in problem for problem in problems)


async def test_what_was_masked_reaches_the_row_as_it_was_written_and_never_the_model(rig: Rig) -> None:
    text = (
        "Send my lamp here, contact: 303 5550 Elm Street, Apt 2, Austin, TX 78701."
        " Call me on 512-555-0147 or write to mia.berg@example.com"
    )
    status = await shown(rig, change(address="<PHONE_1> Elm Street, Apt 2, Austin, TX 78701, USA"), text)
    assert (await approved(rig, status)).kind == "done"
    assert lines(await rig.order(LAMP)) == ("303 5550 Elm Street", *NEW[1:])
    sent = str(rig.model.requests)
    assert ("<PHONE_1> Elm Street" in sent, "<EMAIL_1>" in sent) == (True, True)
    assert not any(masked in sent for masked in ("303 5550", "555-0147", "mia.berg@example.com"))
