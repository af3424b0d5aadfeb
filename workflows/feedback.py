"""What a user thinks of an action that has ended: screened, and into the action's ledger."""

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from leverframe.capability_uses import feedback_id
from leverframe.codec import is_sealed
from leverframe.contracts import entries, names
from leverframe.contracts.feedback import MOST_FEEDBACK, Feedback, FeedbackRequest
from leverframe.errors import Undecryptable
from machines.registry import machine_for
from workflows.carried_capability import Carried
from workflows.journal import Journal
from workflows.roles import Roles
from workflows.turns import turn
from workflows.users_words import readable


@workflow.defn(name=names.FEEDBACK)
class FeedbackWorkflow:
    """Its input is one ``FeedbackRequest``; it ends at once."""

    @workflow.run
    async def run(self, raw: RawValue) -> Feedback:
        """Record it.

        Raises:
            ApplicationError: not retryable, when the input is no feedback.
        """
        request, carried, roles = _begin(raw)
        number = workflow.info().workflow_id.rpartition("/")[2]
        journal = Journal(carried, roles, f"feedback@{number}", request.action)
        text = ""
        if request.text:
            about = (request.action_id, request.action)
            text = await readable(roles, journal, about, request.text, {}, workflow.now())
        journal.add("workflows", entries.FeedbackEntry(thumb=request.thumb, text=text))
        await journal.flush()
        return Feedback(thumb=request.thumb, text=text, at=workflow.now())


def _begin(raw: RawValue) -> tuple[FeedbackRequest, Carried, Roles]:
    if is_sealed(raw.payload):
        raise Undecryptable("what the feedback was started with cannot be opened here")
    try:
        request = FeedbackRequest.model_validate(
            workflow.payload_converter().from_payload(raw.payload, FeedbackRequest)
        )
        carried = Carried(request.action_id, request.capability, request.issuer_key)
        priority = turn(carried, machine_for(request.action))
        places = [feedback_id(request.action_id, number) for number in range(1, MOST_FEEDBACK + 1)]
        if workflow.info().workflow_id not in places:
            raise ValueError(f"its id must be one of {', '.join(places)}")
    except Exception as error:
        told = f"expected one FeedbackRequest: {error}"
        raise ApplicationError(told, type="InvalidRequest", non_retryable=True) from None
    return request, carried, Roles.here(priority)
