"""What a business service sees: typed calls, idempotent starts, and clear words for bad input."""

from datetime import datetime
from typing import Any

import pytest

import leverframe
from leverframe import InvalidRequest, Leverframe, RequestConflict, UnknownAction
from leverframe.contracts.names import ACTION, AWAITING, DEADLINE, STATE, SUBJECT
from leverframe.keys import SigningKeys
from tests.support.keys import capability
from tests.support.rig import MIA, Rig
from worker.testing.keys import private
from worker.testing.rig import PSEUDONYMS
from worker.testing.waiting import until

STRANGER = SigningKeys.parse(private(99))


def test_the_public_names_are_these() -> None:
    assert leverframe.__all__ == [
        "ActionFailed",
        "CapabilityRefused",
        "Decision",
        "InvalidKeys",
        "InvalidRequest",
        "KeyDestroyed",
        "KeyServiceUnreachable",
        "Leverframe",
        "LeverframeError",
        "NoAnswer",
        "Notification",
        "NotificationRefused",
        "Outcome",
        "Pending",
        "Plan",
        "Receipt",
        "Refused",
        "RequestConflict",
        "ServerRefused",
        "ServerUnreachable",
        "Status",
        "UnknownAction",
        "Until",
        "plan_digest",
        "sign_decision",
        "verify_notification",
    ]


async def test_the_same_request_started_twice_is_one_action(rig: Rig) -> None:
    first = await rig.start(request_id="web-7")
    assert await rig.start(request_id="web-7") == first
    status = await rig.until(first, lambda status: status.awaiting == "operator")
    assert status.plan is not None
    await rig.operator.approve(first, status.plan.code)
    await rig.result(first)
    assert await rig.start(request_id="web-7") == first
    assert len(await rig.refunds()) == 1
    with pytest.raises(RequestConflict, match="used before for another request"):
        await rig.start("cancel something else", request_id="web-7")


async def test_two_users_may_use_the_same_request_id(rig: Rig) -> None:
    assert await rig.start(request_id="1") != await rig.start(request_id="1", subject="bo_lind_1002")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"action": "Order Cancellation"}, "action: String should match pattern"),
        ({"action": ""}, "action"),
        ({"request_id": ""}, "request_id: String should have at least 1 character"),
        ({"request_id": "x" * 129}, "request_id: String should have at most 128 characters"),
        ({"text": ""}, "text: String should have at least 1 character"),
        ({"text": "   "}, "text: String should match pattern"),
        ({"text": "x" * 4001}, "text: String should have at most 4000 characters"),
        ({"text": 5}, "text: Input should be a valid string"),
        ({"capability": ""}, "not signed by a known issuer"),
        ({"capability": None}, "not signed by a known issuer"),
        ({"capability": "Er8BClUKBG1pYQ"}, "not signed by a known issuer"),
        ({"capability": capability(MIA, issuer=STRANGER)}, "not signed by a known issuer"),
        ({"capability": capability(MIA, days=-1)}, "it has expired"),
        ({"capability": capability(MIA, action="order_return")}, "it is for the action 'order_return'"),
        ({"capability": capability(MIA, action_id="order_cancellation-1-2")}, "it is for another action"),
    ],
)
async def test_bad_input_is_refused_before_anything_starts(rig: Rig, change: dict[str, Any], words: str) -> None:
    action = change.get("action", "order_cancellation")
    good: dict[str, Any] = {
        "action": action,
        "request_id": "1",
        "capability": capability(MIA, action=action),
        "text": "cancel",
    }
    with pytest.raises(InvalidRequest) as refusal:
        await rig.service.start(**{**good, **change})
    assert words in str(refusal.value)
    assert (change.get("capability") or good["capability"]) not in str(refusal.value)
    started = [found async for found in rig.client.list_workflows(f"TaskQueue = '{rig.service._queue}'")]
    assert started == []


@pytest.mark.parametrize("action", ["make_tea", "order_cancelation", "cancel", "order_cancellation_2"])
async def test_an_unknown_action_is_refused_at_the_start_and_says_which_are_known(rig: Rig, action: str) -> None:
    token = capability(MIA, action=action)
    for _ in range(2):
        with pytest.raises(InvalidRequest, match=f"no action '{action}'.*known actions: customer_address_change, "):
            await rig.service.start(action, request_id="1", capability=token, text="tea")


async def test_an_action_that_does_not_exist_is_named(rig: Rig) -> None:
    for call in (
        rig.service.status("nothing"),
        rig.service.result("nothing"),
        rig.operator.approve("nothing", "1" * 8),
    ):
        with pytest.raises(UnknownAction, match="there is no action 'nothing'"):
            await call


async def test_a_service_needs_its_keys_to_start(rig: Rig) -> None:
    for incomplete in (Leverframe(rig.client), Leverframe(rig.client, PSEUDONYMS)):
        with pytest.raises(InvalidRequest, match="pass pseudonym_key and issuer_keys"):
            await incomplete.start("a_b_c", request_id="1", capability=capability(MIA, action="a_b_c"), text="t")
    with pytest.raises(InvalidRequest, match="at least 16 bytes"):
        await Leverframe.connect(pseudonym_key="short")


async def test_ids_and_search_attributes_carry_a_pseudonym_only(rig: Rig) -> None:
    status = await rig.waiting()
    assert MIA not in status.action_id
    assert PSEUDONYMS.of(MIA) in status.action_id
    described = await rig.client.get_workflow_handle(status.action_id).describe()
    attributes = described.typed_search_attributes
    assert attributes.get(SUBJECT) == PSEUDONYMS.of(MIA)
    assert attributes.get(ACTION) == "order_cancellation"
    assert (attributes.get(STATE), attributes.get(AWAITING)) == ("confirming", "support")
    assert attributes.get(DEADLINE) == datetime.fromisoformat(status.deadline or "")
    assert MIA not in str(attributes)


async def test_operators_find_what_waits_for_them(rig: Rig) -> None:
    status = await rig.waiting()

    async def found() -> list[str]:
        return [pending.action_id async for pending in rig.operator.pending("support")]

    assert status.action_id in await until(found, lambda ids: status.action_id in ids)
    assert [p async for p in rig.operator.pending("finance")] == []
    with pytest.raises(InvalidRequest, match="expected a role's name"):
        _ = [p async for p in rig.operator.pending("support' OR '1'='1")]
