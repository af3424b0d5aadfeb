"""Where the texts of the businesses that run here stand: prompts, replies, policies, limits of proposals."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from leverframe import business


@cache
def folders() -> Mapping[str, Path]:
    """The folder of each business that brings texts. Raises :class:`~leverframe.business.UnknownBusiness`."""
    return {name: business.folder(entry) for name, entry in business.parts("texts")}


def named(*parts: str) -> list[Path]:
    """The files or folders of that name, below the folder of each business that has it."""
    return [path for folder in folders().values() if (path := folder.joinpath(*parts)).exists()]
