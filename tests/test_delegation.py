"""A part of an action gets a capability for itself alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leverframe.capability import Use, bind, delegate, mint, narrow, use_of
from leverframe.capability_uses import family, part_id
from leverframe.contracts.plan import PlannedCall
from leverframe.errors import CapabilityRefused
from tests.support.keys import capability
from worker.testing.keys import APPROVALS, ISSUER, TENANT, VERIFIER

ROOT = "support_request-0123456789abcdef-0123456789ab"
PART = part_id(ROOT, 1)
KEY = str(ISSUER.public[ISSUER.newest[0]])
SOON = datetime.now(UTC) + timedelta(hours=1)
CANCELS = replace(VERIFIER, action="order_cancellation")
RETURNS = replace(VERIFIER, action="order_return")
SUPPORTS = replace(VERIFIER, action="support_request")


def reading(action_id: str) -> Use:
    call = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})
    return use_of("read", action_id, [call], {})


def whole() -> str:
    token = mint(
        ISSUER,
        subject="ann",
        tenant=TENANT,
        action="support_request",
        requester="storefront",
        expires=datetime.now(UTC) + timedelta(days=1),
        approvals=APPROVALS.public,
        delegates=["order_cancellation"],
    )
    return bind(token, ISSUER.public, ROOT, family=True)


def part(action: str = "order_cancellation", action_id: str = PART) -> str:
    return delegate(whole(), KEY, action, action_id)


def test_a_part_reads_as_itself_and_its_whole_as_itself() -> None:
    claims = CANCELS.verify(narrow(part(), KEY, reading(PART), SOON), reading(PART))
    assert (claims.subject, claims.action) == ("ann", "order_cancellation")
    assert SUPPORTS.verify(whole(), reading(ROOT)).action == "support_request"


@pytest.mark.parametrize("action_id", [ROOT, part_id(ROOT, 2), part_id(PART, 1), f"{ROOT}0/1", "", "/"])
def test_a_part_serves_no_other_action(action_id: str) -> None:
    with pytest.raises(CapabilityRefused, match="another action"):
        CANCELS.verify(part(), reading(action_id))


def test_a_part_serves_no_other_kind_of_action() -> None:
    for verifier in (SUPPORTS, RETURNS):
        with pytest.raises(CapabilityRefused, match="another kind of action"):
            verifier.verify(part(), reading(PART))
    with pytest.raises(CapabilityRefused, match="another kind of action"):
        VERIFIER.verify(part(), reading(PART))


def test_the_whole_serves_no_kind_that_the_issuer_has_not_foreseen() -> None:
    with pytest.raises(CapabilityRefused, match="not for 'order_return'"):
        RETURNS.verify(whole(), reading(PART))
    with pytest.raises(CapabilityRefused, match="does not allow to start 'order_return'"):
        part("order_return")


def test_the_whole_is_no_part_of_itself() -> None:
    """A workflow of the delegated kind under the whole's own id would stand outside of it."""
    with pytest.raises(CapabilityRefused, match="not for 'order_cancellation'"):
        CANCELS.verify(whole(), reading(ROOT))


def test_a_capability_of_one_action_has_no_parts() -> None:
    token = bind(capability("ann", action="support_request"), ISSUER.public, ROOT)
    with pytest.raises(CapabilityRefused, match="does not allow to start"):
        delegate(token, KEY, "order_cancellation", PART)
    with pytest.raises(CapabilityRefused, match="another action"):
        SUPPORTS.verify(token, reading(PART))


def test_a_part_cannot_be_made_into_another() -> None:
    again = delegate(part(), KEY, "order_cancellation", part_id(ROOT, 2))
    for action_id in (PART, part_id(ROOT, 2)):
        with pytest.raises(CapabilityRefused, match="another action"):
            CANCELS.verify(again, reading(action_id))


def test_a_family_is_an_id_and_all_above_it() -> None:
    assert family("a/1/2") == ["a", "a/1", "a/1/2"]
