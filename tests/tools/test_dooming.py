"""What the tools may do with people's keys: say, for good and recorded, that the person in scope is erased."""

import pytest
from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import RowChange
from tests.support.two_customers import Sql
from tools import ledger
from tools.changes import ChangeReader
from tools.scope import Scope, ScopedSessions, set_key
from tools.subject_keys import doom

MIA, BO = "aa" * 8, "bb" * 8
ERASING, OTHER = f"customer_erasure-{MIA}-0123456789ab", f"customer_erasure-{MIA}-ba9876543210"
DOOMED = RowChange(
    table="subject_keys", key={"pseudonym": MIA}, before={"doomed_by": None}, after={"doomed_by": ERASING}
)


@pytest.fixture(autouse=True)
async def keys(sql: Sql) -> None:
    for person in (MIA, BO):
        await sql(
            "INSERT INTO leverframe.subject_keys (pseudonym, wrapped, ring_number)"
            f" VALUES ('{person}', decode('00', 'hex'), 1)"
        )


async def erase(sessions: ScopedSessions, action_id: str, *, recorded: bool = True) -> bool:
    async with sessions.begin(Scope("mia", action_id)) as session:
        await set_key(session, "erasing#1")
        done = await doom(session, action_id)
        changes: list[JsonValue] = [change.model_dump(mode="json") for change in await ChangeReader(session).take()]
        if recorded:
            body: dict[str, JsonValue] = {"plan": "", "changes": changes}
            entry = LedgerEntry(key=ledger.effect_key("erasing#1"), kind="effect", role="tools", at="", body=body)
            await ledger.append(session, action_id, [entry], "")
    return done


async def fates(sql: Sql) -> dict[object, object]:
    return {row[0]: row[1] for row in await sql("SELECT pseudonym, doomed_by FROM leverframe.subject_keys")}


async def test_the_key_of_the_person_in_scope_is_doomed_once_and_recorded(sessions: ScopedSessions, sql: Sql) -> None:
    assert await erase(sessions, ERASING)
    assert await fates(sql) == {MIA: ERASING, BO: None}
    ((body,),) = await sql("SELECT body -> 'changes' FROM leverframe.ledger")
    assert body == [DOOMED.model_dump(mode="json")]
    assert not await erase(sessions, OTHER)
    assert await fates(sql) == {MIA: ERASING, BO: None}


async def test_a_part_of_an_action_dooms_too(sessions: ScopedSessions, sql: Sql) -> None:
    assert await erase(sessions, f"{ERASING}/2")
    assert await fates(sql) == {MIA: f"{ERASING}/2", BO: None}


async def test_where_there_is_no_key_nothing_is_doomed(sessions: ScopedSessions, sql: Sql) -> None:
    assert not await erase(sessions, f"customer_erasure-{'cc' * 8}-0123456789ab")
    assert not await erase(sessions, "reporting")
    assert await fates(sql) == {MIA: None, BO: None}


async def test_unrecorded_it_is_not_committed(sessions: ScopedSessions, sql: Sql) -> None:
    with pytest.raises(DBAPIError, match=r"a change of subject_keys .* is not in the ledger"):
        await erase(sessions, ERASING, recorded=False)
    assert await fates(sql) == {MIA: None, BO: None}


REFUSED = {
    "in another action's name": f"UPDATE leverframe.subject_keys SET doomed_by = '{OTHER}'",
    "at another time": "UPDATE leverframe.subject_keys SET doomed_at = now()",
    "destroyed at once": "UPDATE leverframe.subject_keys SET wrapped = NULL",
    "removed": "DELETE FROM leverframe.subject_keys",
    "read": "SELECT wrapped FROM leverframe.subject_keys",
}


@pytest.mark.parametrize("how", REFUSED)
async def test_what_the_tools_cannot_do_with_a_key(how: str, sessions: ScopedSessions, sql: Sql) -> None:
    with pytest.raises(SQLAlchemyError, match=r"permission denied|row-level security"):
        async with sessions.begin(Scope("mia", ERASING)) as session:
            await session.execute(text(REFUSED[how]))
    assert await fates(sql) == {MIA: None, BO: None}


async def test_another_persons_key_is_out_of_reach(sessions: ScopedSessions, sql: Sql) -> None:
    async with sessions.begin(Scope("mia", ERASING)) as session:
        statement = f"UPDATE leverframe.subject_keys SET doomed_by = '{ERASING}' WHERE pseudonym = '{BO}'"
        assert (await session.execute(text(f"{statement} RETURNING pseudonym"))).all() == []
        seen = await session.execute(text("SELECT pseudonym FROM leverframe.subject_keys"))
        assert seen.scalars().all() == [MIA]
    assert await fates(sql) == {MIA: None, BO: None}


async def test_what_is_doomed_stays_so_even_for_the_owner(sessions: ScopedSessions, sql: Sql) -> None:
    await erase(sessions, ERASING)
    for statement in ("doomed_by = NULL", "doomed_by = 'x'", "pseudonym = 'cccccccccccccccc'"):
        with pytest.raises(DBAPIError, match="stays so"):
            await sql(f"UPDATE leverframe.subject_keys SET {statement} WHERE pseudonym = '{MIA}'")
    await sql(f"UPDATE leverframe.subject_keys SET wrapped = NULL, ring_number = NULL WHERE pseudonym = '{MIA}'")
    with pytest.raises(DBAPIError, match="stays so"):
        await sql("UPDATE leverframe.subject_keys SET wrapped = decode('00', 'hex'), ring_number = 1")
