"""Operators who approve every plan that is shown to them, and the approvals role that judges whether they may."""

from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.approving import Approving
from leverframe.contracts.decision import Decision, JudgeRequest
from leverframe.contracts.plan import Plan
from leverframe.decision_signature import sign_decision
from tests.activities.approvals_desk import RUN, History, directory
from tests.support.typed import typed
from tools.approvals import ApprovalRecord
from worker.testing.keys import APPROVALS, ISSUER, RITA, TENANT


@dataclass
class OneHistory(History):
    """The history of the action at hand."""

    def get_workflow_handle(self, action_id: str, *, run_id: str) -> "History":
        return self


@dataclass
class Approvers:
    """Olga, whom the server vouches for, and Rita, who signs; the second is only asked where one is not enough."""

    record: ApprovalRecord

    async def approve(self, action: str, action_id: str, state: str, plan: Plan, token: str) -> str:
        """The capability with the signed approval of the plan; raises PermissionError where they may not."""
        history = OneHistory()
        await history.show(plan)
        judge = Approving(
            cast(Client, history),
            keys=APPROVALS,
            issuers=ISSUER.public,
            record=self.record,
            operators=partial(directory, "signed"),
            tenant=TENANT,
        ).judge
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, workflow_id=action_id, workflow_run_id=RUN, workflow_type=action)
        key = str(RITA.newest[1])
        amount = typed(plan)
        for decision, principal in (
            (Decision(code=plan.code, amount=amount), "jwt:olga"),
            (sign_decision(key, action_id=action_id, digest=plan.digest, choice="approve", amount=amount), None),
        ):
            asked = await history.signal("approve", decision, principal=principal)
            judged = await environment.run(judge, _request(asked, action_id, state, plan, token))
            if judged.approved is not None:
                return judged.approved
        raise PermissionError(f"{action_id}: not approved: {judged.reason or 'more than two people are needed'}")


def _request(asked: JudgeRequest, action_id: str, state: str, plan: Plan, token: str) -> JudgeRequest:
    own = {"action_id": action_id, "state": state, "digest": plan.digest, "capability": token}
    return asked.model_copy(update=own)
