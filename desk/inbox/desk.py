"""What the inbox asks of Temporal, and what it sends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from temporalio.client import Client

from desk.at_work import at_work
from desk.inbox.item import Item, item_of
from leverframe import ActionFailed, Decision, Pending, Plan, Receipt, Refused, Status
from leverframe.cases import Cases
from leverframe.confirmation_code import LONG, confirmed_with, too_long
from leverframe.contracts.decision import Act, Choice, Handling
from leverframe.contracts.why import Why
from leverframe.decision_signature import genuine, sign_handling, signed
from leverframe.operating import Operating
from leverframe.server_answers import WITHIN

MOST = 500
"""Actions that are listed, those that end first; whoever has more waiting needs more people, not a longer list."""
TOGETHER = 8
"""How many actions are asked at the same time."""
AT_WORK = ("", "nobody", "model")
"""Who is waited for where no person is."""

WRONG_CODE = "Wrong code: it does not belong to the plan that is shown now. Read the plan and type the code under it."


@dataclass(frozen=True)
class Sight:
    """What an operator sees of one action."""

    status: Status
    plan: Plan | None
    """The plan that waits, found to be genuine."""
    why: Why | None
    """Why the plan was made; ``None`` where whoever runs the action does not say, as an older version does not."""
    doing: str = ""
    """What it does now, if it waits for no person."""


async def _first(pending: AsyncIterator[Pending]) -> list[Item]:
    found: list[Item] = []
    async for one in pending:
        found.append(item_of(one))
        if len(found) == MOST:
            break
    return found


class Desk:
    """One operator's: what waits, and deciding on it."""

    def __init__(self, client: Client, key: str | None = None, within: float = WITHIN) -> None:
        """``client`` claims to be the operator; with their private ``key``, decisions are signed.

        ``within`` seconds an answer must come.
        """
        self._client, self._within = client, within
        self.operating = self._leverframe = Operating(client, within=within)
        self._key = key

    @property
    def signs(self) -> bool:
        """Whether decisions are signed with the operator's own key."""
        return self._key is not None

    @property
    def cases(self) -> Cases:
        """What people take over."""
        return self._leverframe.cases

    async def waiting(self, awaiting: str | None = None, users: bool = True) -> list[Item]:
        """What waits for somebody (or for that role, or ``user``), the nearest deadline first, up to :data:`MOST`.

        Without ``users``, what waits for operators. No action is asked for anything. Raises
        :class:`~leverframe.NoAnswer` when the server does not answer, and ServerRefused.
        """
        return await _first(self._leverframe.pending(awaiting, users))

    async def everything(self) -> list[tuple[Item, str]]:
        """All that is open, up to :data:`MOST`, and of what waits for no person what it does now."""
        items, together = await _first(self._leverframe.all_open()), asyncio.Semaphore(TOGETHER)

        async def doing(item: Item) -> str:
            if item.role not in AT_WORK:
                return ""
            async with together:
                return await at_work(self._client, item.action_id) or ""

        return list(zip(items, await asyncio.gather(*map(doing, items)), strict=True))

    async def look(self, action_id: str) -> Sight:
        """An action as it stands now.

        Raises:
            Refused: when its plan is not genuine.
            LeverframeError: when there is no such action, it cannot say, or nobody answers.
        """
        status = await self.status(action_id)
        plan = status.plan
        doing = await at_work(self._client, action_id) if status.awaiting == "nobody" else None
        return Sight(status, plan, await self._why(action_id), doing or "")

    async def status(self, action_id: str) -> Status:
        """Where it stands, its plan found to be genuine; raises as :meth:`look` does."""
        status = await self._leverframe.status(action_id)
        if status.plan is not None:
            genuine(action_id, status.plan)
        return status

    async def _why(self, action_id: str) -> Why | None:
        try:
            return await self._leverframe.why(action_id)
        except ActionFailed:
            return None

    async def decide(
        self, action_id: str, choice: Choice, plan: Plan, code: str, note: str, amount: str | None = None
    ) -> Receipt:
        """Decide on the plan that was shown, with the code, and the amount if one is asked for, that were typed.

        What is wrong is sent as it is, so that its refusal is recorded; with a key nothing is signed for a wrong code.

        Raises:
            Refused: in plain words, when the decision does not count.
            NoAnswer: when nobody answers; whether it counts is not known then.
        """
        typed = code.strip().lower()
        right = typed in (plan.digest, confirmed_with(plan))
        if self._key is not None:
            if not right:
                raise Refused(LONG if too_long(plan) else WRONG_CODE)
            decision = signed(self._key, choice, action_id, plan, plan.digest, note, amount)
            return await self._leverframe.decide(action_id, choice, decision)
        # The whole digest where the code is right: no other plan can have it.
        sent = plan.digest if right else code
        if choice == "approve":
            return await self._leverframe.approve(action_id, sent, note, amount)
        return await self._leverframe.reject(action_id, sent, note)

    async def handle(self, action_id: str, act: Act, plan: Plan, note: str, to: str = "") -> Receipt:
        """Claim the plan that was shown, release it, or hand it over; raises as :meth:`decide` does."""
        handling = Handling(act=act, code=plan.digest, note=note, to=to)
        if self._key is not None:
            handling = sign_handling(self._key, action_id=action_id, handling=handling)
        return await self._leverframe.handle(action_id, handling)

    async def send(self, action_id: str, choice: Choice, decision: Decision) -> Receipt:
        """Hand on a decision that was signed elsewhere; raises as :meth:`decide` does."""
        return await self._leverframe.decide(action_id, choice, decision)
