"""Model servers' scripts that choose from what the answer's schema offers, well or poorly."""

from typing import Any


def _propose(request: dict[str, Any], preferred: tuple[str, ...]) -> dict[str, Any]:
    schema = request["response_format"]["json_schema"]["schema"]
    options = schema["properties"]["proposal"]["anyOf"]
    offered = {option["properties"]["event"]["const"]: option["properties"] for option in options}
    event = next(event for event in preferred if event in offered)
    arguments = {name: _first(field) for name, field in offered[event].items() if name != "event"}
    return {"rationale": "As the schema offers.", "proposal": {"event": event, **arguments}}


def _first(field: dict[str, Any]) -> Any:
    if "items" in field:
        return [next(wish for wish in field["items"]["enum"] if wish.endswith(" order_cancellation"))]
    return field["const"] if "const" in field else field["enum"][0]


def careful(request: dict[str, Any]) -> dict[str, Any]:
    """Cancels the one order in question, declines where policy does, asks where several orders could be meant."""
    return _propose(request, ("cancel", "dispatch", "decline", "ask", "hand_over"))


def poor(request: dict[str, Any]) -> dict[str, Any]:
    """Gives up on everything."""
    return _propose(request, ("hand_over",))
