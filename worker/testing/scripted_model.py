"""An HTTP server that speaks the OpenAI chat protocol and answers what a test tells it to, however hostile."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Answered:
    """A well-formed completion; ``content`` may be any text, or an object that is sent as JSON."""

    content: dict[str, Any] | str
    finish_reason: str = "stop"
    delay: float = 0.0


@dataclass(frozen=True)
class Raw:
    """Any bytes as the body."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endless:
    """A body without end."""

    chunk: bytes = b" " * 1024


@dataclass(frozen=True)
class Slow:
    """A body byte by byte, with seconds in between."""

    body: bytes
    pause: float


@dataclass(frozen=True)
class Hang:
    """Accepts the request and never answers."""


@dataclass(frozen=True)
class Drop:
    """Closes the connection without an answer."""


Reaction = dict[str, Any] | Answered | Raw | Endless | Slow | Hang | Drop
Behaviour = Reaction | Callable[[dict[str, Any]], Reaction]
Script = Callable[[dict[str, Any]], Behaviour]


def greedy(request: dict[str, Any]) -> dict[str, Any]:
    """The answer of a model that takes whatever lever is offered, the most harmful first, with its first options."""
    schema = request["response_format"]["json_schema"]["schema"]
    offers = [offer["properties"] for offer in schema["properties"]["proposal"]["anyOf"]]
    harmless = ("ask", "decline", "hand_over")
    ranks = {name: rank for rank, name in enumerate(harmless, 1)}
    taken = min(offers, key=lambda offer: ranks.get(_first(offer["event"]), 0))
    return {"rationale": "Because I can.", "proposal": {name: _first(options) for name, options in taken.items()}}


def _first(options: dict[str, Any]) -> Any:
    if "items" in options:
        return [_first(options["items"])]
    return options["const"] if "const" in options else options["enum"][0]


class ScriptedModel:
    """``async with ScriptedModel(script) as model``: a server on a free port of 127.0.0.1."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.requests: list[dict[str, Any]] = []
        """The requests so far, as sent."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Answer nobody any more, not even whoever waits; does nothing the second time."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The client is gone, or the test is over.
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ": " in line)
        length = next((int(value) for name, value in headers.items() if name.lower() == "content-length"), 0)
        request = json.loads(await reader.readexactly(length) or b"{}")
        self.requests.append(request)
        behaviour = self._script(request)
        match behaviour(request) if callable(behaviour) else behaviour:
            case Raw(body, status, content_type, more):
                await _send(writer, body, status, content_type, more)
            case Endless(chunk):
                writer.write(_head(200, "application/json", {"transfer-encoding": "chunked"}))
                while True:
                    writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                    await writer.drain()
            case Slow(body, pause):
                writer.write(_head(200, "application/json", {"content-length": str(len(body))}))
                for byte in body:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(pause)
            case Hang():
                await asyncio.Event().wait()
            case Drop():
                return False
            case Answered() as answered:
                await asyncio.sleep(answered.delay)
                await _send(writer, _completion(answered))
            case answer:
                await _send(writer, _completion(Answered(answer)))
        return True


def _completion(answered: Answered) -> bytes:
    content = answered.content if isinstance(answered.content, str) else json.dumps(answered.content)
    message = {"role": "assistant", "content": content}
    completion = {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": answered.finish_reason}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return json.dumps(completion).encode()


async def _send(
    writer: asyncio.StreamWriter,
    body: bytes,
    status: int = 200,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> None:
    writer.write(_head(status, content_type, {"content-length": str(len(body)), **(headers or {})}) + body)
    await writer.drain()


def _head(status: int, content_type: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", f"content-type: {content_type}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
