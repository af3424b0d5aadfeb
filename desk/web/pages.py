"""The pages' templates: whatever they write is made visible (:func:`leverframe.telling.inert`) and escaped."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from desk.inbox.telling import name_of
from desk.times import moment
from leverframe.html_pages import environment
from leverframe.local_time import ZONE
from leverframe.naming import ended, words
from leverframe.pseudonym import subject_of
from leverframe.telling import inert

FOLDER = Path(__file__).parent / "pages"


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else inert("" if value is None else value)


def _moment(at: datetime | None) -> str:
    return moment(at, ZONE)


_ENVIRONMENT = environment(FOLDER, _shown)
_ENVIRONMENT.filters |= {"moment": _moment, "words": words, "name": name_of, "raw": escape, "ended": ended}
_ENVIRONMENT.filters["user"] = subject_of


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """An answer with that page."""
    return HTMLResponse(rendered(template, values), status)


def rendered(template: str, values: Mapping[str, object]) -> str:
    """The page."""
    return _ENVIRONMENT.get_template(template).render(values)
