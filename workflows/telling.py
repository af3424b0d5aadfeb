"""Telling the webhook that an action was started or has ended, which the action itself does not wait for."""

from datetime import timedelta

from temporalio import workflow

from leverframe.contracts import names
from leverframe.contracts.notification import NotifyRequest
from workflows.roles import Roles

PATIENCE = timedelta(days=1)


@workflow.defn(name=names.TELL)
class TellWorkflow:
    """Started by the action that it tells of; which one that is, the Temporal server says."""

    @workflow.run
    async def run(self, request: NotifyRequest) -> None:
        """Try until it is taken, for :data:`PATIENCE`; then it fails, which the Temporal UI shows."""
        await Roles.here().notify(request, PATIENCE)
