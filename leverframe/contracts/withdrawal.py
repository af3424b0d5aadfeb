from pydantic import Field

from leverframe.contracts.base import ActionName, Capability, Contract, Told


class Through(Contract):
    """An approved call of another action that withdraws all others of its user (:data:`names.WITHDRAW_OTHERS`)."""

    action_id: str
    action: ActionName
    plan: str
    """Digest of the approved plan."""


class Withdrawal(Contract):
    """What whoever withdraws an action sends: only its capability says that they may."""

    capability: Capability = Field(repr=False)
    """For this action and its user; or that of the call that withdraws it."""
    through: Through | None = None


class WithdrawalRequest(Contract):
    """Ask the approvals role whether a withdrawal counts, and whose it is."""

    action_id: str
    capability: Capability = Field(repr=False)
    """Of the action that is to be withdrawn."""
    case_of: ActionName | None = None
    """Where it is the case about the action: what kind of action that is."""
    sent: Withdrawal


class Withdrawable(Told):
    """Whether the withdrawal counts."""

    accepted: bool
    reason: str = ""
    """Why not, in plain words."""
    by: str = ""
    """Who withdraws: the requester whom the issuer has named in the capability."""
