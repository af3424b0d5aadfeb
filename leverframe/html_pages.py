"""Pages from templates that people read: whatever a template writes is made visible first, and then escaped.

For the engine's own packages: it needs jinja2, which the SDK does not bring.
"""

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def environment(folder: Path, visible: Callable[[object], object]) -> Environment:
    """The templates of a folder; ``visible`` is what is written of a value, and leaves markup as it is."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
