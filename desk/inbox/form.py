"""Where an operator decides: a few lines under the plan, which stays in sight."""

from dataclasses import dataclass
from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from leverframe.confirmation_code import too_long
from leverframe.contracts.decision import AMOUNT_LIMIT, NOTE_LIMIT, TAKER_LIMIT
from leverframe.contracts.plan import Plan

Wish = Literal["approve", "reject", "hand over", "claim"]

CODE = "the code that stands under the plan"
DIGEST = "the whole digest that stands under the plan (too long for a code)"
SENDS = "Enter in the note sends, Escape leaves."
TOLD: dict[Wish, str] = {
    "approve": f"Approve. Type {CODE}. {SENDS}",
    "reject": "Reject: nothing will be done, and the action ends. Enter sends, Escape leaves.",
    "hand over": f"Hand over: it waits on for them, with the same deadline. Nothing is decided by it. {SENDS}",
    "claim": f"Say that you are on it. The others see that; it keeps nobody from deciding. {SENDS}",
}
AMOUNT_TOO = f"Approve. Type {CODE}, and how much money it is about, in bold above it."
FIELDS: dict[Wish, tuple[str, ...]] = {
    "approve": ("code", "amount", "note"),
    "reject": ("note",),
    "hand over": ("taker", "note"),
    "claim": ("note",),
}
LABELS = {
    "code": "code or digest under the plan",
    "amount": "how much money it is about, as the plan says",
    "taker": "the role or the person who takes it over",
    "note": "why, for the record",
}
LIMITS = {"code": 64, "amount": AMOUNT_LIMIT, "taker": TAKER_LIMIT, "note": NOTE_LIMIT}
"""Characters."""
NEEDED = {
    "code": f"Type {CODE}.",
    "amount": "Type how much money it is about, as it stands in bold above the plan.",
    "taker": "Say who takes it over.",
}


@dataclass
class Deciding:
    """One decision that is being made: on which plan of which action."""

    action_id: str
    plan: Plan
    wish: Wish
    amount_needed: bool = False
    """Whether whoever approves the plan types its amount."""

    @property
    def fields(self) -> tuple[str, ...]:
        """What is asked for, in order."""
        return tuple(name for name in FIELDS[self.wish] if name != "amount" or self.amount_needed)

    @property
    def told(self) -> str:
        """What the operator is to do."""
        told = TOLD[self.wish] if "amount" not in self.fields else f"{AMOUNT_TOO} {SENDS}"
        return told.replace(CODE, DIGEST) if too_long(self.plan) else told

    def missing(self, name: str) -> str:
        """What the operator is told who has left a field out."""
        return NEEDED[name].replace(CODE, DIGEST) if too_long(self.plan) else NEEDED[name]


class Form(Vertical):
    """Hidden until something is to be decided."""

    BINDINGS = [Binding("escape", "leave", "Leave", show=True)]

    @dataclass
    class Decided(Message):
        """The operator has decided."""

        deciding: Deciding
        code: str
        amount: str | None
        note: str
        taker: str

    @dataclass
    class Incomplete(Message):
        """Something that is needed was left out."""

        missing: str

    class Left(Message):
        """The operator has thought better of it."""

    deciding: Deciding | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="asked", markup=False)
        for name, label in LABELS.items():
            yield Input(placeholder=label, max_length=LIMITS[name], id=name, compact=True)

    def open(self, deciding: Deciding) -> None:
        """Ask for what this decision needs; nothing is filled in."""
        self.deciding = deciding
        self.query_one("#asked", Static).update(deciding.told)
        for name in LABELS:
            field = self.query_one(f"#{name}", Input)
            field.clear()
            field.display = name in deciding.fields
        self.display = True
        self.query_one(f"#{deciding.fields[0]}", Input).focus()

    def close(self) -> None:
        """Ask for nothing any more."""
        self.deciding, self.display = None, False

    def action_leave(self) -> None:
        self.close()
        self.post_message(self.Left())

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        deciding = self.deciding
        if deciding is None:
            return
        fields = deciding.fields
        if event.input.id != fields[-1]:
            self.query_one(f"#{fields[fields.index(str(event.input.id)) + 1]}", Input).focus()
            return
        given = {name: self.query_one(f"#{name}", Input).value.strip() for name in fields}
        missing = next((name for name in NEEDED if given.get(name) == ""), None)
        if missing is not None:
            self.query_one(f"#{missing}", Input).focus()
            self.post_message(self.Incomplete(deciding.missing(missing)))
            return
        # Whoever stops something has no code to type: it is for the plan in sight, which is bound all the same.
        self.close()
        code = given.get("code", deciding.plan.digest)
        taker = given.get("taker", "")
        self.post_message(self.Decided(deciding, code, given.get("amount"), given["note"], taker))
