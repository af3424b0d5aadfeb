from temporalio import activity

from activities.guards import chain
from leverframe.contracts.names import SCREEN
from leverframe.contracts.verdict import Screened, ScreenRequest
from leverframe.local_time import ZONE, day_start


@activity.defn(name=SCREEN)
async def screen(request: ScreenRequest) -> Screened:
    """Judge what goes to the model or comes from it, and mask personal data in it."""
    found = chain.screen(request)
    if request.at is None:
        return found
    # Told here and kept in the history, so that an action replays the same whatever the time zone is by then.
    return found.model_copy(update={"day": day_start(request.at, ZONE).date().isoformat()})
