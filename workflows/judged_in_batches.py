import asyncio
from dataclasses import dataclass

from temporalio import workflow

from leverframe.contracts.decision import Act, Choice, Judged, JudgeRequest, OtherDecision
from workflows.carried_capability import Carried
from workflows.confirmation import Confirmation
from workflows.roles import FAILED, Roles

TOGETHER = 200
"""How many decisions are judged at once: the history is read once for all of them."""


@dataclass(eq=False)
class Asked:
    """A decision that is to be judged: the id of its update, or which of the decision signals it is."""

    confirmation: Confirmation
    choice: Choice | Act
    update_id: str | None
    signal_index: int | None
    answer: asyncio.Future[Judged]


class Judging:
    """Has decisions judged, one batch after the other: whoever sends thousands neither fills the history with it, nor
    reaches the limit of what a workflow may ask for at a time, nor keeps one that counts waiting for long.
    """

    def __init__(self, carried: Carried, roles: Roles) -> None:
        self._carried = carried
        self._roles = roles
        self._waiting: list[Asked] = []
        self._busy = False
        self._task: asyncio.Task[None] | None = None

    async def judge(
        self, confirmation: Confirmation, choice: Choice | Act, update_id: str | None, signal_index: int | None
    ) -> Judged:
        """What the approvals role says of the decision; raises as an activity does."""
        asked = Asked(confirmation, choice, update_id, signal_index, asyncio.Future())
        self._waiting.append(asked)
        if not self._busy:
            self._busy = True
            await self._next()
            self._task = asyncio.create_task(self._rest())
        return await asked.answer

    async def _rest(self) -> None:
        while self._waiting:
            await self._next()
        self._busy = False

    async def _next(self) -> None:
        first = self._waiting[0]
        alike = [one for one in self._waiting if one.confirmation is first.confirmation and one.choice == first.choice]
        batch = alike[:TOGETHER]
        taken = set(batch)
        self._waiting = [one for one in self._waiting if one not in taken]
        try:
            judged = await self._roles.judge(self._request(batch))
            answers = (judged, *judged.others)
        except FAILED as error:
            for one in batch:
                one.answer.set_exception(error)
            return
        for one, answer in zip(batch, answers, strict=False):
            one.answer.set_result(answer)
        for one in batch[len(answers) :]:
            one.answer.set_result(Judged(accepted=False, reason="The approvals role said nothing of this decision."))

    def _request(self, batch: list[Asked]) -> JudgeRequest:
        first, *others = batch
        return JudgeRequest(
            action_id=self._carried.action_id,
            run_id=workflow.info().run_id,
            choice=first.choice,
            update_id=first.update_id,
            signal_index=first.signal_index,
            state=first.confirmation.state.id,
            digest=first.confirmation.plan.digest,
            capability=self._carried.token,
            settled=first.confirmation.settled is not None,
            others=tuple(OtherDecision(update_id=one.update_id, signal_index=one.signal_index) for one in others),
        )
