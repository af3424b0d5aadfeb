"""The terminal inbox: what waits, what it would do, and deciding on it, with the keyboard alone."""

import asyncio
from datetime import UTC, datetime
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Footer, Static

from desk.inbox.desk import MOST, Desk, Sight
from desk.inbox.form import Deciding, Form, Wish
from desk.inbox.item import Item
from desk.inbox.telling import name_of, reasoned, told
from desk.times import moment
from leverframe import NoAnswer, Receipt, Refused
from leverframe.confirmation_code import confirmed_with, too_long
from leverframe.contracts.plan import Plan
from leverframe.errors import LeverframeError
from leverframe.telling import inert

EVERY = 3.0
"""Seconds between two looks."""
COLUMNS = ("action", "deadline", "", "waits for", "request", "user", "waiting since")
NOTHING = "Nothing waits."


class Waiting(DataTable[RenderableType]):
    """The list; its keys stand in the footer too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Choose", key_display="↑"),
        Binding("down", "cursor_down", "Choose", key_display="↓"),
    ]


class Inbox(App[None]):
    """Looks again every few seconds; what is read stays where it is."""

    CSS_PATH = "inbox.tcss"
    TITLE = "Leverframe inbox"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('approve')", "Approve"),
        Binding("r", "decide('reject')", "Reject"),
        Binding("h", "decide('hand over')", "Hand over"),
        Binding("c", "decide('claim')", "Claim"),
        Binding("pageup", "read(-1)", "Read up", key_display="PgUp", priority=True),
        Binding("pagedown", "read(1)", "Read on", key_display="PgDn", priority=True),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, desk: Desk, role: str | None, name: str, every: float = EVERY) -> None:
        """``role`` is whose inbox it is (None: every role's), ``name`` as whom decisions are sent."""
        super().__init__()
        self._desk, self._role, self._operator, self._every = desk, role, name, every
        # Held, not looked up: what is under way when the operator leaves ends after they are gone from the screen.
        self._top, self._message = Static(id="top", markup=False), Static(id="message", markup=False)
        self._table, self._form = Waiting(id="list", cursor_type="row", zebra_stripes=True), Form(id="form")
        self._plan = VerticalScroll(id="plan", can_focus=False)
        self._told = Static("Looking …", id="told", markup=False)
        self._items: list[Item] = []
        self._seen: tuple[str, Sight] | None = None
        self._hurry = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield self._top
        yield self._table
        with self._plan:
            yield self._told
        yield self._form
        yield self._message
        yield Footer()

    def on_mount(self) -> None:
        self._form.close()
        self._table.add_columns(*COLUMNS)
        self._table.focus()
        self._head("connecting")
        self.run_worker(self._live(), exit_on_error=True)

    @property
    def _chosen(self) -> str | None:
        """Id of the action that the cursor is on."""
        row = self._table.cursor_row
        return self._items[row].action_id if 0 <= row < len(self._items) else None

    async def _live(self) -> None:
        while True:
            self._hurry.clear()
            await self._look()
            try:
                async with asyncio.timeout(self._every):
                    await self._hurry.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        try:
            items = await self._desk.waiting(self._role, users=False)
        except LeverframeError as error:
            away = "Temporal does not answer" if isinstance(error, NoAnswer) else error
            self._head(f"NOT CONNECTED: {away}; trying again")
            return
        self._list(items)
        only = ", those that end first" if len(items) == MOST else ""
        state = f"{len(items)} waiting{only}, as of {datetime.now().astimezone():%H:%M:%S}"
        if (chosen := self._chosen) is None:
            self._nothing()
        elif lost := await self._read(chosen):
            state = f"NOT CONNECTED: {lost}; trying again"
        self._head(state)

    async def _read(self, action_id: str) -> NoAnswer | None:
        """Show it; returns why what was read of it before still stands there, if it does."""
        try:
            sight = await self._desk.look(action_id)
        except LeverframeError as error:
            if self._chosen != action_id:
                return None
            if isinstance(error, NoAnswer) and self._seen is not None and self._seen[0] == action_id:
                return error
            self._seen = None
            self._told.update(Text(inert(f"{action_id} cannot be shown: {error}"), "bright_red"))
            return None
        # Meanwhile the operator may have gone on to another.
        if self._chosen != action_id or self._seen == (action_id, sight):
            return None
        if self._seen is None or self._seen[0] != action_id:
            self._plan.scroll_home(animate=False)
        self._seen = (action_id, sight)
        self._drop_stale(sight)
        self._told.update(Group(*_story(action_id, sight)))
        return None

    def _drop_stale(self, sight: Sight) -> None:
        """What was being decided on is not what waits any more."""
        if self._form.deciding and self._form.deciding.plan != sight.plan:
            self._leave("The plan has changed while you were deciding; nothing was sent. Read it again.", "bright_red")

    def _list(self, items: list[Item]) -> None:
        """Show these, the cursor on the same action as before."""
        if items == self._items:
            return
        table, chosen = self._table, self._chosen
        ids = [item.action_id for item in items]
        row = ids.index(chosen) if chosen in ids else min(max(table.cursor_row, 0), max(len(items) - 1, 0))
        if self._form.deciding and self._form.deciding.action_id not in ids:
            self._leave("This action waits no longer; nothing was sent.", "yellow")
        with self.batch_update():
            self._items = []
            table.clear()
            for item in items:
                table.add_row(*_cells(item), key=item.action_id)
            self._items = items
            table.move_cursor(row=row)

    def _nothing(self) -> None:
        self._seen = None
        self._told.update(NOTHING)

    @on(DataTable.RowHighlighted)
    def _another(self) -> None:
        chosen = self._chosen
        if chosen is not None and (self._seen is None or self._seen[0] != chosen):
            # What stands there is of another action: nobody must decide on it for this one.
            self._seen = None
            self._told.update("Looking …")
            self._hurry.set()

    def action_read(self, pages: int) -> None:
        self._plan.scroll_relative(y=pages * max(self._plan.size.height - 2, 1), animate=False)

    def action_decide(self, wish: Wish) -> None:
        seen = self._seen
        if seen is None or seen[0] != self._chosen or (plan := seen[1].plan) is None:
            self._say("There is no plan in sight to decide on.", "yellow")
            return
        self._say("")
        self._table.disabled = True
        self._form.open(Deciding(seen[0], plan, wish, seen[1].status.amount_needed))

    @on(Form.Left)
    def _left(self) -> None:
        self._leave("Nothing was sent.")

    @on(Form.Incomplete)
    def _incomplete(self, event: Form.Incomplete) -> None:
        self._say(event.missing, "yellow")

    @on(Form.Decided)
    def _decided(self, event: Form.Decided) -> None:
        self._leave("Sending …")
        self.run_worker(self._send(event), group="sending")

    async def _send(self, event: Form.Decided) -> None:
        about = event.deciding
        try:
            receipt = await self._sent(about, event)
        except NoAnswer as error:
            self._say(f"{str(error)[:1].upper()}{str(error)[1:]}.", "bright_red")
        except Refused as error:
            # What the action itself refuses says so already.
            self._say(f"Refused: {str(error).removeprefix('Refused: ')}", "bright_red")
        except LeverframeError as error:
            self._say(f"Not sent: {error}", "bright_red")
        else:
            self._say(receipt.message, "green" if receipt.accepted else "bright_red")
        self._hurry.set()

    async def _sent(self, about: Deciding, event: Form.Decided) -> Receipt:
        match about.wish:
            case "hand over":
                return await self._desk.handle(about.action_id, "hand_over", about.plan, event.note, event.taker)
            case "claim":
                return await self._desk.handle(about.action_id, "claim", about.plan, event.note)
            case _:
                typed = event.code, event.note, event.amount
                return await self._desk.decide(about.action_id, about.wish, about.plan, *typed)

    def _leave(self, message: str, style: str = "") -> None:
        self._form.close()
        self._table.disabled = False
        self._table.focus()
        self._say(message, style)

    def _say(self, message: str, style: str = "") -> None:
        self._message.update(Text(inert(message), style) if message else "")

    def _head(self, state: str) -> None:
        role = self._role or "every role"
        trust = "signing with your key" if self._desk.signs else "unverified unless the server signs you in"
        self._top.update(f"Inbox of {inert(role)}, as {inert(self._operator)} ({trust}) · {inert(state)}")


def _cells(item: Item) -> list[Text]:
    late = item.deadline is not None and (item.deadline - datetime.now(UTC)).days < 1
    return [
        Text(name_of(item.action)),
        Text(moment(item.deadline), "bold bright_red" if late else ""),
        Text("escalated" if item.escalated else "", "bold yellow"),
        Text(inert(item.role)),
        Text(inert(item.action_id.rpartition("-")[2])),
        Text(item.user),
        Text(moment(item.since)),
    ]


def _story(action_id: str, sight: Sight) -> list[RenderableType]:
    head = Text.assemble((name_of(sight.status.action), "bold"), f" · {inert(action_id)}\n")
    if sight.plan is None:
        return [head, Text("No plan waits here for a decision now.")]
    return [head, *told(sight.status, sight.plan), _code(sight.plan), reasoned(sight.why)]


def _code(plan: Plan) -> Text:
    shown = (confirmed_with(plan), "bold reverse")
    return Text.assemble("Too long for a code. Digest " if too_long(plan) else "Code ", shown, "\n")
