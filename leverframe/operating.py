"""What operators' screens ask of actions and send to them, over and above what a business service does."""

from leverframe.client import Leverframe
from leverframe.contracts import names
from leverframe.contracts.correction import Correctables
from leverframe.contracts.decision import Handling, Receipt
from leverframe.contracts.story import Story


class Operating(Leverframe):
    """The SDK for those who decide."""

    async def handle(self, action_id: str, handling: Handling) -> Receipt:
        """Claim the plan that waits, release it, hand it over, or have another one made. Raises as :meth:`approve`."""
        return await self._update(action_id, names.HANDLE, handling)

    async def story(self, action_id: str) -> Story:
        """What has happened in an action so far, also in one that has ended; raises as :meth:`why` does."""
        return await self._ask(action_id, "story", Story)

    async def correctable(self, action_id: str) -> Correctables:
        """What a correction of its plan may change now; raises as :meth:`why` does."""
        return await self._ask(action_id, "correctable", Correctables)
