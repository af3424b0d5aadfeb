"""What the inbox asks of Temporal, and what it sends."""

from dataclasses import dataclass

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client

from leverframe import Leverframe, Plan, Receipt, Refused, Status
from leverframe.asking import SAYS, WITHIN, answered
from leverframe.contracts.decision import Choice
from worker.cli.operate import genuine, signed
from worker.inbox.item import Item, item_of
from worker.inbox.telling import reasons

MOST = 500
"""Actions that are listed, those that end first; whoever has more waiting needs more people, not a longer list."""
METADATA = "__temporal_workflow_metadata"
"""Query that Temporal's SDK answers for every workflow; holds the details that the Temporal UI shows."""

WRONG_CODE = "Wrong code: it does not belong to the plan that is shown now. Read the plan and type the code under it."


@dataclass(frozen=True)
class Sight:
    """What an operator sees of one action."""

    status: Status
    plan: Plan | None
    """The plan that waits, found to be genuine."""
    why: str
    """Markdown; see :func:`worker.inbox.telling.reasons`."""


class Desk:
    """One operator's: what waits, and deciding on it."""

    def __init__(self, client: Client, key: str | None = None, within: float = WITHIN) -> None:
        """``client`` claims to be the operator; with their private ``key``, decisions are signed.

        ``within`` seconds an answer must come.
        """
        self._client, self._within = client, within
        self._leverframe = Leverframe(client, within=within)
        self._key = key

    @property
    def signs(self) -> bool:
        """Whether decisions are signed with the operator's own key."""
        return self._key is not None

    async def waiting(self, awaiting: str | None = None, users: bool = True) -> list[Item]:
        """What waits for somebody (or for that role, or ``user``), the nearest deadline first, up to :data:`MOST`.

        Without ``users``, what waits for operators. No action is asked for anything. Raises
        :class:`~leverframe.NoAnswer` when the server does not answer, and ServerRefused.
        """
        found: list[Item] = []
        async for pending in self._leverframe.pending(awaiting, users):
            found.append(item_of(pending))
            if len(found) == MOST:
                break
        return found

    async def look(self, action_id: str) -> Sight:
        """An action as it stands now.

        Raises:
            Refused: when its plan is not genuine.
            LeverframeError: when there is no such action, it cannot say, or nobody answers.
        """
        handle = self._client.get_workflow_handle(action_id)
        # One after the other: the second is only of use when the first is answered.
        status = await self._leverframe.status(action_id)
        async with answered(self._client, self._within, SAYS, action_id):
            metadata: WorkflowMetadata = await handle.query(METADATA, result_type=WorkflowMetadata)
        plan = genuine(action_id, status.plan) if status.plan else None
        return Sight(status, plan, reasons(metadata.current_details))

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
        right = typed in (plan.code, plan.digest)
        if self._key is not None:
            if not right:
                raise Refused(WRONG_CODE)
            decision = signed(self._key, choice, action_id, plan, plan.digest, note, amount)
            return await self._leverframe.decide(action_id, choice, decision)
        # The whole digest where the code is right: no other plan can have it.
        sent = plan.digest if right else code
        if choice == "approve":
            return await self._leverframe.approve(action_id, sent, note, amount)
        return await self._leverframe.reject(action_id, sent, note)
