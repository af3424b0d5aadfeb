"""Mia, who wants to be erased: what there is about her, and the steps of the stories."""

from datetime import timedelta

import pytest

from leverframe import Leverframe, Status
from leverframe.confirmation_code import confirmed_with
from machines.shop.customer_erasure import CustomerErasure
from tests.support.rig import MIA, Rig
from worker.testing.rig import PSEUDONYMS, propose
from worker.testing.serving import as_person

STREET, EMAIL, DIGITS, PARCEL = "12 Harbour Road", "mia.berg@example.com", "7731", "1ZMIA777"
TEXT = f"Please delete my account and all my data, says Mia Berg of {STREET}, {EMAIL}"
FIRST, LAST = "Mirabelle", "Bergkvist"
WORDS = ("Mia Berg", "Harbour Road", EMAIL, MIA, FIRST, LAST, PARCEL, "delete my account")
"""What stands in rows, requests and plans about her, and nowhere else."""
CARD = (f'"last_four":"{DIGITS}"', f"\t{DIGITS}\t", f'"last_four": "{DIGITS}"', f"ending {DIGITS}")
"""Her card's digits, as they stand in plans, in dumps and in words."""
PERSON = PSEUDONYMS.of(MIA)
ERASE = propose("erase", clause="ERASE-RIGHT")


async def settle(rig: Rig) -> None:
    """Give Mia a life of her own, with nothing that holds her data."""
    await rig.sql(
        "UPDATE shop.customers SET first_name = :first, last_name = :last, email = :email, address1 = :street"
        " WHERE customer_id = :mia",
        first=FIRST, last=LAST, email=EMAIL, street=STREET, mia=MIA,
    )  # fmt: skip
    await rig.sql("UPDATE shop.orders SET address1 = :street WHERE customer_id = :mia", street=STREET, mia=MIA)
    await rig.sql("UPDATE shop.orders SET status = 'delivered' WHERE status <> 'cancelled' AND customer_id = :m", m=MIA)
    await rig.sql(
        "UPDATE shop.payment_methods SET last_four = :d WHERE customer_id = :m AND source = 'credit_card'",
        d=DIGITS, m=MIA,
    )  # fmt: skip
    await rig.sql(
        "INSERT INTO shop.fulfilments SELECT order_id, 1, customer_id, ARRAY[:p], '{}' FROM shop.orders"
        " WHERE customer_id = :m",
        p=PARCEL, m=MIA,
    )  # fmt: skip


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a server whose time cannot be skipped, the waiting periods are short."""
    for wait in (CustomerErasure.waiting, CustomerErasure.waiting_again):
        monkeypatch.setattr(wait, "lasts", timedelta(seconds=1))


async def asked(rig: Rig, text: str = TEXT) -> Status:
    """Mia's erasure, up to where people are asked."""
    rig.script[:] = [ERASE]
    return await rig.waiting(text, action="customer_erasure")


async def decided_by(rig: Rig, status: Status, *people: str) -> None:
    """Each of these people approves the plan."""
    assert status.plan is not None
    for person in people:
        client = Leverframe(await as_person(rig.client, person), task_queue_prefix=rig.prefix)
        await client.approve(
            status.action_id, confirmed_with(status.plan), note=f"on the phone with Mia Berg of {STREET}"
        )


async def approved(rig: Rig, text: str = TEXT) -> str:
    """Mia's erasure, approved by two people."""
    status = await asked(rig, text)
    await decided_by(rig, status, "olga@support", "rita@support")
    return status.action_id


async def erasures(rig: Rig, action_id: str) -> int:
    """How often the ledger says that the rows were erased."""
    tools = [effect["planned"]["tool"] for effect in await rig.kinds(action_id, "effect")]
    return tools.count("customers.erase")


async def nobodies(rig: Rig) -> int:
    """How many customers have been replaced."""
    return len(await rig.sql("SELECT 1 FROM shop.customers WHERE customer_id LIKE 'erased-%'"))
