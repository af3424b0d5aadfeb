"""What a user writes after the end, as people may read it: the guards mask it, or keep it from them."""

from datetime import datetime

from temporalio.exceptions import is_cancelled_exception

from leverframe.contracts import entries
from leverframe.contracts.verdict import ScreenRequest
from workflows.journal import Journal
from workflows.roles import FAILED, Roles

UNSEEN = "(A message that no guard could look at; ask the user what they wrote.)"
HELD = "(A message that the guards do not show.)"


async def readable(
    roles: Roles, journal: Journal, about: tuple[str, str], text: str, placeholders: dict[str, str], at: datetime
) -> str:
    """What the guards leave of a text; their verdicts are noted in the journal, and placeholders kept.

    ``about`` is the action's id and its kind.
    """
    action_id, action = about
    request = ScreenRequest(
        action_id=action_id, kind="request", content=text, placeholders=placeholders, action=action, at=at
    )
    try:
        found = await roles.screen(request)
    except FAILED as error:
        if is_cancelled_exception(error):
            raise
        return UNSEEN
    placeholders.update(found.placeholders)
    for verdict in found.verdicts:
        journal.add("guards", entries.Judged.of(verdict))
    return found.content if isinstance(found.content, str) and found.content else found.quoted or HELD
