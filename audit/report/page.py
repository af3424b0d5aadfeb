"""A report as one HTML file that needs nothing but itself: no script, no picture, no font from elsewhere."""

import base64
import hashlib
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from audit.report.text import bdi, finalized, folded, lasting, moment, told
from audit.report.timeline import spans
from leverframe.confirmation_code import confirmed_with
from leverframe.html_pages import environment
from leverframe.naming import came, ended, stands, words, writing
from leverframe.plan_lines import call_lines, pairs

FOLDER = Path(__file__).parent


def render(template: str, made: datetime, **values: object) -> str:
    """The page; whatever the template writes is made visible and escaped."""
    templates = environment(FOLDER, finalized)
    templates.filters |= {
        "told": told, "folded": folded, "moment": moment, "words": words, "spans": spans, "lasting": lasting,
        "came": came, "stands": stands, "ended": ended, "writing": writing, "lines": call_lines, "pairs": pairs,
        "bdi": bdi, "code": confirmed_with,
    }  # fmt: skip
    style = "\n" + (FOLDER / "style.css").read_text(encoding="utf-8")
    # The browser itself then refuses every script, every request and every style but this one.
    allowed = "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = templates.get_template(template)
    # Trusted: a file of this package.
    return page.render(made=made, style=Markup(style), style_hash=Markup(allowed), **values)  # noqa: S704
