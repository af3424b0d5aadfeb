from temporalio import activity

from activities.guards import chain
from leverframe.contracts.names import SCREEN
from leverframe.contracts.verdict import Screened, ScreenRequest


@activity.defn(name=SCREEN)
async def screen(request: ScreenRequest) -> Screened:
    """Judge what goes to the model or comes from it, and mask personal data in it."""
    return chain.screen(request)
