"""The pages' templates: whatever they write is made visible (:func:`leverframe.telling.inert`) and escaped."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from desk.inbox.telling import name_of
from desk.times import moment
from leverframe.local_time import ZONE
from leverframe.naming import words
from leverframe.telling import inert

FOLDER = Path(__file__).parent / "pages"


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else inert("" if value is None else value)


def _moment(at: datetime | None) -> str:
    return moment(at, ZONE)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"moment": _moment, "words": words, "name": name_of, "raw": escape}


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """An answer with that page."""
    return HTMLResponse(rendered(template, values), status)


def rendered(template: str, values: Mapping[str, object]) -> str:
    """The page."""
    return _ENVIRONMENT.get_template(template).render(values)
