"""Model servers' scripts that choose from what the answer's schema offers, well or poorly."""

from typing import Any


def _offered(request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    schema = request["response_format"]["json_schema"]["schema"]
    options = schema["properties"]["proposal"]["anyOf"]
    return {option["properties"]["event"]["const"]: option["properties"] for option in options}


def _choices(field: dict[str, Any]) -> list[str]:
    return field["enum"] if "enum" in field else [field["const"]]


def _proposal(event: str, fields: dict[str, Any]) -> dict[str, Any]:
    arguments = {name: _choices(field)[0] for name, field in fields.items() if name != "event"}
    return {"rationale": "As the schema offers.", "proposal": {"event": event, **arguments}}


def careful(request: dict[str, Any]) -> dict[str, Any]:
    """Cancels the one order in question, asks which when there are several, and declines when there is none."""
    offered = _offered(request)
    orders = _choices(offered["cancel"]["order_id"]) if "cancel" in offered else []
    event = {0: "decline", 1: "cancel"}.get(len(orders), "ask")
    return _proposal(event, offered[event])


def reckless(request: dict[str, Any]) -> dict[str, Any]:
    """Cancels whatever can be cancelled."""
    offered = _offered(request)
    event = "cancel" if "cancel" in offered else "decline"
    return _proposal(event, offered[event])
