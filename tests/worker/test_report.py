"""The report of one action: what happened, on one page, whatever anybody wrote into it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from activities.prompts.prompt import load_prompt
from audit.audit import audit_action
from audit.bodies import KeyFate
from audit.checks import Problem
from audit.report.action import action_report
from leverframe import Refused
from leverframe.claiming import CLAIMED_BELOW
from tests.support.rig import LAMP, MIA, Rig, cancel
from tests.worker.reporting import ID, MADE, Words, everywhere, looks_right, told_by
from worker.testing.rig import PSEUDONYMS, propose

TEXT = "please cancel my order, and write to mia.berg@example.com"
NOTE = "read it, looks right"


async def asked_and_approved(rig: Rig) -> str:
    """An action in which much happens: a question, a wrong code, an approval."""
    rig.script[:] = [propose("ask", missing="which_order"), cancel()]
    action_id = await rig.start(TEXT)
    await rig.until(action_id, lambda status: status.awaiting == "user")
    await rig.service.reply(action_id, "the lamp, I no longer need it")
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert status.plan is not None
    with pytest.raises(Refused):
        await rig.operator.approve(action_id, "0" * 12)
    await rig.operator.approve(action_id, status.plan.code, NOTE, "$54.10")
    assert (await rig.result(action_id)).kind == "done"
    return action_id


async def test_a_report_tells_the_whole_action_and_looks_right(rig: Rig, tmp_path: Path) -> None:
    action_id = await asked_and_approved(rig)
    audit = await audit_action(rig.auditor, action_id, rig.people)
    page = action_report(audit, MADE)
    told = Words(page).lines
    head = audit.entries[-1].hash
    for part in (
        "✓ The ledger verifies",
        "Ended: done",
        PSEUDONYMS.of(MIA),
        "masked before the model saw it: email, 1 ×",
        "Which order do you mean?",
        "personal data was masked",
        f"order_cancellation, version {load_prompt('order_cancellation').version}, hash",
        "CANCEL-PENDING, version 1: An order can only be cancelled while its status is 'pending'.",
        "status pending cancelled",
        "54.10",
        "Approved by olga@support (unverified: claimed)",
        CLAIMED_BELOW,
        "approve, refused: Wrong code",
        NOTE,
        "s after it was shown",
        "sooner than a plan can be read",
        "The money that it is about: 54.10 USD",
        "was shown, about 54.10 USD: Cancel order, Refund payment",
        "amount typed: 54.10",
        "✓ Exactly call 1 of the approved plan",
        "✓ Exactly call 2 of the approved plan",
        "in the approvals record",
        head,
        "Made 2026-11-03 12:00:00 UTC",
    ):
        assert part in told, f"{part!r} is not told"
    assert "mia.berg@example.com" not in page
    assert TEXT not in page
    assert "✗" not in page
    for entry in audit.entries:
        assert entry.hash in page
    await looks_right(page, tmp_path / "report.html", LAMP)


async def test_of_an_erased_person_only_the_proof_is_told(rig: Rig) -> None:
    action_id = await asked_and_approved(rig)
    before = await audit_action(rig.auditor, action_id, rig.people)
    person = PSEUDONYMS.of(MIA)
    await rig.sql("UPDATE leverframe.subject_keys SET doomed_by = :by WHERE pseudonym = :person", by="x", person=person)
    await rig.keys.destroy(person)
    rig.forget_keys()
    page = action_report(await audit_action(rig.auditor, action_id, rig.people), MADE)
    told = Words(page).lines
    count = len(before.entries)
    assert f"{count} of {count} entries: erased: the key of this person was destroyed" in told
    assert f"The key of this person was destroyed {datetime.now(UTC):%Y-}" in told
    assert "✓ The ledger verifies" in told
    assert "approve olga@support" in told
    assert "Effects are recorded, and cannot be read." in told
    assert all(entry.hash in page for entry in before.entries)
    assert not any(word in page for word in (LAMP, NOTE, "54.10", "Which order"))


@pytest.mark.parametrize("kind", ["started", "transition", "verdict", "proposal", "plan", "decision", "effect", "part"])
@pytest.mark.parametrize("body", [{}, {"changes": "x", "calls": 7, "choice": []}, {"event": None}], ids=range(3))
def test_an_entry_of_another_form_is_named_and_the_rest_is_told(kind: str, body: dict[str, JsonValue]) -> None:
    page = action_report(told_by((kind, body), ("question", {"text": "still told"})), MADE)
    assert "not of the form that this version writes" in page
    assert "still told" in page


def test_what_is_erased_is_said_and_the_proof_still_stands() -> None:
    audit = told_by(("started", {"sealed": "x"}), ("effect", {"sealed": "x"}), ("closed", {"sealed": "x"}))
    fate = KeyFate("customer_erasure-0123456789abcdef-000000000009", MADE, MADE + timedelta(minutes=1))
    page = action_report(replace(audit, unreadable={1: "destroyed", 2: "destroyed", 3: "destroyed"}, fate=fate), MADE)
    told = Words(page).lines
    assert "3 of 3 entries: erased: the key of this person was destroyed" in told
    assert "was destroyed 2026-11-03 12:01:00 UTC; customer_erasure-0123456789abcdef-000000000009 doomed it" in told
    assert "Effects are recorded, and cannot be read." in told
    assert "Ended; how cannot be read" in told
    assert all(entry.hash in page for entry in audit.entries)


def test_an_effect_that_is_no_call_of_its_plan_is_named() -> None:
    audit = everywhere("harmless")
    assert "✗ It is no call of the plan that it names" in action_report(audit, MADE)


def test_what_is_wrong_stands_first_and_beside_its_entry() -> None:
    broken = "its contents do not have its hash; it was changed"
    audit = told_by(("question", {"text": "one"}), ("question", {"text": "two"}), problems=(Problem(ID, 2, broken),))
    told = Words(action_report(audit, MADE)).lines
    assert "✗ 1 problem in the ledger" in told
    assert told.index("What is wrong") < told.index("The way through the machine")
    assert re.search(rf"2 k1 {audit.entries[1].hash} ✗ {re.escape(broken)}", told)
    assert re.search(rf"1 k0 {audit.entries[0].hash} ✓ yes", told)


def test_an_action_that_this_version_does_not_know_has_no_diagram() -> None:
    page = action_report(told_by(("question", {"text": "?"}), action_id=ID.replace("order", "moon")), MADE)
    assert "knows no machine of this name" in page
    assert "<svg" not in page
