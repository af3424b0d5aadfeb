"""What people have sent of a plan before a decision, also if the workflow worker has kept it to itself. Pure."""

from dataclasses import dataclass, replace
from functools import cached_property

from activities.history import Found, Sent, Shown
from activities.person import Refusal, identify, suffices
from activities.sent_by import Handed, require_code, role_of
from leverframe.capability import Claims
from leverframe.contracts.decision import Act, Choice, Handling, JudgeRequest
from leverframe.naming import role_named
from leverframe.operators import Operators
from machines.states import Confirm


class Known(dict[tuple[int, int], bool]):
    """Whether what was sent before holds: by its event and that of the plan as it was shown."""


@dataclass(frozen=True)
class Before:
    """What was sent before one decision on one plan."""

    operators: Operators
    request: JudgeRequest
    claims: Claims
    state: Confirm
    found: Found
    shown: Shown
    known: Known

    @property
    def rejected(self) -> bool:
        """Whether somebody who might has rejected the plan."""
        return any(self._holds("reject", sent, self.handed(sent)) for sent in self.found.rejections)

    @property
    def correctors(self) -> frozenset[str]:
        """Who has asked for the plan as it is: whoever sent a correction before it was shown."""
        earlier = (sent for sent in self.found.corrections if sent.event_id < self.shown.event_id)
        return frozenset(filter(None, map(self._corrector, earlier)))

    def handed(self, sent: Sent) -> Handed | None:
        """To which role the plan had been handed over, by somebody who might, when this was sent."""
        return next((one for one in reversed(self._handed) if one.event_id < sent.event_id), None)

    @cached_property
    def _handed(self) -> tuple[Handed, ...]:
        valid: list[Handed] = []
        for sent in self.found.handed:
            to = role_named(sent.decision.to) if isinstance(sent.decision, Handling) else ""
            if sent.event_id < self.shown.event_id or to not in self.state.roles:
                continue
            if self._holds("hand_over", sent, valid[-1] if valid else None):
                valid.append(Handed(to, sent.at, sent.event_id))
        return tuple(valid)

    def _corrector(self, sent: Sent) -> str | None:
        corrected = sent.decision.code.strip().lower() if sent.decision else ""
        asked = self.request.model_copy(update={"choice": "correct", "digest": corrected})
        try:
            approver = identify(self.operators, sent, asked).approver
        except Refusal:
            return None
        return approver.person if suffices(approver.trust, self.operators.least) else None

    def _holds(self, choice: Choice | Act, sent: Sent, handed: Handed | None) -> bool:
        mark = sent.event_id, self.shown.event_id
        if mark not in self.known:
            self.known[mark] = self._might(choice, sent, handed)
        return self.known[mark]

    def _might(self, choice: Choice | Act, sent: Sent, handed: Handed | None) -> bool:
        asked = self.request.model_copy(update={"choice": choice})
        try:
            require_code(sent, self.shown.plan, frozenset())
            person = identify(self.operators, sent, asked)
            role_of(person, self.operators.least, self.claims, self.state, replace(self.found, sent=sent), handed)
        except Refusal:
            return False
        return True
