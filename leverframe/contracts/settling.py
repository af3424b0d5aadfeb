"""A person's word on what became of a request, from a case to the ledger."""

from pydantic import Field

from leverframe.contracts.base import ActionName, Capability, Contract
from leverframe.contracts.entries import Settled


class SettleRequest(Contract):
    """Ask the tools role to record what a person has found at a system outside."""

    action_id: str
    """Of the action that the case is about."""
    case_of: ActionName
    """Which action that is."""
    capability: Capability = Field(repr=False)
    """Narrowed to recording exactly this, with the approvals role's signature that the person has said it."""
    settled: Settled
    mark: str
    """Unique within the action, so that recording twice writes once."""


class SettleResult(Contract):
    """Whether it was recorded."""

    refusal: str = ""
    """Why not, in words for the person."""
