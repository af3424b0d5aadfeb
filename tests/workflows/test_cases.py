"""Whatever a person was promised becomes a case that somebody takes and settles, and that nothing loses."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from biscuit_auth import KeyPair
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from audit.signatures import unsigned
from leverframe import Pending, Refused
from leverframe.capability_uses import case_id
from leverframe.cases import case_act, signed_act
from leverframe.contracts import names
from leverframe.contracts.case import Case, CaseAct, CaseMessage
from leverframe.digest import case_digest
from leverframe.operators import Operators
from tests.support.authenticator import Authenticator
from tests.support.receiver import Receiver, receiving
from tests.support.rig import MIA, Rig, open_rig
from tests.workflows.erasures import approved, hurry, settle
from worker.testing.demands import check_cases
from worker.testing.keys import TURN
from worker.testing.postgres import Database
from worker.testing.rig import UNSCRIPTED
from worker.testing.servers import skipping_server
from worker.testing.serving import approvals_settings
from worker.testing.waiting import until


async def listed(rig: Rig) -> list[Pending]:
    return [one async for one in rig.operator.cases.open() if one.action_id.removesuffix("/case") in rig.started]


async def handed_over(rig: Rig, **asked: Any) -> Case:
    """An action that the model cannot move on, and its case."""
    rig.script[:] = [UNSCRIPTED]
    action_id = await rig.start(**asked)
    assert (await rig.result(action_id)).kind == "handed_over"
    found: Case = await until(lambda: rig.operator.cases.look(case_id(action_id)), lambda case: bool(case.story))
    return found


async def test_every_machine_hands_over_to_a_case_within_a_second_that_can_be_settled(rig: Rig) -> None:
    await check_cases(rig, MIA)
    assert await until(lambda: listed(rig), lambda cases: not cases) == []


async def test_a_case_says_what_was_asked_what_was_told_and_why_nobody_went_on(rig: Rig) -> None:
    case = await handed_over(rig, text="cancel my lamp, write to mia@example.com")
    assert (case.action, case.role, case.outcome, case.state) == (
        "order_cancellation",
        "support",
        "handed_over",
        "handed_over",
    )
    assert "The model could not be asked" in case.reason or "gave no usable proposal" in case.reason
    assert case.reply.startswith("A colleague will take care of your request")
    assert case.why.messages == ("cancel my lamp, write to <EMAIL_1>",)
    # None of it may wait for a case: nothing of the user's text stands in lists.
    (entry,) = await until(lambda: rig.kinds(case.action_id, "case"), bool)
    assert "mia@example.com" not in str(entry)


async def test_one_person_has_a_case_until_they_give_it_back_or_settle_it(rig: Rig) -> None:
    case, rita = await handed_over(rig), await rig.person("rita@support")
    olga = rig.operator.cases
    await olga.handle(case.case_id, "claim", case_act())
    with pytest.raises(Refused, match="olga@support has claimed this case"):
        await rita.cases.handle(case.case_id, "claim", case_act())
    with pytest.raises(Refused, match="Ask them, or release it first"):
        await rita.cases.handle(case.case_id, "resolve", case_act("Mine."))
    (one,) = await until(lambda: listed(rig), lambda cases: bool(cases[0].claimed))
    assert one.claimed == "olga@support"
    await rita.cases.handle(case.case_id, "note", case_act("She is on leave."))
    await rita.cases.handle(case.case_id, "release", case_act())
    with pytest.raises(Refused, match="Say how it was settled"):
        await rita.cases.handle(case.case_id, "resolve", case_act("  "))
    await rita.cases.handle(case.case_id, "resolve", case_act("Sent a new lamp."))
    with pytest.raises(Refused, match="ended already"):
        await olga.handle(case.case_id, "note", case_act("Too late."))
    told = [(one["what"], one["accepted"]) for one in await rig.kinds(case.action_id, "case")]
    assert told == [
        ("opened", True),
        ("claim", True),
        ("claim", False),
        ("resolve", False),
        ("note", True),
        ("release", True),
        ("resolve", False),
        ("resolve", True),
    ]


@pytest.mark.parametrize(
    "sent",
    [None, [1], "x", {"note": "x" * 501}, {"note": "x", "other": 1}],
    ids=["nothing", "list", "text", "long", "more"],
)
async def test_whatever_is_sent_is_answered_in_words_and_stops_nothing(rig: Rig, sent: Any) -> None:
    case = await handed_over(rig)
    handle = rig.operator._client.get_workflow_handle(case.case_id)
    for name in ("resolve", names.WRITE, names.ADD, names.WITHDRAW):
        await handle.signal(name, sent)
    await until(lambda: rig.operator.cases.look(case.case_id), lambda case: bool(case.notice))
    await rig.operator.cases.handle(case.case_id, "resolve", case_act("Done."))
    assert len(await rig.kinds(case.action_id, "case")) == 3


async def test_the_temporal_ui_takes_and_settles_one_by_signals(rig: Rig) -> None:
    case = await handed_over(rig)
    handle = rig.operator._client.get_workflow_handle(case.case_id)
    await handle.signal("claim")
    await handle.signal("resolve", {"note": "Refunded by hand."})
    assert (await handle.result())["resolved"] == "Refunded by hand."


async def test_who_asked_settles_nothing_of_their_own(rig: Rig) -> None:
    case = await handed_over(rig)
    storefront = await rig.person("storefront")
    with pytest.raises(Refused, match="Whoever asked for an action cannot settle it"):
        await storefront.cases.handle(case.case_id, "claim", case_act())


async def test_a_case_that_nobody_takes_gets_louder_and_is_never_lost(database: Database) -> None:
    async with (
        receiving(Receiver()) as receiver,
        skipping_server() as environment,
        open_rig(environment, database, notifications=receiver.settings()) as rig,
    ):
        case = await handed_over(rig)
        await environment.sleep(timedelta(days=2, hours=1))
        late = await until(lambda: rig.operator.cases.look(case.case_id), lambda case: case.escalated)
        assert (late.role, late.overdue) == ("support_lead", False)
        await environment.sleep(timedelta(days=4))
        late = await until(lambda: rig.operator.cases.look(case.case_id), lambda case: len(case.story) == 4)
        assert late.overdue
        message = CaseMessage(request_id="mail-1", text="And my lamp?")
        await rig.client.get_workflow_handle(case.case_id).signal(names.WRITE, message)
        await until(_types(receiver), lambda types: "case.written" in types)
        await rig.operator.cases.handle(case.case_id, "resolve", case_act("At last."))
        types = await until(_types(receiver), lambda types: "case.resolved" in types)
        assert types == [
            "case.opened",
            "case.escalated",
            "case.overdue",
            "case.overdue",
            "case.written",
            "case.resolved",
        ]
        assert {one.data.action_id for one in receiver.taken.values()} == {case.case_id}


def _types(receiver: Receiver) -> Any:
    async def types() -> list[str]:
        return receiver.types

    return types


async def test_only_the_case_of_an_action_writes_into_its_ledger(rig: Rig) -> None:
    """A request that somebody starts by themselves opens nothing: the capability in it must hold for the action."""
    case = await handed_over(rig)
    other = await rig.start()
    await rig.result(other)
    raw = await rig.client.get_workflow_handle(case.case_id).fetch_history()
    converter = rig.client.data_converter
    started = raw.events[0].workflow_execution_started_event_attributes
    (request,) = await converter.decode(started.input.payloads, [dict])
    queue = names.task_queue("workflows", rig.prefix)
    forged = {**request, "action_id": other}
    await rig.operator.cases.handle(case_id(other), "resolve", case_act("Done."))
    await rig.client.get_workflow_handle(case_id(other)).result()
    forger = await rig.client.start_workflow(names.CASE, forged, id=case_id(other), task_queue=queue, priority=TURN)
    with pytest.raises(WorkflowFailureError) as failed:
        await forger.result()
    assert "CapabilityRefused" in str(failed.value.cause.__cause__)
    assert len(await rig.kinds(other, "case")) == 2


async def test_erasing_a_user_ends_the_cases_about_them(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    await settle(rig)
    case = await handed_over(rig)
    assert (await rig.result(await approved(rig))).kind == "done"
    assert [one["what"] for one in await rig.kinds(case.action_id, "case")] == ["opened", "withdrawn"]
    assert await listed(rig) == []


async def test_where_decisions_are_signed_so_are_the_steps_of_a_case(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    key, other, device = KeyPair(), KeyPair(), Authenticator()
    mark = device.passkey
    file = tmp_path / "operators.toml"
    file.write_text(
        f'[olga]\nroles = ["support"]\nkeys = ["{key.public_key}"]\n'
        f'passkeys = [{{id = "{mark.id}", key = "{mark.key}", site = "{mark.site}"}}]\n'
        f'[ben]\nroles = ["billing"]\nkeys = ["{other.public_key}"]\n'
    )
    approvals = approvals_settings(database, approver_trust="signed", operators_file=file)
    async with open_rig(temporal, database, approvals=approvals) as rig:
        case = await handed_over(rig)
        olga = rig.operator.cases
        with pytest.raises(Refused, match="sign the decision with your own key"):
            await olga.handle(case.case_id, "claim", case_act())
        with pytest.raises(Refused, match="You do not have the role 'support' or 'support lead'"):
            await olga.handle(case.case_id, "claim", signed_act(str(other.private_key), case, "claim"))
        claim = signed_act(str(key.private_key), case, "claim")
        with pytest.raises(Refused, match="The signature does not hold"):
            # Neither another step nor another note can be made of it.
            await olga.handle(case.case_id, "resolve", claim.model_copy(update={"note": "Nothing to do."}))
        await olga.handle(case.case_id, "claim", claim)
        how = "Called the customer."
        passkey = device.decide(case.case_id, case_digest(case.case_id, case.run_id, how), "resolve")
        await olga.handle(case.case_id, "resolve", CaseAct(note=how, passkey=passkey))
        rows, directory = await rig.ledger(case.action_id), Operators.load(file, "signed")
        assert unsigned(case.action_id, rows, directory) == []
        forged = [replace(row, body={**row.body, "note": "Paid 500 USD."}) for row in rows if row.kind == "case"]
        assert [problem.what for problem in unsigned(case.action_id, forged, directory)] == [
            "its signature is not olga's on this decision"
        ] * 2
