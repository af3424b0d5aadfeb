"""Addresses that open the operators' lists in the Temporal UI: whoever follows one is sent on to it.

They hold nothing but names and a query, so that anybody who reaches the server may follow them; the lists themselves
are the UI's to show.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from aiohttp import web

from leverframe.local_time import day_start
from worker.codec.views import DEFAULT_ROLE, VIEWS, link

PLAIN = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
STYLE = "body { font: 1rem/1.8 sans-serif; margin: 2rem } input { font: inherit; width: 12em }"


@dataclass(frozen=True)
class ViewLinks:
    """The server's pages about views."""

    ui: str
    """Origin of the UI that they lead to; nothing in a request can name another one."""
    namespace: str

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve them, wherever a proxy mounts the server."""
        router.add_get("/{mount:(?:.*/)?}views", self.page)
        router.add_get("/{mount:(?:.*/)?}views/{name}", self.open)

    async def page(self, request: web.Request) -> web.Response:
        """All views."""
        rows = "\n".join(_row(name) for name in VIEWS)
        text = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Views of actions</title>
<style>{STYLE}</style><h1>Views of actions</h1>
<p>Each opens in the Temporal UI at <a href="{escape(self.ui)}">{escape(self.ui)}</a>; bookmark it, or keep it there
with <b>Save as New</b>.</p>
<ul>
{rows}
</ul></html>"""
        # The UI too: browsers hold a form's redirect against the policy.
        policy = f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {self.ui}"
        return web.Response(text=text, content_type="text/html", headers={**PLAIN, "Content-Security-Policy": policy})

    async def open(self, request: web.Request) -> web.Response:
        """On to the view in the UI."""
        view = VIEWS.get(request.match_info["name"])
        if view is None:
            return web.Response(text=f"There is no such view; expected one of {', '.join(VIEWS)}.", status=404)
        try:
            query = view.query(request.query.get("role", DEFAULT_ROLE), day_start(datetime.now(UTC)))
        except ValueError as wrong:
            return web.Response(text=f"{wrong}.", status=400)
        return web.Response(status=302, headers={**PLAIN, "Location": link(self.ui, self.namespace, query)})


def _row(name: str) -> str:
    view = VIEWS[name]
    if not view.of_role:
        return f'<li><a href="views/{name}">{escape(view.title)}</a>'
    # No script: a form asks for the role.
    return (
        f'<li><a href="views/{name}?role={DEFAULT_ROLE}">{escape(view.title)}</a> ({DEFAULT_ROLE}), or another: '
        f'<form action="views/{name}" style="display: inline"><input name="role" aria-label="role" required> '
        "<button>open</button></form>"
    )
