"""The outbox: what is asked of systems outside stands there, committed, before it leaves, and then what came of it.

Each step is a transaction of its own: whatever becomes of the call's, it stays known that something was sent.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import JSON, Column, DateTime, Integer, MetaData, Table, Text, Update, insert, select, update
from sqlalchemy.engine import Row as Found
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.call_timeouts import ANSWERED_WITHIN
from leverframe.contracts.plan import PlannedCall, Row, RowChange
from leverframe.naming import named
from leverframe.telling import inert_value
from tools.body_encryption import Bodies
from tools.errors import Moved, NotKnown, NotSent, ToolError, ToolRefused
from tools.outside import Answer, Perform, Sending
from tools.scope import Scope, ScopedSessions, bodies

State = Literal["sending", "unsent", "answered", "refused", "unknown"]
"""``sending``: it has left, or was about to. ``unsent``: it was about to, and there was no connection. ``unknown``: it
is not tried any more, and a person must find out."""
OUTBOX = Table(
    "outbox",
    MetaData(schema="leverframe"),
    *(Column(name, Text) for name in ("action_id", "call_key", "tool", "service", "plan", "idempotency_key", "state")),
    *(Column(name, Integer) for name in ("position", "tries")),
    *(Column(name, JSON) for name in ("asked", "answer")),
    *(Column(name, DateTime(timezone=True)) for name in ("first_sent_at", "last_sent_at", "answered_at")),
)
NAMESPACE = uuid.UUID("0f1d7a52-3b7e-5d0b-8a3c-5c9b8f4f6a10")
"""Of the idempotency keys; any fixed value does."""
ANSWER = TypeAdapter(Answer)
REFUSED, MOVED = "refused", "moved"


@dataclass(frozen=True)
class Sent:
    """A request that stands in the outbox."""

    state: State
    sending: Sending
    """Its newest try, and what the next one is told."""
    answer: Answer | None
    """What came of it."""


async def sent(session: AsyncSession, action_id: str, call_key: str) -> dict[int, Sent]:
    """What a call has sent, or was about to, by place; raises Undecryptable and KeyServiceUnreachable."""
    row = OUTBOX.c
    found = select(OUTBOX).where(row.action_id == action_id, row.call_key == call_key).order_by(row.position)
    return {one.position: await read_sent(bodies(session), one) for one in (await session.execute(found)).all()}


async def read_sent(bodies: Bodies, row: Found[Any]) -> Sent:
    """A row of :data:`OUTBOX`; raises as :func:`sent`."""

    async def opened(name: str, stored: Row) -> Row:
        return await bodies.unseal(row.action_id, _place(row.call_key, row.position), name, stored)

    asked = RowChange.model_validate(await opened("asked", row.asked))
    again = row.state != "unsent"
    times = row.first_sent_at.astimezone(UTC), row.last_sent_at.astimezone(UTC)
    sending = Sending(row.idempotency_key, asked, row.tries, *times, again)
    answer = ANSWER.validate_python(await opened("answer", row.answer)) if row.answer else None
    return Sent(row.state, sending, answer)


@dataclass
class Outbox:
    """What one call asks of systems outside."""

    sessions: ScopedSessions
    scope: Scope
    planned: PlannedCall
    plan: str
    """Digest of the approved plan; empty where none was needed."""

    async def send(self, requests: Sequence[tuple[RowChange, Perform]], standing: dict[int, Sent]) -> list[Answer]:
        """Send what has no answer yet, in order, and return all answers; ``standing`` is what earlier tries have left.

        Raises :class:`~tools.errors.ToolRefused` when the first is refused; what an earlier one has brought about
        outside stands, so that the refusal of a later one is an answer too. Raises :class:`~tools.errors.Unreachable`,
        and :class:`~tools.errors.NotKnown` when an answer was waited for in vain, or none will tell.
        """
        answers: list[Answer] = []
        for place, (asked, perform) in enumerate(requests):
            before = standing.get(place)
            answer = before.answer if before and before.answer else await self._ask(place, asked, perform, before)
            if REFUSED in answer.told and not answers:
                kind = Moved if MOVED in answer.told else ToolRefused
                raise kind(str(answer.told[REFUSED]), str(answer.told["rule"]))
            answers.append(answer)
        return answers

    async def _ask(self, place: int, asked: RowChange, perform: Perform, before: Sent | None) -> Answer:
        if before and before.state == "unknown":
            raise NotKnown("it is not tried any more")
        if before and before.sending.again and _waited(before.sending) > ANSWERED_WITHIN:
            raise NotKnown(f"no answer came in {ANSWERED_WITHIN.total_seconds() / 60:.0f} minutes")
        sending = await self._leave(place, asked, before)
        try:
            answer = await perform(sending)
        except ToolRefused as refused:
            answer = _refusal(refused.words, refused.rule, moved=isinstance(refused, Moved))
            await self._settle(place, "refused", answer)
        except NotSent:
            if not sending.again:
                await self._set(place, "unsent")
            raise
        except ToolError as error:
            # Of this try nothing has come.
            if not sending.again:
                await self._settle(place, "refused", _refusal(str(error), type(error).__name__))
            raise
        else:
            await self._settle(place, "answered", answer)
        return answer

    async def _leave(self, place: int, asked: RowChange, before: Sent | None) -> Sending:
        if before is None:
            return await self._first(place, asked)
        async with self.sessions.begin(self.scope) as session:
            tries = before.sending.tries + 1
            await session.execute(self._row(place).values(tries=tries, state="sending"))
        return replace(before.sending, asked=asked, tries=tries)

    async def _first(self, place: int, asked: RowChange) -> Sending:
        key = str(uuid.uuid5(NAMESPACE, f"{self.scope.action_id}\x1f{self.planned.key}\x1f{place}"))
        async with self.sessions.begin(self.scope) as session:
            row = insert(OUTBOX).values(
                action_id=self.scope.action_id,
                call_key=self.planned.key,
                position=place,
                tool=self.planned.tool,
                service=asked.table,
                plan=self.plan,
                idempotency_key=key,
                asked=await self._sealed(session, place, "asked", asked.model_dump(mode="json")),
            )
            found = (await session.execute(row.returning(OUTBOX.c.first_sent_at))).scalar_one()
        since = found.astimezone(UTC)
        return Sending(key, asked, 1, since, since)

    async def _settle(self, place: int, state: State, answer: Answer) -> None:
        told = ANSWER.dump_python(answer, mode="json")
        async with self.sessions.begin(self.scope) as session:
            stored = await self._sealed(session, place, "answer", told)
            await session.execute(self._row(place).values(state=state, answer=stored))

    async def _set(self, place: int, state: State) -> None:
        async with self.sessions.begin(self.scope) as session:
            await session.execute(self._row(place).values(state=state))

    async def give_up(self) -> dict[int, Sent]:
        """Try no more what has no answer; returns what was sent and not refused, as it stood."""
        async with self.sessions.begin(self.scope) as session:
            left = await sent(session, self.scope.action_id, self.planned.key)
            for place, one in left.items():
                if one.state == "sending":
                    await session.execute(self._row(place).values(state="unknown"))
        return {place: one for place, one in left.items() if one.state not in ("refused", "unsent")}

    def _row(self, place: int) -> Update:
        row = OUTBOX.c
        own = row.action_id == self.scope.action_id, row.call_key == self.planned.key, row.position == place
        return update(OUTBOX).where(*own)

    async def _sealed(self, session: AsyncSession, place: int, name: str, body: Row) -> Row:
        key = _place(self.planned.key, place)
        return (await bodies(session).seal(self.scope.action_id, key, name, body)).body


def _place(call_key: str, place: int) -> str:
    """What is sealed of a request opens only there."""
    return f"outbox:{call_key}:{place}"


def _waited(sending: Sending) -> timedelta:
    return datetime.now(UTC) - sending.first_sent_at


def _refusal(words: str, rule: str, *, moved: bool = False) -> Answer:
    return Answer({REFUSED: words, "rule": rule, **({MOVED: True} if moved else {})}, carried_out=False)


def unfinished(left: Iterable[Sent], why: str) -> str:
    """What is known of the requests of a call that cannot be finished, and ``why`` that is, in words for people."""
    return " ".join([*map(_told, left), f"The database is as it was: {why}."])


def _told(one: Sent) -> str:
    service, sending = one.sending.asked.table, one.sending
    if one.answer is not None:
        return f"{named(service)} has answered what was asked of it: {receipt(one.answer)}."
    return f"{not_known(service, sending.tries, sending.first_sent_at)}."


def not_known(service: str, tries: int, since: datetime) -> str:
    """That of a request, in words without an end."""
    times = "once" if tries == 1 else f"{tries} times"
    when = f"{since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"It is not known whether what was asked of {named(service)} has happened; it was sent {times} since {when}"


def receipt(answer: Answer | None) -> str:
    """What a system answered, on one line."""
    return ", ".join(f"{named(name)} {inert_value(value)}" for name, value in (answer.told if answer else {}).items())
