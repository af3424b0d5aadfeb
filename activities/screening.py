from collections.abc import Awaitable, Callable

from temporalio import activity

from activities.guards import chain
from activities.policy.retrieving import Retrieving
from activities.replying import foretold
from leverframe.contracts.names import SCREEN
from leverframe.contracts.policy import Retrieved, RetrieveRequest
from leverframe.contracts.verdict import Screened, ScreenRequest
from leverframe.local_time import ZONE, day_start

Judge = Callable[[ScreenRequest], Awaitable[Screened]]


async def screen(request: ScreenRequest) -> Screened:
    """Judge what goes to the model or comes from it, and mask personal data in it."""
    found = chain.screen(request)
    if request.at is None:
        return found
    # Told here and kept in the history, so that an action replays the same whatever the time zone is by then.
    return found.model_copy(update={"day": day_start(request.at, ZONE).date().isoformat()})


class Screening:
    """What the guards are asked of one content, and in the same go of what depends on it."""

    def __init__(self, retrieving: Retrieving, judge: Judge = screen) -> None:
        self._retrieving = retrieving
        self._judge = judge

    @activity.defn(name=SCREEN)
    async def screen(self, request: ScreenRequest) -> Screened:
        """Judge and mask a content; what goes on from it is done only where that is not stopped."""
        found = await self._judge(request)
        if found.stopped:
            return found
        facts = await self._facts(request, found)
        policy = self._policy(request.policy, found) if request.policy else None
        replies = foretold(request.action_id, request.action, request.replies) if request.replies else ()
        return found.model_copy(update={"facts": facts, "policy": policy, "replies": replies})

    async def _facts(self, request: ScreenRequest, found: Screened) -> Screened | None:
        if request.facts is None:
            return None
        return await self._judge(
            ScreenRequest(
                action_id=request.action_id,
                action=request.action,
                kind="facts",
                content=request.facts,
                placeholders=found.placeholders,
                measure=request.measure,
            )
        )

    def _policy(self, asked: RetrieveRequest, found: Screened) -> Retrieved:
        own = (found.content,) if isinstance(found.content, str) and found.content else ()
        return self._retrieving.find(asked.model_copy(update={"messages": (*asked.messages, *own)}))
