"""What became of a request is settled by a person's word, which the approvals role has signed: by nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.settling import Settling
from leverframe.capability import Approval, Use, approve, narrow
from leverframe.capability_uses import case_id
from leverframe.contracts.decision import Approver
from leverframe.contracts.entries import Settled
from leverframe.contracts.names import CASE
from leverframe.contracts.settling import SettleRequest
from leverframe.keys import SigningKeys
from leverframe.settlement_signature import settlement_digest
from tests.activities.test_calling import ID, called_by
from tests.support.keys import capability
from tests.support.two_customers import ANN
from tools.scope import ScopedSessions
from worker.testing.keys import APPROVALS, ISSUER, VERIFIER, private

OLGA = Approver(person="olga", identity="olga", trust="signed", event_id=9)
SAID = Settled(call_key="refunding#1", happened=True, person="olga", note="Seen.", run="r1", approver=OLGA)
ROGUES = SigningKeys.parse(private(77))


def held(said: Settled, *, signer: SigningKeys | None = APPROVALS, person: str = "olga") -> str:
    """A case's capability to record that, with what somebody has signed of it."""
    soon, digest = datetime.now(UTC) + timedelta(hours=1), settlement_digest(ID, said)
    key = str(ISSUER.public[11])
    token = narrow(capability(ANN, action_id=ID), key, Use("record", ID, plan=digest), soon)
    if signer is None:
        return token
    return approve(token, ISSUER.public, signer.newest[1], digest, [Approval(person, "signed")], soon)


@pytest.mark.parametrize(
    ("token", "said", "caller"),
    [
        (held(SAID, signer=None), SAID, case_id(ID)),
        (held(SAID, signer=ROGUES), SAID, case_id(ID)),
        (held(SAID, person="rita"), SAID, case_id(ID)),
        (held(SAID), SAID.model_copy(update={"happened": False}), case_id(ID)),
        (held(SAID), SAID.model_copy(update={"approver": None}), case_id(ID)),
        (held(SAID), SAID.model_copy(update={"person": "rita"}), case_id(ID)),
        (held(SAID), SAID, ID),
        (held(SAID), SAID, f"{ID}/2/case"),
    ],
    ids=["nobody", "a rogue", "another person", "something else", "no approver", "in another's name", "by the action",
         "by another case"],
)  # fmt: skip
async def test_a_workflow_worker_that_was_taken_over_settles_nothing(
    sessions: ScopedSessions, token: str, said: Settled, caller: str
) -> None:
    request = SettleRequest(
        action_id=ID, case_of="order_cancellation", capability=token, settled=said, mark="case@r1#1"
    )
    with pytest.raises(ApplicationError) as refused:
        await called_by(caller, CASE).run(Settling(sessions, VERIFIER).settle, request)
    assert refused.value.type == "CapabilityRefused"


async def test_there_must_be_something_to_settle(sessions: ScopedSessions) -> None:
    request = SettleRequest(
        action_id=ID, case_of="order_cancellation", capability=held(SAID), settled=SAID, mark="case@r1#1"
    )
    told = await called_by(case_id(ID), CASE).run(Settling(sessions, VERIFIER).settle, request)
    assert told.refusal == "It is known by now what came of it, or it is still tried: look again."
