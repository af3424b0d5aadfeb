import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leverframe.contracts.base import Facts
from leverframe.contracts.calling import CallResult, Previewed
from leverframe.contracts.plan import PlannedCall
from leverframe.contracts.verdict import RepliesRequest, Reply, Screened

FRESH = timedelta(minutes=1)
"""For how long what was read ahead counts; guards that are away may keep it waiting for hours."""
KEPT = timedelta(hours=1)
"""For how long a text counts that was written ahead: a mended template or guard reaches whoever waits longer."""


@dataclass
class Early:
    """What was answered before the machine has come to ask (:mod:`workflows.ahead`)."""

    reads: dict[str, tuple[datetime, PlannedCall, CallResult]] = field(default_factory=dict)
    """By the calls' keys."""
    facts: tuple[Facts, Screened] | None = None
    """Facts, and what the guards made of them and of the message that came before, with the clauses."""
    plan: "tuple[tuple[PlannedCall, ...], asyncio.Task[Previewed]] | None" = None
    """What comes of previewing these calls."""
    replies: tuple[datetime, Facts, dict[str, Reply]] | None = None
    """Texts by their templates, and from what they were written."""

    def read(self, planned: PlannedCall, now: datetime) -> CallResult | None:
        """What came of this very call."""
        when, asked, result = self.reads.pop(planned.key, (None, None, None))
        return result if when is not None and asked == planned and now - when < FRESH else None

    def screened(self, facts: Facts) -> Screened | None:
        """What the guards have said with these very facts."""
        found, self.facts = self.facts, None
        return found[1] if found is not None and found[0] == facts else None

    async def previewed(self, calls: tuple[PlannedCall, ...]) -> Previewed | None:
        """What came of previewing these very calls; what was made for others is thrown away.

        Raises what the activity did.
        """
        planned, self.plan = self.plan, None
        if planned is None:
            return None
        if planned[0] != calls:
            planned[1].cancel()
            return None
        found = await planned[1]
        return None if found.outside else found

    def keep(self, asked: RepliesRequest, written: tuple[Reply | None, ...], now: datetime) -> None:
        """Keep texts until they are due."""
        pairs = zip(asked.templates, written, strict=False)
        self.replies = now, asked.facts, {template: reply for template, reply in pairs if reply is not None}

    def reply(self, template: str, facts: Facts, now: datetime) -> Reply | None:
        """The text of a template, if it was written from these very facts."""
        if self.replies is None or self.replies[1] != facts or now - self.replies[0] > KEPT:
            return None
        return self.replies[2].get(template)

    def drop(self) -> None:
        """Throw away what depends on the newest proposal."""
        self.replies = None
        self.drop_plan()

    def drop_plan(self) -> None:
        """Give up what is still being worked out."""
        planned, self.plan = self.plan, None
        if planned is not None:
            planned[1].cancel()
