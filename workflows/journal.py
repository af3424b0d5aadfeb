import asyncio
from collections.abc import Sequence

from temporalio import workflow

from leverframe.contracts.entries import Body
from leverframe.contracts.ledger import LedgerEntry, RecordRequest
from leverframe.contracts.names import Role
from leverframe.contracts.story import Happened
from workflows.carried_capability import Carried
from workflows.roles import Roles
from workflows.story import KEPT, happened


class Journal:
    """What happened and is not yet in the ledger. Workflows hold no login, so the tools role records for them."""

    def __init__(self, carried: Carried, roles: Roles, prefix: str = "workflow", case_of: str | None = None) -> None:
        """``prefix`` is that of the entries' keys: each run of an action has its own.

        ``case_of`` is the kind of action, where the case about it records.
        """
        self._case_of = case_of
        self._prefix = prefix
        self._carried = carried
        self._roles = roles
        self._entries: list[LedgerEntry] = []
        self._count = 0
        self._lock = asyncio.Lock()
        self.begun = False
        """Whether anything of it is in the ledger."""
        self.told: list[Happened] = []
        """The same in words, for operators."""

    def add(self, role: Role, body: Body) -> None:
        """Note what a role reports; it reaches the ledger with the next flush, or along with a write."""
        self._count += 1
        key = f"{self._prefix}#{self._count}"
        at = workflow.now().isoformat()
        self._entries.append(LedgerEntry.of(body, key, role, at))
        if (found := happened(body, at)) is not None:
            self._keep(found)

    def tell(self, what: str) -> None:
        """Have operators told of what another role writes into the ledger."""
        self._keep(Happened(at=workflow.now().isoformat(), what=what))

    def _keep(self, found: Happened) -> None:
        self.told.append(found)
        if len(self.told) > KEPT:
            del self.told[1]

    async def flush(self) -> None:
        """Hand the entries over in one activity. Withdrawing the action does not interrupt it."""
        await asyncio.shield(asyncio.ensure_future(self._flush()))

    async def flush_decisions(self) -> None:
        """Hand over what is there if a decision is among it: it must stand in the ledger before what it allows."""
        if any(entry.kind == "decision" for entry in self._entries):
            await self.flush()

    @property
    def open(self) -> tuple[LedgerEntry, ...]:
        """What is not known to be in the ledger: it may go along with a call, and stays here until that has come back.

        Whatever is handed over meanwhile goes with it, so that the ledger has all in order; twice writes once.
        """
        return tuple(self._entries)

    def recorded(self, batch: Sequence[LedgerEntry]) -> None:
        """Take note that these are in the ledger."""
        self.begun = True
        keys = {entry.key for entry in batch}
        self._entries = [entry for entry in self._entries if entry.key not in keys]

    async def _flush(self) -> None:
        async with self._lock:
            while batch := self.open:
                await self._roles.record(self._request(batch))
                self.recorded(batch)

    def _request(self, batch: tuple[LedgerEntry, ...]) -> RecordRequest:
        carried = self._carried
        return RecordRequest(
            action_id=carried.action_id,
            capability=carried.to_record(),
            entries=batch,
            case_of=self._case_of,
        )
