from pydantic import Field

from leverframe.contracts.base import Capability, Contract


class AdmitRequest(Contract):
    """Ask the tools role whether an action may begin, of a tenant that bounds how much its users ask for."""

    action_id: str
    capability: Capability = Field(repr=False)
    """Narrowed to recording."""


class Admitted(Contract):
    """Whether it may."""

    refusal: str = ""
    """Why not, in words for the user; empty when it may."""
