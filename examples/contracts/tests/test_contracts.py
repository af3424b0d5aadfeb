"""Contracts of a mobile-phone company, from the SDK call to its own application's tables."""

from typing import Any

import pytest
from conftest import works

from audit.audit import audit_action
from leverframe import Refused, Status
from machines.registry import machines
from tools.toolbox import toolbox
from worker.testing.postgres import Database
from worker.testing.rig import Rig, propose

CONTRACTS = "SELECT contract_id, plan_code, monthly_fee, ends_on FROM mobile.contracts ORDER BY 1"
FEES = "SELECT holder, contract_id, amount, currency FROM contracts.fees"


def end(contract_id: str, when: str = "end_of_term") -> dict[str, Any]:
    return propose("end", contract_id=contract_id, when=when, clause="END-TERM")


async def waiting(rig: Rig, text: str, action: str = "contract_end", subject: str = "ann") -> Status:
    return await rig.waiting(text, action=action, subject=subject)


async def approve(rig: Rig, status: Status, who: str = "olga@support", amount: str | None = None) -> object:
    assert status.plan is not None
    return await (await rig.person(who)).approve(status.action_id, status.plan.code, amount=amount)


def test_there_is_nothing_of_the_shop_here() -> None:
    assert machines().keys() == {"contract_end", "contract_plan_change", "contract_card"}
    assert {toolbox().whose(name) for name in toolbox().names} == {"contracts", ""}


async def test_a_contract_ends_with_its_term(rig: Rig, company: tuple[Database, str]) -> None:
    rig.script[:] = [end("C-1001")]
    before = await rig.sql(CONTRACTS)
    status = await waiting(rig, "Please end my contract C-1001.")
    await approve(rig, status)
    outcome = await rig.result(status.action_id)
    assert (outcome.kind, outcome.reply.splitlines()[0]) == (
        "done", "Your contract C-1001 ends with its term, on 2027-02-28.",
    )  # fmt: skip
    after = await rig.sql(CONTRACTS)
    assert [row for row in after if row not in before] == [{**before[0], "ends_on": after[0]["ends_on"]}]
    assert str(after[0]["ends_on"]) == "2027-02-28"
    (effect,) = await rig.kinds(status.action_id, "effect")
    assert effect["changes"][0]["table"] == "mobile.contracts"
    assert len(works(company[1])[0]) == 3  # type: ignore[arg-type]


async def test_a_large_fee_needs_its_amount_typed_by_two_people(rig: Rig) -> None:
    rig.script[:] = [end("C-1002", "at_once")]
    status = await waiting(rig, "I want C-1002 to end at once.")
    assert status.plan is not None
    fee = next(row for call in status.plan.calls for row in call.changes if row.table == "contracts.fees")
    assert fee.after is not None
    assert (fee.after["amount"], "holder" in fee.after) == ("588.00", False)
    handle = rig.client.get_workflow_handle(status.action_id)
    shown = (await handle.query("__temporal_workflow_metadata")).current_details
    assert "The money that it is about: **588.00** `EUR`" in shown
    with pytest.raises(Refused, match="No amount: this plan is about so much money"):
        await approve(rig, status)
    with pytest.raises(Refused, match="Wrong amount"):
        await approve(rig, status, amount="58.80")
    await approve(rig, status, amount="588.00")
    with pytest.raises(Refused):
        await approve(rig, status, amount="588.00")
    assert await rig.sql(FEES) == []
    await approve(rig, status, "otto@support", "588.00")
    assert (await rig.result(status.action_id)).kind == "done"
    (booked,) = await rig.sql(FEES)
    assert (booked["holder"], booked["contract_id"], str(booked["amount"])) == ("ann", "C-1002", "588.00")
    audit = await audit_action(rig.auditor, status.action_id, rig.people)
    assert audit.problems == ()


async def test_a_contract_moves_to_another_plan_and_gets_a_card(rig: Rig) -> None:
    rig.script[:] = [propose("move", contract_id="C-2001", plan_code="M", clause="PLAN-CHANGE")]
    status = await waiting(rig, "Bitte den Tarif auf Medium ändern.", "contract_plan_change", "bob")
    await approve(rig, status)
    outcome = await rig.result(status.action_id)
    assert outcome.reply.startswith("Ihr Vertrag C-2001 hat jetzt den Tarif Medium für 19.90 EUR im Monat.")
    rig.model.requests.clear()
    rig.script[:] = [propose("add", contract_id="C-2001", kind="eSIM", clause="CARD-THREE")]
    status = await waiting(rig, "An eSIM for my watch, please.", "contract_card", "bob")
    await approve(rig, status)
    assert (await rig.result(status.action_id)).kind == "done"
    cards = await rig.sql("SELECT kind FROM mobile.cards WHERE holder = 'bob' ORDER BY card_id = 'K-3' DESC")
    assert [card["kind"] for card in cards] == ["eSIM", "eSIM"]


async def test_anothers_contract_cannot_be_meant(rig: Rig) -> None:
    before = await rig.snapshot()
    rig.script[:] = [propose("decline", clause="CONTRACT-OWN")]
    outcome = await rig.result(await rig.start("End C-2001.", action="contract_end", subject="ann"))
    assert (outcome.kind, await rig.snapshot()) == ("declined", before)
    # The worst model there could be writes it down all the same.
    rig.model.requests.clear()
    rig.script[:] = [end("C-2001", "at_once")]
    outcome = await rig.result(await rig.start("End C-2001 now.", action="contract_end", subject="ann"))
    assert (outcome.kind, await rig.snapshot()) == ("handed_over", before)


async def test_several_contracts_are_a_question(rig: Rig) -> None:
    rig.script[:] = [propose("ask", missing="which_contract"), end("C-1001")]
    action_id = await rig.start("I want to end my contract.", action="contract_end", subject="ann")
    status = await rig.until(action_id, lambda status: status.awaiting == "user")
    assert "C-1002, +49 151 5550102" in (status.question or "")
    await rig.service.reply(action_id, "C 1001, please")
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert status.plan is not None
    assert status.plan.calls[0].changes[0].key == {"contract_id": "C-1001"}
