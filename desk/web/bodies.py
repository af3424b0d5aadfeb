"""What a page's script sends."""

import json

from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import Request


async def json_of(request: Request) -> dict[str, JsonValue]:
    """The request's JSON object; raises HTTPException 400."""
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise HTTPException(400, "Expected a JSON object, as the desk's own pages send it.")
    return found
