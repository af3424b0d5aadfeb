"""Whose a request is: what chooses among the tenants' own adapters."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.tenants import Served, for_tenants
from leverframe.capability import told_tenant
from leverframe.contracts import names
from leverframe.contracts.ledger import RecordRequest
from leverframe.errors import CapabilityRefused
from tests.support.keys import capability
from worker.testing.keys import TENANT

ACTION = "order_cancellation-0123456789abcdef-000000000001"


class Recording:
    def __init__(self) -> None:
        self.asked: list[str] = []

    @activity.defn(name=names.RECORD)
    async def record(self, request: RecordRequest) -> None:
        self.asked.append(request.action_id)


def request(token: str) -> RecordRequest:
    return RecordRequest(action_id=ACTION, capability=token, entries=())


async def asked(of: dict[str, Served], token: str, **info: Any) -> None:
    (record,) = for_tenants(list(of.values()))
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, workflow_type="order_cancellation", workflow_id=ACTION, **info)
    await environment.run(record, request(token))


async def test_it_goes_to_the_one_that_the_capability_names() -> None:
    own, other = Recording(), Recording()
    of = {name: Served(name, [one.record]) for name, one in ((TENANT, own), ("other", other))}
    await asked(of, capability("mia"))
    assert (own.asked, other.asked) == ([ACTION], [])


@pytest.mark.parametrize("attempt", [1, 2])
async def test_nobodys_is_refused_and_never_taken_for_failed_once_it_was_tried(attempt: int) -> None:
    own = Recording()
    with pytest.raises(ApplicationError, match="of a tenant that is not served here") as refused:
        await asked({"other": Served("other", [own.record])}, capability("mia"), attempt=attempt)
    assert (refused.value.type, refused.value.non_retryable) == ("CapabilityRefused", attempt == 1)
    assert own.asked == []


async def test_an_action_of_a_business_that_is_not_its() -> None:
    own = Recording()
    of = {TENANT: Served(TENANT, [own.record], frozenset({"contracts"}))}
    with pytest.raises(ApplicationError, match="actions of this kind are not run here for the tenant 'test'"):
        await asked(of, capability("mia"))
    await asked({TENANT: replace(of[TENANT], businesses=frozenset({"shop"}))}, capability("mia"))
    assert own.asked == [ACTION]


@pytest.mark.parametrize("subject", ['a"b\ntenant("evil");\n', 'tenant("evil");', "\n"])
def test_a_user_whose_name_looks_like_a_tenant_chooses_none(subject: str) -> None:
    assert told_tenant(capability(subject)) in ("", TENANT)


@pytest.mark.parametrize("token", ["", "none", "x" * 400])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(CapabilityRefused, match="damaged"):
        told_tenant(token)
