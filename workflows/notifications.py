import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

from leverframe.contracts import entries, names
from leverframe.contracts.notification import PEOPLES, NotificationType, NotifyRequest, not_usual
from workflows.journal import Journal
from workflows.roles import FAILED, Roles, cause, news

LAST = timedelta(minutes=10)
"""How long the delivery of what has expired is tried; the action ends no later for it."""


class Deliveries:
    """Messages to the business's webhook that are under way. They are nobody's affair but the receiver's: none delays
    what the action does, and none that fails changes it.
    """

    def __init__(self, roles: Roles, journal: Journal) -> None:
        self._roles = roles
        self._journal = journal
        self._of_this_wait: list[asyncio.Task[None]] = []
        self._last: list[asyncio.Task[None]] = []
        self._apart: list[asyncio.Task[None]] = []

    def send(self, request: NotifyRequest, until: datetime) -> None:
        """Start to deliver a message about the wait that is on; it is tried until then, while that wait lasts."""
        if _wanted(request.type):
            self._of_this_wait.append(asyncio.create_task(self._deliver(request, until)))

    def send_last(self, request: NotifyRequest) -> None:
        """Start to deliver a message that is still true when the wait is over."""
        if _wanted(request.type):
            self._last.append(asyncio.create_task(self._deliver(request, workflow.now() + LAST)))

    def send_apart(self, request: NotifyRequest) -> None:
        """Have it delivered by a workflow of its own, which goes on when this one has ended."""
        if _wanted(request.type):
            self._apart.append(asyncio.create_task(_start_telling(request)))

    async def settle_apart(self) -> None:
        """Wait until the server has taken it on."""
        for beginning in self._apart:
            await beginning

    def drop(self) -> None:
        """Give up what is under way about a wait that is over: it is not true any more."""
        for delivery in self._of_this_wait:
            delivery.cancel()
        self._of_this_wait.clear()

    async def settle(self) -> None:
        """Wait until the last messages are delivered or given up."""
        for delivery in self._last:
            await delivery

    async def _deliver(self, request: NotifyRequest, until: datetime) -> None:
        patience = until - workflow.now()
        if patience <= timedelta(0):
            return  # The workflow was held up for longer than the wait lasts.
        try:
            await self._roles.notify(request, patience)
        except FAILED as error:
            if not is_cancelled_exception(error):
                what = f"Nobody could be told by a notification: {news(request)}"
                self._journal.add("notifications", entries.Troubled(what=what, cause=cause(error)))


def _wanted(kind: NotificationType) -> bool:
    """Whether that is told here: what nobody wants to hear costs nothing."""
    return workflow.patched(not_usual(kind)) != (kind in PEOPLES)


async def _start_telling(request: NotifyRequest) -> None:
    run_id = workflow.info().run_id
    await workflow.start_child_workflow(
        names.TELL,
        request.model_copy(update={"at": workflow.now()}),
        # No action's id: it may go on when the key of an erased person is no more.
        id=f"{request.type}-{run_id}",
        parent_close_policy=ParentClosePolicy.ABANDON,
        static_summary=f"Tells the webhook of {workflow.info().workflow_id}: {request.type}",
    )
