"""A proxy in front of a payment provider that goes wrong in a chosen way, once or again and again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

Fault = Literal[
    "none",
    "timeout before",
    "timeout after",
    "500 before",
    "500 after",
    "429",
    "reset before",
    "reset after",
    "garbage",
    "other json",
    "half an answer",
    "409",
    "refused",
    "slow",
    "redirect",
    "huge",
    "doubled answer",
]
HANGS, SLOW = 60.0, 1.0
"""Seconds."""
HUGE = 64 * 1024 * 1024
"""Bytes of an answer that nobody should read to its end."""
REFUSAL = {"error": {"type": "invalid_request_error", "code": "charge_already_refunded", "message": "No more."}}
BUSY = {"error": {"type": "invalid_request_error", "code": "idempotency_key_in_use", "message": "In progress."}}
LATER = {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}}
BROKEN = {"error": {"type": "api_error", "message": "Something went wrong."}}


@dataclass
class Request:
    """One request that came by."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def refunds(self) -> bool:
        """Whether it makes a refund."""
        return self.line.startswith("POST /v1/refunds ")


@dataclass
class FaultyProxy:
    """Passes requests on to ``upstream``, but for the next ``times`` that make a refund."""

    upstream: int
    fault: Fault = "none"
    times: int = 0
    on_reads: bool = False
    """Whether the fault strikes reads instead."""
    edit: Callable[[Request, dict[str, Any]], object] | None = None
    """Changes an answer that is passed on: for what the upstream cannot say itself."""
    port: int = 0
    seen: list[Request] = field(default_factory=list)
    struck: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a fault strikes: when the provider has done what it was asked, if it is one of those after that."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Request]:
        """The requests for a refund."""
        return [request for request in self.seen if request.refunds]

    def goes_wrong(self, fault: Fault, times: int = 1, *, on_reads: bool = False) -> None:
        self.fault, self.times, self.on_reads = fault, times, on_reads

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                self.seen.append(request)
                answer = await self._answer(request)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: Request) -> bytes | None:
        """What is sent back; ``None`` for a reset."""
        strikes = self.times > 0 and request.refunds != self.on_reads
        fault: Fault = self.fault if strikes else "none"
        if strikes:
            self.times -= 1
            if fault.endswith("before"):
                self.struck.set()
        match fault:
            case "timeout before":
                await asyncio.sleep(HANGS)
                return None
            case "reset before":
                return None
            case "500 before":
                return _json(500, BROKEN)
            case "429":
                return _json(429, LATER, retry_after="7")
            case "redirect":
                return _http(307, b"", location=f"{self.url}/elsewhere")
            case "slow":
                await asyncio.sleep(SLOW)
            case "409":
                return _json(409, BUSY)
            case "refused":
                return _json(400, REFUSAL)
        answer = await _pass_on(self.upstream, request)
        if self.edit is not None:
            answer = self._edited(request, answer)
        if strikes:
            self.struck.set()
        match fault:
            case "timeout after":
                await asyncio.sleep(HANGS)
                return None
            case "reset after":
                return None
            case "500 after":
                return _json(500, BROKEN)
            case "garbage":
                return _http(200, b"<html>gateway</html>")
            case "other json":
                return _json(200, ["nothing", "of", "use"])
            case "half an answer":
                return answer[: len(answer) // 2]
            case "huge":
                return _http(200, b" " * HUGE)
            case "doubled answer":
                return answer + answer
        return answer

    def _edited(self, request: Request, answer: bytes) -> bytes:
        assert self.edit is not None
        head, _, body = answer.partition(b"\r\n\r\n")
        status, told = int(head.split()[1]), json.loads(body)
        self.edit(request, told)
        return _json(status, told)


@asynccontextmanager
async def faulty_proxy(upstream: int) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *rest = head.decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in rest)}
    return Request(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


async def _pass_on(port: int, request: Request) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    kept = {name: value for name, value in request.headers.items() if name not in ("connection", "accept-encoding")}
    lines = [request.line, *(f"{name}: {value}" for name, value in kept.items()), "connection: close", "", ""]
    writer.write("\r\n".join(lines).encode() + request.body)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer


def _json(status: int, content: object, **headers: str) -> bytes:
    return _http(status, json.dumps(content).encode(), **headers)


def _http(status: int, body: bytes, **headers: str) -> bytes:
    told = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Fault\r\n{fields}\r\n".encode() + body
