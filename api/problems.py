"""Refusals as problem documents (RFC 9457): each says what was expected."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leverframe.errors import (
    ActionFailed,
    CapabilityExpired,
    CapabilityRefused,
    InvalidRequest,
    KeyServiceUnreachable,
    LeverframeError,
    NoAnswer,
    Refused,
    RequestConflict,
    ServerRefused,
    ServerUnreachable,
    Undecryptable,
    UnknownAction,
)

MEDIA_TYPE = "application/problem+json"
LATER = {"Retry-After": "5"}
BEARER = {"WWW-Authenticate": 'Bearer realm="leverframe"'}
STATUS: Mapping[type[LeverframeError], int] = {
    CapabilityExpired: 401,
    CapabilityRefused: 403,
    UnknownAction: 404,
    RequestConflict: 409,
    Refused: 409,
    ActionFailed: 410,
    Undecryptable: 410,
    InvalidRequest: 422,
    KeyServiceUnreachable: 503,
    ServerUnreachable: 503,
    ServerRefused: 503,
    NoAnswer: 503,
}
"""Of the first of these that an error is."""
UNTOLD = (ServerRefused, ServerUnreachable)
"""What they say is for whoever runs Leverframe."""
NOT_JSON = "Expected JSON in UTF-8, with Content-Type: application/json."
NOT_NOW = "Leverframe cannot be reached now. Try again in a while; a start with the same request id is one action."

log = logging.getLogger(__name__)


class Fault(BaseModel):
    """What is wrong with one member of a request."""

    where: str
    """Such as ``body.text``."""
    expected: str


class Problem(BaseModel):
    """A refusal."""

    type: str
    """``urn:problem-type:leverframe:…``: which kind of refusal, for programs."""
    title: str
    status: int
    detail: str
    """What was expected, for people."""
    faults: tuple[Fault, ...] = ()


class Refusal(Exception):
    """Raised where the API itself refuses."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def problem(
    status: int,
    detail: str,
    kind: str | None = None,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer; ``kind`` is by default named for the status."""
    phrase = HTTPStatus(status).phrase
    told = Problem(
        type=f"urn:problem-type:leverframe:{kind or phrase.lower().replace(' ', '-')}",
        title=phrase,
        status=status,
        detail=detail,
        faults=tuple(faults),
    )
    return Response(told.model_dump_json(), status, headers, MEDIA_TYPE)


def refused(request: Request, error: Exception) -> Response:
    """Of what the API itself refuses."""
    assert isinstance(error, Refusal)  # noqa: S101 - it is registered for it alone
    return problem(error.status, error.detail, headers=error.headers)


def of_the_sdk(request: Request, error: Exception) -> Response:
    """Of an error that the SDK raises."""
    kind = next((kind for kind in STATUS if isinstance(error, kind)), None)
    if kind is None:
        raise error
    status = STATUS[kind]
    detail = str(error).removeprefix("Refused: ").removesuffix(".") + "."
    if isinstance(error, UNTOLD):
        log.warning("Refused a request: %s", error)
        detail = NOT_NOW
    headers = {401: BEARER, 503: LATER}.get(status)
    return problem(status, detail, _kebab(kind.__name__), headers=headers)


def invalid(request: Request, error: Exception) -> Response:
    """Of a request that is not as the document describes it; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for it alone
    faults = [Fault(where=".".join(map(str, one["loc"])), expected=_expected(one)) for one in error.errors()]
    detail = "The request is not as /openapi.json describes it: " + "; ".join(
        f"{fault.where}: {fault.expected}" for fault in faults
    )
    return problem(422, detail, "invalid-request", faults)


def of_http(request: Request, error: Exception) -> Response:
    """Of what the framework refuses: paths and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for it alone
    if error.status_code == 400:
        return problem(422, NOT_JSON, "invalid-request")
    expected = {
        404: "There is nothing here. /openapi.json lists the paths.",
        405: f"Expected another method: {(error.headers or {}).get('allow', 'see /openapi.json')}.",
    }
    return problem(error.status_code, expected.get(error.status_code, str(error.detail)), headers=error.headers)


def _expected(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "json_invalid" or fault["loc"] == ("body",):
        return NOT_JSON
    return str(fault["msg"])


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
