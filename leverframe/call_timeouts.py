"""How long one try of a call may take, and how long it is tried. Pure: workflows and tools reckon alike."""

from datetime import timedelta

from leverframe.plan_size import MOST_CHANGES

MARGIN = timedelta(seconds=3)
"""By so much a try ends before its activity does, so that none still asks for anything when the next one has begun."""
ATTEMPT = timedelta(seconds=7)
TRIED = timedelta(hours=1)
"""For so long a call is tried again and again."""
ANSWERED_WITHIN = TRIED - timedelta(minutes=10)
"""For so long a system outside is asked what has become of a request; then a person must find out."""
PER_CHANGE = timedelta(milliseconds=5)
"""Ten times what one change takes on two cores that do nothing else."""


def attempt(changes: int) -> timedelta:
    """How long one try may take of a call whose plan has so many changes."""
    return ATTEMPT + min(changes, MOST_CHANGES) * PER_CHANGE
