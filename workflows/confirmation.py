from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from leverframe.contracts.decision import Approver, Decision
from leverframe.contracts.plan import CODE_LENGTH, Plan
from machines.states import Confirm

Settled = Literal["approved", "rejected", "expired"]


@dataclass
class Confirmation:
    """A plan that waits for people, and what they have said so far."""

    state: Confirm
    plan: Plan
    deadline: datetime
    approvers: list[Approver] = field(default_factory=list)
    settled: Settled | None = None

    def refusal(self, decision: Decision, now: datetime) -> str | None:
        """Why the decision cannot count, in plain words for the operator; ``None`` when it can."""
        code = decision.code.strip().lower()
        if self.settled is not None:
            return f"Too late: this plan is {self.settled} already. Nothing was changed by your decision."
        if now >= self.deadline:
            return f"Too late: the time for this plan ended at {self.deadline:%Y-%m-%d %H:%M} UTC."
        if len(code) < CODE_LENGTH or not self.plan.digest.startswith(code):
            return (
                "Wrong code: it does not belong to the plan that is shown now. "
                "Read the plan in the details of this workflow again and send the code that stands under it."
            )
        return None

    def accept(self, choice: Literal["approve", "reject"], approver: Approver) -> None:
        """Count a decision. Any rejection ends it; approvals end it when enough people have approved."""
        if choice == "reject":
            self.settled = "rejected"
            return
        self.approvers.append(approver)
        if len(self.approvers) >= self.state.quorum:
            self.settled = "approved"
