"""The tools that run here: the engine's own, and those of the businesses."""

from functools import cache

from leverframe import business
from tools.base import Toolbox
from tools.documents.passages import cite, passages
from tools.withdrawing import withdraw_open


@cache
def toolbox() -> Toolbox:
    """All tools, loaded once.

    Raises:
        UnknownBusiness: when a business that is to run here is not installed.
        ValueError: when two tools have one name, or one undoes a tool that is not offered.
    """
    found = Toolbox().add(withdraw_open).add(passages).add(cite)
    for name, entry in business.parts("tools"):
        for tool in entry.load():
            found.add(tool, name)
    return found
