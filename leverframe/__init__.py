"""Leverframe: let a language model pull only the levers that a state machine has unlocked.

This package is what a business service installs: start actions, wait for outcomes, answer and decide.
"""

from leverframe.client import Leverframe
from leverframe.contracts.decision import Decision, Receipt
from leverframe.contracts.notification import Notification
from leverframe.contracts.plan import Plan
from leverframe.contracts.status import Outcome, Status
from leverframe.decision_signature import sign_decision
from leverframe.digest import plan_digest
from leverframe.errors import (
    ActionFailed,
    CapabilityRefused,
    InvalidKeys,
    InvalidRequest,
    KeyDestroyed,
    KeyServiceUnreachable,
    LeverframeError,
    NoAnswer,
    NotificationRefused,
    Refused,
    RequestConflict,
    ServerRefused,
    ServerUnreachable,
    UnknownAction,
)
from leverframe.notification_signature import verify_notification
from leverframe.pending import Pending
from leverframe.watching import Until

__all__ = [
    "ActionFailed",
    "CapabilityRefused",
    "Decision",
    "InvalidKeys",
    "InvalidRequest",
    "KeyDestroyed",
    "KeyServiceUnreachable",
    "Leverframe",
    "LeverframeError",
    "NoAnswer",
    "Notification",
    "NotificationRefused",
    "Outcome",
    "Pending",
    "Plan",
    "Receipt",
    "Refused",
    "RequestConflict",
    "ServerRefused",
    "ServerUnreachable",
    "Status",
    "UnknownAction",
    "Until",
    "plan_digest",
    "sign_decision",
    "verify_notification",
]
