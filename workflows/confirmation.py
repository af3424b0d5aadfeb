from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from leverframe.contracts.decision import Approver, Choice, Decision, Judged
from leverframe.contracts.plan import CODE_LENGTH, Plan
from machines.amounts import amount_refusal
from machines.states import Confirm

Settled = Literal["approved", "rejected", "expired"]


@dataclass
class Confirmation:
    """A plan that waits for people, and what they have said so far."""

    state: Confirm
    plan: Plan
    deadline: datetime
    needed: int
    """How many distinct people must approve."""
    role: str
    """Who may decide now; escalation changes it."""
    amount: Decimal | None = None
    """What whoever approves must type; ``None`` when no amount is asked for."""
    approvals: tuple[Approver, ...] = ()
    approved: str | None = None
    """The capability with the signed approval, once enough people have approved."""
    settled: Settled | None = None

    def waited(self, now: datetime) -> timedelta:
        """How long the plan has been shown."""
        return now - (self.deadline - self.state.within)

    def refusal(self, choice: Choice, decision: Decision, now: datetime) -> str | None:
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
        return amount_refusal(self.amount, decision.amount) if choice == "approve" else None

    def accept(self, choice: Choice, judged: Judged) -> None:
        """Take over what the approvals role said. Any rejection ends it; only a signed approval approves it."""
        if choice == "reject":
            self.settled = "rejected"
            return
        # Two answers can overtake each other; the one that knows of more people is the later one.
        if len(judged.approvals) > len(self.approvals):
            self.approvals = judged.approvals
        if judged.approved is not None:
            self.approved, self.settled = judged.approved, "approved"
