"""Where an action's page at the desk is, for the other screens."""

import os
from urllib.parse import quote

DESK_SITE = "LEVERFRAME_DESK_SITE"
"""Environment variable: the origin under which browsers reach the desk, such as ``https://desk.example.com``."""


def desk_site() -> str:
    """The origin; empty where this process is not told."""
    return os.environ.get(DESK_SITE, "").rstrip("/")


def desk_link(site: str, action_id: str) -> str:
    """The page of an action; empty without a site."""
    return f"{site}/actions/{quote(action_id, safe='')}" if site else ""
