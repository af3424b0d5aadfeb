"""Minting capabilities as a business's own issuer would, for the demo and for trying things out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leverframe.capability import mint
from worker.settings.service import ServiceSettings

LASTS = timedelta(days=60)
"""Longer than any action of this repository waits for people, and then for late news of a bank."""


@dataclass(frozen=True)
class Issuer:
    """Says whose data an action may touch."""

    settings: ServiceSettings
    tenant: str

    def mint(self, action: str, *, subject: str, requester: str) -> str:
        """A capability for one user and one kind of action, for 60 days.

        An action that dispatches others may start every other one that is known here.
        """
        # Only here: a role that mints nothing has no use for the machines.
        from machines.registry import machines
        from machines.states import Dispatch

        known = machines()
        dispatches = action in known and any(isinstance(state, Dispatch) for state in known[action].states)
        return mint(
            self.settings.issuer,
            subject=subject,
            tenant=self.tenant,
            action=action,
            requester=requester,
            expires=datetime.now(UTC) + LASTS,
            approvals=self.settings.approvals,
            delegates=known.keys() - {action} if dispatches else (),
        )
