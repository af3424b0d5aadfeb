from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict, TypeVar

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from leverframe.contracts import names
from leverframe.contracts.base import Contract
from leverframe.contracts.calling import CallRequest, CallResult, Previewed, PreviewRequest
from leverframe.contracts.decision import Judged, JudgeRequest
from leverframe.contracts.ledger import RecordRequest
from leverframe.contracts.policy import Retrieved, RetrieveRequest
from leverframe.contracts.proposal import Answer, ProposeRequest
from leverframe.contracts.verdict import Reply, ReplyRequest, Screened, ScreenRequest

Result = TypeVar("Result", bound=Contract)

UNREADABLE = "UnreadableAnswer"
"""Type of the error when a role's answer is not what its contract says."""
FAILED = (ActivityError, ApplicationError)
"""What is raised when a role cannot do what is asked of it, or its answer cannot be read."""


def cause(error: BaseException) -> str:
    """The innermost reason, for people: activity errors wrap what happened."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)


class Options(TypedDict, total=False):
    """The part of an activity's options that differs from role to role."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


# A killed worker is noticed when the attempt's time is over, so attempts are short; how often is not limited where an
# action would otherwise go on without its guard, its record or its reply.
PATIENT = Options(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)),
)
CALLING = Options(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(hours=1),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30)),
)
# A model on a plain machine takes seconds, a loaded one longer; the llm worker has its own, shorter time limit.
PROPOSING = Options(
    start_to_close_timeout=timedelta(seconds=180),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=500), backoff_coefficient=4, maximum_attempts=4),
)


@dataclass(frozen=True)
class Roles:
    """The other roles, as the workflow sees them: activities by name and contract, on the role's task queue."""

    prefix: str
    """Prefix of the task queues."""

    async def screen(self, request: ScreenRequest) -> Screened:
        return await self._run("guards", names.SCREEN, request, Screened, f"Screen the {request.kind}", PATIENT)

    async def reply(self, request: ReplyRequest) -> Reply:
        return await self._run("guards", names.REPLY, request, Reply, f"Write '{request.template}'", PATIENT)

    async def retrieve(self, request: RetrieveRequest) -> Retrieved:
        return await self._run("guards", names.RETRIEVE, request, Retrieved, "Find the policy's clauses", PATIENT)

    async def propose(self, request: ProposeRequest) -> Answer:
        return await self._run("llm", names.PROPOSE, request, Answer, "Ask the model for a proposal", PROPOSING)

    async def judge(self, request: JudgeRequest) -> Judged:
        return await self._run("approvals", names.JUDGE, request, Judged, f"Who sent '{request.choice}'?", PATIENT)

    async def preview(self, request: PreviewRequest) -> Previewed:
        tools = ", ".join(planned.tool for planned in request.calls)
        return await self._run("tools", names.PREVIEW, request, Previewed, f"Preview {tools}", CALLING)

    async def call(self, request: CallRequest) -> CallResult:
        return await self._run("tools", names.CALL, request, CallResult, request.planned.tool, CALLING)

    async def record(self, request: RecordRequest) -> None:
        await workflow.execute_activity(
            names.RECORD,
            request,
            task_queue=names.task_queue("tools", self.prefix),
            summary=f"Record {len(request.entries)} ledger entries",
            **PATIENT,
        )

    async def _run(
        self,
        role: names.Role,
        activity: str,
        request: Contract,
        result: type[Result],
        summary: str,
        options: Options,
    ) -> Result:
        raw = await workflow.execute_activity(
            activity,
            request,
            result_type=RawValue,
            task_queue=names.task_queue(role, self.prefix),
            summary=summary,
            **options,
        )
        # Read here and not by the SDK, whose failure to read would stop the workflow for good.
        try:
            return result.model_validate(workflow.payload_converter().from_payload(raw.payload))
        except Exception:
            # Without what it said: that is whatever a worker that was taken over likes.
            message = f"the {role} role answered '{activity}' with something that is no {result.__name__}"
            raise ApplicationError(message, type=UNREADABLE, non_retryable=True) from None
