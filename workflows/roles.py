from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict, TypeVar

from temporalio import workflow
from temporalio.common import Priority, RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutError

from leverframe.call_timeouts import MARGIN, TRIED, attempt
from leverframe.codec import is_sealed
from leverframe.contracts import names
from leverframe.contracts.admission import AdmitRequest, Admitted
from leverframe.contracts.base import Contract
from leverframe.contracts.calling import CallRequest, CallResult, Previewed, PreviewRequest
from leverframe.contracts.case import CaseJudgeRequest
from leverframe.contracts.decision import Judged, JudgeRequest
from leverframe.contracts.ledger import RecordRequest
from leverframe.contracts.notification import NotifyRequest
from leverframe.contracts.policy import Retrieved, RetrieveRequest
from leverframe.contracts.proposal import Account, Answer, ProposeRequest
from leverframe.contracts.settling import SettleRequest, SettleResult
from leverframe.contracts.verdict import Reply, ReplyRequest, Screened, ScreenRequest
from leverframe.contracts.withdrawal import Withdrawable, WithdrawalRequest
from leverframe.errors import Undecryptable
from leverframe.naming import words
from leverframe.plan_size import MOST_CHANGES, changes_of
from leverframe.reasons import NO_ANSWER, reason, reason_of
from workflows.wording import clip, previewing, screening

Result = TypeVar("Result", bound=Contract)

UNREADABLE = "UnreadableAnswer"
"""Type of the error when a role's answer is not what its contract says."""
MALFORMED = "MalformedAnswer"
"""Type of the error when the model has answered something that cannot be read."""
NOT_ASKED = ("ModelRefused", "ModelUnavailable")
"""Types of errors of which it follows that the model itself said nothing."""
MOST_ACCOUNTS = 100
FAILED = (ActivityError, ApplicationError)
"""What is raised when a role cannot do what is asked of it, or its answer cannot be read."""


def cause(error: BaseException) -> str:
    """What the innermost error says, for whoever runs Leverframe: activity errors wrap what happened."""
    error = _innermost(error)
    kind = error.type if isinstance(error, ApplicationError) else type(error).__name__
    return f"{kind}: {error}" if kind else str(error)


def why(error: BaseException) -> str:
    """The innermost reason, in words that go on after a colon."""
    if timed_out(error):
        return NO_ANSWER
    kind = kind_of(error)
    return reason(kind) if kind else reason_of(_innermost(error))


def _innermost(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def kind_of(error: BaseException) -> str | None:
    """The type of the innermost error, as its activity has named it."""
    error = _innermost(error)
    return error.type if isinstance(error, ApplicationError) else None


def accounts_of(error: BaseException) -> tuple[Account, ...]:
    """What attempts have cost that came to nothing, as the llm role has told; what is no account is left out."""
    innermost, told = _innermost(error), []
    if isinstance(innermost, ApplicationError):
        told = list(innermost.details)
    elif isinstance(innermost, TimeoutError):
        told = list(innermost.last_heartbeat_details)
    found = []
    for one in told[:MOST_ACCOUNTS]:
        try:
            found.append(Account.model_validate(one))
        except ValueError:
            continue
    return tuple(found)


def timed_out(error: BaseException) -> bool:
    """Whether nothing more is known than that its time was over."""
    return isinstance(_innermost(error), TimeoutError)


def tried_in_vain(error: BaseException) -> bool:
    """Whether it was tried until its time was over, so that an earlier try may have done something."""
    return isinstance(error, ActivityError) and (timed_out(error) or error.retry_state == RetryState.TIMEOUT)


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
JUDGING, PER_DECISION = timedelta(seconds=10), timedelta(milliseconds=100)
"""How long one attempt at judging may take, and what comes on top for each more decision."""
# How long one attempt may take follows from the plan (:func:`_calling`).
CALLING = Options(
    heartbeat_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=TRIED,
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30)),
)
AHEAD = Options(
    heartbeat_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(maximum_attempts=1),
)
# A receiver may be down for hours; each attempt ends long before this, unless its worker was killed.
NOTIFYING = Options(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
)
# A model on a plain machine takes seconds, a loaded one longer; the llm worker has its own, shorter time limit. For how
# long one that is away is tried is the machine's to say. Answers that cannot be read are counted, and not waited for.
PROPOSING = Options(
    start_to_close_timeout=timedelta(seconds=180),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500),
        maximum_interval=timedelta(seconds=30),
        non_retryable_error_types=[MALFORMED],
    ),
)


@dataclass(frozen=True)
class Roles:
    """The other roles, as the workflow sees them: activities by name and contract, on the role's task queue."""

    prefix: str
    """Prefix of the task queues."""
    priority: Priority = Priority.default
    """Whose turn each step takes, and how soon."""

    @classmethod
    def here(cls, priority: Priority = Priority.default) -> "Roles":
        """Those beside the workflows' own task queue, on which this workflow runs."""
        return cls(workflow.info().task_queue.removesuffix(f"-{names.ROLES[0]}"), priority)

    async def screen(self, request: ScreenRequest) -> Screened:
        return await self._run("guards", names.SCREEN, request, Screened, screening(request), PATIENT)

    async def reply(self, request: ReplyRequest) -> Reply:
        summary = f"Write to the user: {request.template.replace('_', ' ')}"
        return await self._run("guards", names.REPLY, request, Reply, summary, PATIENT)

    async def retrieve(self, request: RetrieveRequest) -> Retrieved:
        return await self._run("guards", names.RETRIEVE, request, Retrieved, "Find the policy's clauses", PATIENT)

    async def propose(self, request: ProposeRequest, patience: timedelta) -> Answer:
        """Ask the model, and try for that long if it is away."""
        if patience <= timedelta(0):
            # Temporal takes that for no limit at all.
            raise ApplicationError("there is no time left to ask it", type="ModelUnavailable", non_retryable=True)
        options: Options = {**PROPOSING, "schedule_to_close_timeout": patience}
        return await self._run("llm", names.PROPOSE, request, Answer, "Ask the model what to do", options)

    async def judge(self, request: JudgeRequest) -> Judged:
        summary = f"Find out who sent '{request.choice}', and whether they may"
        options: Options = {**PATIENT, "start_to_close_timeout": JUDGING + len(request.others) * PER_DECISION}
        return await self._run("approvals", names.JUDGE, request, Judged, summary, options)

    async def judge_case(self, request: CaseJudgeRequest) -> Judged:
        summary = f"Find out who sent '{request.choice}', and whether they may"
        return await self._run("approvals", names.JUDGE_CASE, request, Judged, summary, PATIENT)

    async def settle(self, request: SettleRequest) -> SettleResult:
        summary = "Write what a person has found at a system outside"
        return await self._run("tools", names.SETTLE, request, SettleResult, summary, PATIENT)

    async def withdrawal(self, request: WithdrawalRequest) -> Withdrawable:
        summary = "Find out who withdraws, and whether they may"
        return await self._run("approvals", names.WITHDRAWAL, request, Withdrawable, summary, PATIENT)

    async def preview(self, request: PreviewRequest) -> Previewed:
        summary = previewing(planned.tool for planned in request.calls)
        return await self._run("tools", names.PREVIEW, request, Previewed, summary, _calling(MOST_CHANGES))

    async def call(self, request: CallRequest, summary: str) -> CallResult:
        """Have a tool do a call; ``summary`` says in words what it does."""
        changes = changes_of(request.approved)
        return await self._run("tools", names.CALL, request, CallResult, summary, _calling(changes))

    async def admit(self, request: AdmitRequest) -> Admitted:
        summary = "Count what its user asks for"
        return await self._run("tools", names.ADMIT, request, Admitted, summary, PATIENT)

    async def call_ahead(self, request: CallRequest, summary: str) -> CallResult:
        """Have a read run that may come to nothing: what hinders it is met once it is due."""
        return await self._run("tools", names.CALL, request, CallResult, summary, AHEAD)

    async def record(self, request: RecordRequest) -> None:
        await workflow.execute_activity(
            names.RECORD,
            request,
            task_queue=names.task_queue("tools", self.prefix),
            summary=f"Write {len(request.entries)} entries into the ledger",
            priority=self.priority,
            **PATIENT,
        )

    async def notify(self, request: NotifyRequest, patience: timedelta) -> None:
        """Deliver a message to the webhook, trying for that long (more than zero)."""
        options: Options = {**NOTIFYING, "schedule_to_close_timeout": patience}
        await workflow.execute_activity(
            names.NOTIFY,
            request,
            # Whatever it answers is not looked at.
            result_type=RawValue,
            task_queue=names.task_queue("notifications", self.prefix),
            summary=clip(f"Tell the webhook that {news(request)}"),
            priority=self.priority,
            **options,
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
            summary=clip(summary),
            priority=self.priority,
            **options,
        )
        if is_sealed(raw.payload):
            # The roles write what this worker can open once it is given their keys: that is waited for.
            raise Undecryptable(f"what the {role} role answered '{activity}' cannot be opened here")
        # Read here and not by the SDK, whose failure to read would stop the workflow for good.
        try:
            return result.model_validate(workflow.payload_converter().from_payload(raw.payload))
        except Exception:
            # Without what it said: that is whatever a worker that was taken over likes.
            message = f"the {role} role answered '{activity}' with something that is no {result.__name__}"
            raise ApplicationError(message, type=UNREADABLE, non_retryable=True) from None


def _calling(changes: int) -> Options:
    """For a call whose plan has so many changes."""
    return {**CALLING, "start_to_close_timeout": attempt(changes) + MARGIN}


def news(request: NotifyRequest) -> str:
    """What the webhook is told, in words."""
    who = words(request.role or f"the {request.awaiting}")
    match request.type:
        case "action.waiting":
            return f"{who} is waited for"
        case "action.reminded":
            return f"{who} was reminded"
        case "action.escalated":
            return f"it has gone to {who}"
        case "action.expired":
            return f"{who} was waited for in vain"
        case "action.started":
            return "it was started"
        case "action.ended":
            return "it has ended"
        case "case.opened":
            return f"{who} takes over"
        case "case.written":
            return f"there is news of a case for {who}"
        case "case.reminded":
            return f"{who} was reminded of a case"
        case "case.escalated":
            return f"a case has gone to {who}"
        case "case.overdue":
            return f"{who} has not settled a case in time"
        case "case.resolved":
            return f"{who} has settled a case"
