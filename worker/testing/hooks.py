"""What a test does in between: just before a tool or another activity runs."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from leverframe.contracts.calling import CallRequest

Hook = Callable[[], Awaitable[object]]


class Hooks(Interceptor, ClientInterceptor):
    """Lets a test do something just before a tool or another activity runs, once."""

    def __init__(self) -> None:
        self.before: dict[str, Hook] = {}

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Hooked(next, self.before)


class _Hooked(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, before: dict[str, Hook]) -> None:
        super().__init__(next)
        self._before = before

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        for what in running(input):
            if hook := self._before.pop(what, None):
                await hook()
        return await self.next.execute_activity(input)


def running(input: ExecuteActivityInput) -> tuple[str, ...]:
    """What runs: the tools of the calls, else the activity."""
    request = input.args[0]
    return tuple(call.tool for call in request.calls) if isinstance(request, CallRequest) else (input.fn.__name__,)
