"""What time it is for rights and approvals: two clocks say so, the Temporal server's and this machine's."""

import logging
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from temporalio import activity

from leverframe.capability import SKEW

log = logging.getLogger(__name__)


def judged_at() -> datetime:
    """The moment by which a right that this activity uses is judged: the earlier of the two.

    So a clock that is ahead takes no right away, here as at the server, which says when it handed out the attempt. One
    that is behind lets a right count longer by as much. Where they differ by more than
    :data:`~leverframe.capability.SKEW` that is logged.
    """
    started, own = activity.info().started_time, datetime.now(UTC)
    if started.timestamp() == 0:
        return own  # No server has handed it out.
    if abs(own - started) > SKEW:
        warn(_difference(own - started))
    return min(started, own)


def _difference(ahead: timedelta) -> str:
    hours, minutes = divmod(round(abs(ahead) / timedelta(minutes=1)), 60)
    how_far = f"{hours} h {minutes} min" if hours or minutes else f"{abs(ahead).seconds} s"
    return f"this machine's is {how_far} {'ahead of' if ahead > timedelta(0) else 'behind'} the Temporal server's"


@lru_cache(maxsize=1)
def warn(difference: str) -> None:
    """Once, until they differ by something else."""
    log.warning("The clocks differ: %s. Set the one that is wrong; until then the earlier counts.", difference)
