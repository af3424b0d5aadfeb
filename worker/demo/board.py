"""What the demo shows: a table that follows the scenes, and what came of them."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from leverframe.confirmation_code import confirmed_with
from leverframe.telling import inert, inert_lines
from worker.demo.play import Scene

AMOUNT = '"amount": "…", '
REPLY_LENGTH = 300
"""Characters of a reply that the table shows."""


class Board:
    """The table of states: live on a terminal, a line for each change elsewhere."""

    def __init__(self, scenes: Sequence[Scene], console: Console) -> None:
        self._scenes = scenes
        self._console = console
        self._began, self._ended = time.monotonic(), False
        self._told: dict[str, str] = {}
        """The last line of each scene, where no terminal draws the table."""
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._states)

    def changed(self, scene: Scene) -> None:
        """Show that a scene has gone on."""
        line = f"{scene.scenario.title}: {_state(scene)}{f' ({scene.note})' if scene.note else ''}"
        if not self._console.is_terminal and self._told.get(scene.scenario.title) != line:
            self._told[scene.scenario.title] = line
            self._console.print(line, markup=False, soft_wrap=True)

    def _states(self) -> Table:
        """While it changes, what is beyond the screen would be cut off: then without what the customers write."""
        took = f"{time.monotonic() - self._began:.0f} s"
        if self._ended:
            return states(self._scenes, took)
        caption = f"{took} so far; the model may take minutes on a small or busy machine"
        whole = states(self._scenes, caption)
        fits = len(self._console.render_lines(whole)) < self._console.height
        return whole if fits else states(self._scenes, caption, texts=False)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = True
        self._live.stop()


def states(scenes: Sequence[Scene], caption: str, texts: bool = True) -> Table:
    """Who asked for what, if ``texts`` are to be shown, and where it stands."""
    written = ["the customer writes"] if texts else []
    table = Table("story", *written, "state", "what a person did", title="Eight actions", caption=caption)
    for scene in scenes:
        text = [Text(scene.scenario.text)] if texts else []
        table.add_row(scene.scenario.title, *text, _state(scene), Text(inert(scene.note), "dim"))
    return table


def _state(scene: Scene) -> str:
    if scene.status is None:
        return "starting"
    waiting = f", waiting for {scene.status.awaiting}" if scene.status.awaiting != "nobody" else ""
    return scene.status.state + waiting


def outcomes(scenes: Sequence[Scene]) -> Table:
    """How each story ended, and honestly whether the model chose well."""
    table = Table("story", "ended", "the model", "the customer reads", title="Outcomes")
    for scene in scenes:
        good = scene.ending in scene.scenario.expected
        judged = Text("chose well", "green") if good else Text(f"chose poorly: {_hoped(scene)}", "yellow")
        reply = Text(inert_lines(scene.outcome.reply if scene.outcome else ""))
        reply.truncate(REPLY_LENGTH, overflow="ellipsis")
        table.add_row(scene.scenario.title, scene.ending, judged, reply)
    return table


def _hoped(scene: Scene) -> str:
    return f"expected {' or '.join(scene.scenario.expected)}; safe all the same"


def how_to_approve(scene: Scene, desk: str, ui: str, run_id: str) -> str:
    """The links to the waiting action, on the desk and in the Temporal UI, and what to click, in rich markup."""
    if scene.ending != "waiting" or scene.status is None or scene.status.plan is None:
        return (
            "[yellow]No action was left waiting this time: the small model chose another step for it. "
            "Run the demo again, or start one by hand.[/]"
        )
    code, needed = confirmed_with(scene.status.plan), scene.status.amount_needed
    data = f'{{"code": "{code}", {AMOUNT if needed else ""}"note": "why"}}'
    typed = "     In place of the dots type how much money it is about, as you have read it.\n" if needed else ""
    link = f"{ui}/namespaces/default/workflows/{scene.action_id}/{run_id}/user-metadata"
    return (
        f"[bold]One action waits for you:[/] {desk}\n"
        "  Open the link, make your passkey, read what would happen, and approve it.\n"
        f"  Without a passkey, in the Temporal UI: {link}\n"
        "  1. Open the link and read what would happen.\n"
        "  2. Choose [bold]More Actions[/], then [bold]Send an Update[/].\n"
        f"  3. Name: [bold]approve[/]. Data: [bold]{data}[/]\n{typed}"
        "  4. Click [bold]Submit[/]. If the dialog stays as it is, click it once more.\n"
        f"  Or in another terminal: .venv/bin/python -m worker approve {scene.action_id} {code}"
        f"{' --amount …' if needed else ''} --as YOUR_NAME"
    )
