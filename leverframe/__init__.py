"""Leverframe: let a language model pull only the levers that a state machine has unlocked.

This package is what a business service installs: start actions, wait for outcomes, answer and decide.
"""

from leverframe.client import Leverframe, Pending
from leverframe.contracts.decision import Receipt
from leverframe.contracts.plan import Plan
from leverframe.contracts.status import Outcome, Status
from leverframe.errors import (
    ActionFailed,
    InvalidRequest,
    LeverframeError,
    Refused,
    RequestConflict,
    UnknownAction,
)

__all__ = [
    "ActionFailed",
    "InvalidRequest",
    "Leverframe",
    "LeverframeError",
    "Outcome",
    "Pending",
    "Plan",
    "Receipt",
    "Refused",
    "RequestConflict",
    "Status",
    "UnknownAction",
]
