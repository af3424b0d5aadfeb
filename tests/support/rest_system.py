"""A small REST system to test against: a real HTTP server that keeps resources, counts what it has done, and goes wrong
in whatever way it is told to.

``GET /contracts/C-1`` reads, with an ``ETag``; ``GET /contracts?marker=x`` lists those in which a field says ``x``;
``PATCH /contracts/C-1`` changes fields, ``POST /contracts`` makes one, ``POST /contracts/C-1/letters`` makes one of it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from aiohttp import web

Fault = Literal[
    "none", "slow", "timeout before", "timeout after", "reset before", "reset after", "half an answer",
    "500 before", "500 after", "503", "429", "409", "412", "refused", "401",
    "garbage", "other json", "redirect", "huge", "other id", "endless", "deep", "compressed", "cookie",
    "doubled request", "doubled answer",
]  # fmt: skip
"""``after``: it does what it is asked, and the answer is lost. So it is with those that answer something of no use:
``half an answer``, ``garbage``, ``other json``, ``huge``, ``other id``, ``endless``, ``deep`` and ``compressed``."""
STATUSES: Mapping[Fault, int] = {"500 before": 500, "503": 503, "429": 429, "409": 409, "412": 412, "401": 401}
HANGS, SLOW = 60.0, 1.0
"""Seconds."""
HUGE = 64 * 1024 * 1024
"""Bytes of an answer that nobody should read to its end."""
SERVICE = "service"
"""The token of a service account, which sees what belongs to anybody; any other token is its user's id."""
Fields = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request that came by."""

    method: str
    path: str
    headers: dict[str, str]
    body: Fields

    @property
    def writes(self) -> bool:
        return self.method != "GET"


@dataclass
class RestSystem:
    """The system, seen by whoever looks at it from outside Leverframe."""

    knows_keys: bool = True
    """Whether a second request with one ``Idempotency-Key`` gets the first one's answer, and does nothing."""
    knows_versions: bool = True
    """Whether ``If-Match``, and a ``version`` that is sent, are looked at."""
    resources: dict[str, Fields] = field(default_factory=dict)
    """By path, as in ``/contracts/C-1``."""
    effects: list[Request] = field(default_factory=list)
    """What it has done: what tests count."""
    requests: list[Request] = field(default_factory=list)
    retry_after: str = "1"
    before_writing: Callable[[], object] | None = None
    """What somebody else does, once, just before the next request that changes something is looked at."""
    struck: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a fault strikes: when it has done what it was asked, if it is one of those after that."""
    port: int = 0
    _faults: list[Fault] = field(default_factory=list)
    _on_reads: bool = False
    _first: dict[str, web.Response] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Request]:
        """The requests to change something."""
        return [request for request in self.requests if request.writes]

    def has(self, path: str, owner: str, **fields: Any) -> str:
        """Let there be a resource; returns its path."""
        self.resources[path] = {"id": path.rpartition("/")[2], "owner": owner, "version": 1, **fields}
        return path

    def goes_wrong(self, *faults: Fault, on_reads: bool = False) -> None:
        """One fault after the other, for the next requests that change something, or for the next reads."""
        self._faults, self._on_reads = list(faults), on_reads
        self.struck.clear()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text() or "{}")
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Request(request.method, request.path, headers, body)
        self.requests.append(seen)
        if seen.writes and self.before_writing is not None:
            self.before_writing()
            self.before_writing = None
        strikes = bool(self._faults) and seen.writes != self._on_reads
        fault = self._faults.pop(0) if strikes else "none"
        if strikes and (fault == "slow" or fault.endswith("before")):
            self.struck.set()
        match fault:
            case "slow":
                await asyncio.sleep(SLOW)
            case "timeout before":
                await asyncio.sleep(HANGS)
            case "reset before":
                return _cut(request)
            case "refused":
                return web.json_response({"error": "not allowed", "reason": "No more."}, status=422)
            case "redirect":
                return web.Response(status=307, headers={"Location": f"{self.url}/elsewhere"})
        if fault in STATUSES:
            return web.json_response(
                {"error": fault}, status=STATUSES[fault], headers={"Retry-After": self.retry_after}
            )
        if fault == "doubled request":
            self._answer(seen, request.query.get("marker"))
        answer = self._answer(seen, request.query.get("marker"))
        if strikes:
            self.struck.set()
        return await self._lost(request, fault, answer)

    async def _lost(self, request: web.Request, fault: Fault, answer: web.Response) -> web.StreamResponse:
        match fault:
            case "timeout after":
                await asyncio.sleep(HANGS)
            case "reset after":
                return _cut(request)
            case "500 after":
                return web.json_response({"error": "something went wrong"}, status=500)
            case "garbage":
                return web.Response(text="<html>gateway</html>", content_type="text/html")
            case "other json":
                return web.json_response(["nothing", "of", "use"])
            case "huge":
                return web.Response(body=b'{"filling": "' + b"x" * HUGE + b'"}', content_type="application/json")
            case "other id":
                return web.json_response(json.loads(answer.text or "{}") | {"id": "somebody-elses"})
            case "endless":
                without_end = web.StreamResponse(headers={"Content-Type": "application/json"})
                await without_end.prepare(request)
                with suppress(ConnectionError):
                    while True:
                        await without_end.write(b" " * 65536)
            case "deep":
                return web.Response(text="[" * 100_000, content_type="application/json")
            case "compressed":
                answer.enable_compression(web.ContentCoding.gzip)
            case "cookie":
                answer.set_cookie("session", "somebody's")
            case "doubled answer":
                again = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n"
                asyncio.get_running_loop().call_later(0.02, _write, request, again + b'{"id": "somebodys"}')
            case "half an answer":
                half = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
                await half.prepare(request)
                await half.write(b'{"id": "')
                return _cut(request)
        return answer

    def _answer(self, asked: Request, marker: str | None) -> web.Response:
        who = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not who:
            return web.json_response({"error": "who are you?"}, status=401)
        if not asked.writes and marker is not None:
            found = [
                one for path, one in self.resources.items() if path.startswith(f"{asked.path}/") and _may(who, one)
            ]
            return web.json_response({"found": [one for one in found if marker in map(str, one.values())]})
        key = asked.headers.get("idempotency-key", "") if self.knows_keys and asked.writes else ""
        if key and key in self._first:
            return _again(self._first[key])
        answer = self._done(asked, who)
        if key and answer.status < 400:
            self._first[key] = answer
        return _again(answer)

    def _done(self, asked: Request, who: str) -> web.Response:
        kind, of = asked.path, ""
        if asked.path.count("/") > 1:
            of = "/".join(asked.path.split("/")[:3])
            there = self.resources.get(of)
            if there is None or not _may(who, there):
                return web.json_response({"error": "there is none"}, status=404)
            wanted = asked.headers.get("if-match")
            if self.knows_versions and wanted is not None and wanted != _etag(there):
                return web.json_response({"error": "it has changed"}, status=412)
        if asked.method == "POST":
            number = 1 + sum(path.startswith(f"{kind}/") for path in self.resources)
            path = f"{kind}/{number}"
            owner = self.resources[of]["owner"] if of else asked.body.get("owner", who)
            self.has(path, owner, **{name: value for name, value in asked.body.items() if name != "owner"})
        else:
            path = asked.path
        found = self.resources.get(path)
        if found is None:
            return web.json_response({"error": "there is none"}, status=404)
        if (
            self.knows_versions
            and asked.method == "PATCH"
            and asked.body.get("version", found["version"]) != found["version"]
        ):
            return web.json_response({"error": "it has changed"}, status=409)
        if asked.method == "DELETE":
            del self.resources[path]
        if asked.method == "PATCH":
            found.update(asked.body, version=found["version"] + 1)
        if asked.writes:
            self.effects.append(asked)
        return web.json_response(found, headers={"ETag": _etag(found)}, status=201 if asked.method == "POST" else 200)


def _may(who: str, resource: Fields) -> bool:
    return who in (SERVICE, resource["owner"])


def _etag(resource: Fields) -> str:
    return f'"{resource["version"]}"'


def _again(answer: web.Response) -> web.Response:
    """A response can be sent once."""
    headers = {"ETag": answer.headers["ETag"]} if "ETag" in answer.headers else {}
    return web.json_response(text=answer.text, status=answer.status, headers=headers)


def _write(request: web.Request, content: bytes) -> None:
    if request.transport is not None:
        request.transport.write(content)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@asynccontextmanager
async def rest_system() -> AsyncIterator[RestSystem]:
    """The system on a port of its own, in this process: it outlives workers that are killed."""
    system = RestSystem()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", system.serve)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    system.port = runner.addresses[0][1]
    try:
        yield system
    finally:
        await runner.cleanup()


@pytest.fixture
async def rest() -> AsyncIterator[RestSystem]:
    async with rest_system() as system:
        yield system
