from collections.abc import AsyncIterator

import pytest

from tests.support.rig import Rig
from tests.support.sandbox import replay
from tests.workflows.item_stories import stocked as stocked


@pytest.fixture
async def replayed(rig: Rig) -> AsyncIterator[None]:
    """For modules whose stories are not among the recorded ones: what each has done is done again in the sandbox."""
    yield
    for action_id in rig.started:
        await replay(rig.client, action_id)
