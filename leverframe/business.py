"""Which businesses run here: packages that bring machines, tools, texts and tables of their own.

A package says by entry points what it brings, one for each part, so that a role loads no more than it needs, and each
under the business's name::

    [project.entry-points."leverframe.machines"]
    contracts = "acme_contracts.machines:MACHINES"

Installed is not active: what a package brings counts where ``LEVERFRAME_BUSINESSES`` names its business.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from leverframe.errors import LeverframeError

CHOICE = "LEVERFRAME_BUSINESSES"
"""Names of businesses with commas between them; without it, those that Leverframe itself brings."""
ITSELF = "leverframe"
"""The distribution whose businesses are here to be looked at: references, and nobody's own."""

Part = Literal["machines", "tools", "systems", "texts", "tables", "samples", "commands"]
"""``machines``: a tuple of classes of machines, the commonest first. ``tools``: a tuple of tools. ``systems``: a
subclass of ``tools.systems.Systems``, which says how the tools reach systems outside. ``texts``: a folder of a package
with ``prompts``, ``replies``, ``policies`` and ``proposal_limits.toml``, no code of which runs. ``tables``: a folder of
a package with Alembic's migrations. ``samples``: an async function of the database owner's URL, which stores something
to try things out on, and returns arguments of ``python -m worker start`` that ask for something of it. ``commands``: a
function that adds commands to the command line, which is a ``typer.Typer``."""


class UnknownBusiness(LeverframeError, LookupError):
    """A business that is to run here is not installed, or not by one package; the message says what is."""


def chosen() -> tuple[str, ...]:
    """The businesses that run here, in the order in which they are named; each brings its own part, or none.

    Raises:
        UnknownBusiness: for a name that no package brings, or that two bring.
    """
    named = os.environ[CHOICE].split(",") if CHOICE in os.environ else references()
    names = tuple(dict.fromkeys(name.strip() for name in named if name.strip()))
    packages = _packages(tuple(sys.path))
    for name in names:
        found = packages.get(name, set())
        if not found:
            known = ", ".join(sorted(packages)) or "none"
            raise UnknownBusiness(f"there is no business {name!r} ({CHOICE}); installed are: {known}")
        if len(found) > 1:
            brought = ", ".join(sorted(found))
            raise UnknownBusiness(f"several packages bring the business {name!r}: {brought}; uninstall all but one")
    return names


def references() -> tuple[str, ...]:
    """The businesses that Leverframe itself brings, by name."""
    return tuple(sorted(name for name, brought in _packages(tuple(sys.path)).items() if ITSELF in brought))


def parts(part: Part) -> Iterator[tuple[str, EntryPoint]]:
    """What each business that runs here brings of a part, by the business's name; raises :class:`UnknownBusiness`."""
    names = chosen()
    found = {entry.name: entry for entry in _brought(part)}
    yield from ((name, found[name]) for name in names if name in found)


def prefix(systems: str) -> str:
    """What the settings of a class of systems begin with, by its name: known without running the package's code."""
    return f"LEVERFRAME_{systems.upper()}_"


def build(build_id: str) -> str:
    """A worker's build id, with the versions of the businesses that other packages bring; empty where none is given."""
    others = [(name, entry.dist) for name, entry in parts("machines") if entry.dist and entry.dist.name != ITSELF]
    return "+".join([build_id, *(f"{name}-{dist.version}" for name, dist in others)]) if build_id else ""


def folder(entry: EntryPoint) -> Path:
    """The folder of a package that an entry point names; nothing in it is run to find it.

    Raises :class:`UnknownBusiness` when there is no such folder.
    """
    top, *below = entry.value.split(".")
    found = find_spec(top)
    places = found.submodule_search_locations if found else None
    for place in places or ():
        if (path := Path(place, *below)).is_dir():
            return path
    raise UnknownBusiness(f"the business {entry.name!r} has no folder {entry.value!r}, as it says")


@lru_cache(maxsize=1)
def _packages(path: tuple[str, ...]) -> Mapping[str, set[str]]:
    """Which packages on Python's ``path`` bring each business."""
    found: dict[str, set[str]] = {}
    for part in get_args(Part):
        for entry in _installed(path)[part]:
            found.setdefault(entry.name, set()).add(entry.dist.name if entry.dist else "?")
    return found


def _brought(part: str) -> EntryPoints:
    return _installed(tuple(sys.path))[part]


@lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> Mapping[str, EntryPoints]:
    """What all packages on Python's ``path`` bring of each part: read once, since that opens a file of each of them."""
    found = entry_points()
    return {part: found.select(group=f"leverframe.{part}") for part in get_args(Part)}
