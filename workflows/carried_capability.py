from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow

from leverframe.capability import Operation, Use, delegate, lasts_until, narrow, tenant_of, use_of
from leverframe.contracts.plan import PlannedCall

LASTS = timedelta(hours=2)
"""How long a narrowed capability counts: longer than an activity is tried (:data:`workflows.roles.CALLING`)."""


@dataclass(frozen=True)
class Carried:
    """The action's capability. It is never handed on as it is but to the approvals role, which adds to it.

    Narrowing draws random numbers, and replay is none the worse for it: what comes of it goes into an activity's input
    and never back into the workflow.
    """

    action_id: str
    token: str
    issuer_key: str

    def to_call(
        self,
        operation: Operation,
        calls: Sequence[PlannedCall],
        placeholders: dict[str, str],
        plan: str | None = None,
    ) -> str:
        """For these calls alone, and for this plan if one is approved. Raises CapabilityRefused."""
        return self._narrowed(use_of(operation, self.action_id, calls, placeholders, plan))

    def to_record(self, digest: str | None = None) -> str:
        """For noting what happens in this action alone, or what has this digest alone. Raises CapabilityRefused."""
        return self._narrowed(Use("record", self.action_id, plan=digest))

    def to_part(self, part: str, action: str) -> str:
        """For a part of this action, with that id and of that kind alone. Raises CapabilityRefused."""
        return delegate(self.token, self.issuer_key, action, part)

    @property
    def until(self) -> datetime:
        """Until when the action may touch anything. Raises CapabilityRefused."""
        return lasts_until(self.token, self.issuer_key)

    @property
    def tenant(self) -> str:
        """Whose share of the machine the action uses up. Raises CapabilityRefused."""
        return tenant_of(self.token, self.issuer_key)

    def _narrowed(self, use: Use) -> str:
        return narrow(self.token, self.issuer_key, use, workflow.now() + LASTS)
