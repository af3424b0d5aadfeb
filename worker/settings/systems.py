"""The systems outside that the tools of the businesses reach: for the tools role, and for whoever sets it up."""

from importlib.metadata import EntryPoint

from leverframe import business
from tools.systems import Systems
from worker.settings.base import SettingsError


def systems() -> tuple[type[Systems], ...]:
    """What the businesses that run here bring of them; their code is loaded. Raises SettingsError."""
    return tuple(_loaded(entry) for _, entry in business.parts("systems"))


def _loaded(entry: EntryPoint) -> type[Systems]:
    brought: object = entry.load()
    # Under another name its secrets would be nobody's for the other roles, which do not load it.
    if isinstance(brought, type) and issubclass(brought, Systems) and brought.__name__ == entry.attr:
        return brought
    raise SettingsError(
        f"leverframe.systems of the business {entry.name!r} is {entry.value!r}: expected a subclass of "
        "tools.systems.Systems, under its own name."
    )
