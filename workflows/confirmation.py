from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from leverframe.confirmation_code import LONG
from leverframe.contracts.decision import Act, Approver, Choice, Decision, Judged, OfPlan
from leverframe.contracts.plan import CODE_LENGTH, Plan
from machines.amounts import amount_refusal
from machines.states import Confirm

Settled = Literal["approved", "rejected", "expired", "withdrawn", "corrected"]
ALREADY = "Too late: this plan is {} already. Nothing was changed by your decision."
OWN = "Too late: this plan is {} already, and your own decision counts. Nothing was changed by this one."


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
    within: timedelta | None = None
    """How long it waits; ``None`` for as long as its state says."""
    whole: bool = False
    """Whether it is too long to have a code: only the whole digest counts."""
    sentences: tuple[str, ...] = ()
    """What each call of the plan does, in words."""
    approvals: tuple[Approver, ...] = ()
    enough: frozenset[int] = frozenset()
    """Events of the approvals that were counted with the one that completed them."""
    approved: str | None = None
    """The capability with the signed approval, once enough people have approved."""
    rejecter: str | None = None
    """Who has rejected the plan."""
    settled: Settled | None = None
    """What has become of the plan. It is set once: from that moment on everybody is told the same."""

    def waited(self, now: datetime) -> timedelta:
        """How long the plan has been shown."""
        return now - (self.deadline - (self.within or self.state.within))

    def refusal(self, choice: Choice | Act, decision: OfPlan, now: datetime) -> str | None:
        """Why the decision cannot count, in plain words for the operator; ``None`` when it can."""
        if self.settled is not None:
            return ALREADY.format(self.settled)
        if now >= self.deadline:
            return f"Too late: the time for this plan ended at {self.deadline:%Y-%m-%d %H:%M} UTC."
        if self.whole and len(decision.code.strip()) < len(self.plan.digest):
            return LONG
        if not self._is_meant(decision):
            return (
                "Wrong code: it does not belong to the plan that is shown now. "
                "Read the plan in the details of this workflow again and send the code that stands under it."
            )
        if choice == "approve" and isinstance(decision, Decision):
            return amount_refusal(self.amount, decision.amount)
        return None

    def decided(self, choice: Choice, decision: Decision) -> bool:
        """Whether it is about this plan, and may come from somebody whose own decision has settled it."""
        return (self.settled == "approved" or (self.settled, choice) == ("rejected", "reject")) and self._is_meant(
            decision
        )

    def _is_meant(self, decision: OfPlan) -> bool:
        code = decision.code.strip().lower()
        least = len(self.plan.digest) if self.whole else CODE_LENGTH
        return len(code) >= least and self.plan.digest.startswith(code)

    def own(self, judged: Judged | None) -> str | None:
        """What somebody is told who decides once more on what their own decision has settled; ``None`` for others."""
        person = judged.approver.person if judged and judged.approver else None
        people = {approver.person for approver in self.approvals} if self.settled == "approved" else {self.rejecter}
        return OWN.format(self.settled) if self.settled and person and person in people else None

    def settle(self, settled: Settled) -> Settled:
        """Settle the plan, unless it is settled already; returns how it is."""
        self.settled = self.settled or settled
        return self.settled

    def take(self, choice: Choice, decision: Decision, judged: Judged, now: datetime) -> str | None:
        """Count a decision that the approvals role has found to hold, or say why it does not count any more."""
        approver = judged.approver
        if choice == "approve" and self.settled == "approved" and approver and approver.event_id in self.enough:
            return None  # Two answers have overtaken each other: this one was counted with the other.
        refusal = self.refusal(choice, decision, now)
        if refusal is None:
            self.accept(choice, judged)
        return refusal

    def accept(self, choice: Choice, judged: Judged) -> None:
        """Take over what the approvals role said. Any rejection ends it; only a signed approval approves it."""
        if choice == "reject":
            if self.settle("rejected") == "rejected" and judged.approver:
                self.rejecter = judged.approver.person
            return
        # Two answers can overtake each other; the one that knows of more people is the later one.
        if len(judged.approvals) > len(self.approvals):
            self.approvals = judged.approvals
        if judged.approved is not None:
            self.approved = judged.approved
            self.settle("approved")
            self.enough = _enough(judged, self.needed)


def _enough(judged: Judged, needed: int) -> frozenset[int]:
    """Events of as many approvals as were needed: the one that completed them, and the oldest of the others."""
    last = judged.approver.event_id if judged.approver else None
    others = [approver.event_id for approver in judged.approvals if approver.event_id != last]
    return frozenset(others[: needed - 1])
