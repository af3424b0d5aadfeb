"""Capabilities are for workers: whoever reads payloads in the Temporal UI sees that there was one, not the token."""

import json

from pydantic import JsonValue
from temporalio.api.common.v1 import Payload

FIELDS = ("capability", "approved")
"""Where the contracts carry a token (:data:`leverframe.contracts.base.Capability`)."""
SHOWN = "(a capability, withheld)"
UNREADABLE = Payload(
    metadata={"encoding": b"json/plain"}, data=b'"(unreadable: nested too deep, or with too long a number)"'
)
"""Instead of one that a browser might read, so that nobody knows whether it holds a capability."""


def withhold(payload: Payload) -> Payload:
    """The payload as people may see it; what is no JSON, or holds no capability, stays as it is.

    :data:`UNREADABLE` for JSON that is nested too deep, or has too long a number.
    """
    if payload.metadata.get("encoding") != b"json/plain":
        return payload
    try:
        value = json.loads(payload.data)
        shown = _without(value)
        return payload if shown == value else Payload(metadata=payload.metadata, data=json.dumps(shown).encode())
    except (json.JSONDecodeError, UnicodeDecodeError):
        return payload
    except (RecursionError, ValueError):
        return UNREADABLE


def _without(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_without(item) for item in value]
    if isinstance(value, dict):
        return {
            name: SHOWN if name in FIELDS and isinstance(item, str) else _without(item) for name, item in value.items()
        }
    return value
