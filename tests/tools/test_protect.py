"""What it takes to put a table under the law, whatever it is called and however it is made; and what cannot be."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.contracts.plan import RowChange
from tests.support.two_customers import Sql
from tools.changes import ChangeReader
from tools.scope import Scope, ScopedSessions

ANN_UUID, BOB_UUID = "0d6a8bb2-4d9e-4f6f-8f6e-5a3f9f1f0a01", "7c2a8bb2-4d9e-4f6f-8f6e-5a3f9f1f0a02"
PLAIN = "CREATE TABLE notes (id integer PRIMARY KEY, holder text, body text, fee numeric(9, 2), seen timestamptz)"
PROTECT = "SELECT leverframe.protect('notes', 'holder', changes => '{body, fee}')"
MISSING = "SELECT missing FROM leverframe.protection('notes', 'holder', changes => '{body, fee}')"

Changed = Callable[..., Awaitable[list[RowChange]]]


@pytest.fixture
def changed(sessions: ScopedSessions) -> Changed:
    """What a statement in somebody's name changed, as a plan would show it; it is undone."""

    async def run(statement: str, subject: str = "ann") -> list[RowChange]:
        async with sessions.begin(Scope(subject, "some_action")) as session:
            await session.execute(text(statement))
            changes = await ChangeReader(session).take()
            await session.rollback()
            return list(changes)

    return run


async def seen(sessions: ScopedSessions, subject: str, table: str) -> list[object]:
    async with sessions.begin(Scope(subject, "some_action")) as session:
        return list((await session.execute(text(f"SELECT id FROM {table} ORDER BY id"))).scalars())


@pytest.mark.parametrize(
    ("kind", "ann", "bob", "nobodies"),
    [
        ("text", "ann", "bob", ("Ann", "ann ", "")),
        ("varchar(40)", "ann", "bob", ("Ann", "")),
        ("uuid", ANN_UUID, BOB_UUID, (ANN_UUID.upper(), f"{{{ANN_UUID}}}", "ann", "")),
        ("bigint", "7000000000", "8", ("07000000000", " 7000000000", "7e9", "ann", "", "99999999999999999999")),
        ("integer", "7", "8", ("07", "+7", "7.0", "7000000000", "ann", "")),
        ("smallint", "7", "8", ("07", "70000", "ann")),
    ],
)
async def test_a_subject_sees_the_rows_of_their_own_id_and_no_other_form_of_it(
    sql: Sql, sessions: ScopedSessions, kind: str, ann: str, bob: str, nobodies: tuple[str, ...]
) -> None:
    await sql(f"CREATE TABLE notes (id integer PRIMARY KEY, holder {kind})")
    await sql(f"INSERT INTO notes VALUES (1, '{ann}'), (2, '{ann}'), (3, '{bob}'), (4, NULL)")
    await sql("SELECT leverframe.protect('notes', 'holder')")
    assert await seen(sessions, ann, "notes") == [1, 2]
    assert await seen(sessions, bob, "notes") == [3]
    for nobody in nobodies:
        assert await seen(sessions, nobody, "notes") == [], nobody
    assert await sql("SELECT missing FROM leverframe.protection('notes', 'holder')") == []


@pytest.mark.parametrize("kind", ["text", "varchar(9)", "uuid", "bigint"])
async def test_rows_that_refer_to_a_persons_rows_are_that_persons(
    sql: Sql, sessions: ScopedSessions, changed: Changed, kind: str
) -> None:
    ids = (ANN_UUID, BOB_UUID) if kind == "uuid" else ("71", "72")
    await sql(f"CREATE TABLE contracts (nr {kind} PRIMARY KEY, holder text)")
    await sql(f'CREATE TABLE cards (id integer PRIMARY KEY, "Of" {kind} REFERENCES contracts, pin text)')
    await sql("CREATE TABLE calls (id integer PRIMARY KEY, card integer NOT NULL REFERENCES cards)")
    await sql("INSERT INTO contracts VALUES ('{}', 'ann'), ('{}', 'bob')".format(*ids))
    await sql("INSERT INTO cards VALUES (1, '{}'), (2, '{}'), (3, NULL)".format(*ids))
    await sql("INSERT INTO calls VALUES (10, 1), (20, 2), (30, 3)")
    await sql("SELECT leverframe.protect('contracts', 'holder')")
    law = "('cards', 'Of', through => 'contracts', adds => '{id}', changes => '{pin}')"
    await sql(f"SELECT leverframe.protect{law}")
    await sql("SELECT leverframe.protect('calls', 'card', through => 'cards')")
    assert await sql(f"SELECT missing FROM leverframe.protection{law}") == []
    for subject, cards, calls in (("ann", [1], [10]), ("bob", [2], [20]), ("eve", [], [])):
        assert await seen(sessions, subject, "cards") == cards
        assert await seen(sessions, subject, "calls") == calls
    [change] = await changed("UPDATE cards SET pin = 'x'")
    assert (change.key, change.after) == ({"id": 1}, {"pin": "x"})
    [added] = await changed(f"""INSERT INTO cards (id, "Of") VALUES (4, '{ids[0]}')""")
    assert str((added.after or {})["Of"]) == ids[0], "whose it is, is hidden; which contract it is of, is not"
    for of in (f"'{ids[1]}'", "NULL"):
        with pytest.raises(DBAPIError, match="row-level security"):
            await changed(f"""INSERT INTO cards (id, "Of") VALUES (4, {of})""")
    await sql("ALTER POLICY leverframe_own_rows ON cards USING (true)")
    [(missing,)] = await sql(f"SELECT missing FROM leverframe.protection{law}")
    assert "leverframe_own_rows" in str(missing)


@pytest.mark.parametrize("column", ["id", "holder"])
async def test_what_was_renamed_is_not_told_wrongly(sql: Sql, changed: Changed, column: str) -> None:
    await sql(PLAIN)
    await sql("INSERT INTO notes (id, holder) VALUES (1, 'ann')")
    await sql(PROTECT)
    await sql(f"ALTER TABLE notes RENAME {column} TO other")
    with pytest.raises(DBAPIError, match="columns of notes were renamed since it was protected"):
        await changed("UPDATE notes SET body = 'x'")


async def test_names_are_told_as_sql_writes_them(sql: Sql, changed: Changed) -> None:
    await sql('CREATE SCHEMA "Sales, Dept"')
    for table in ('"Sales, Dept"."Order""s"', 'public."Order""s"', "public.plain", '"Sales, Dept".plain'):
        await sql(f'CREATE TABLE {table} ("the Id" text PRIMARY KEY, "Who?" text, "in €" numeric)')
        await sql(f"INSERT INTO {table} VALUES ('x', 'ann', 1.50)")
        law = f"('{table}', 'Who?', changes => ARRAY['in €'])"
        await sql(f"SELECT leverframe.protect{law}")
        assert await sql(f"SELECT missing FROM leverframe.protection{law}") == []
        told = table.removeprefix("public.")
        key, before, after = {"the Id": "x"}, {"in €": "1.50"}, {"in €": "2"}
        assert await changed(f'UPDATE {table} SET "in €" = 2') == [
            RowChange(table=told, key=key, before=before, after={"in €": 2})
        ], after


async def test_a_new_row_is_told_without_its_owner_and_without_what_a_clock_writes(sql: Sql, changed: Changed) -> None:
    await sql(
        "CREATE TABLE notes (id text PRIMARY KEY, kunde text NOT NULL, made timestamp DEFAULT clock_timestamp(),"
        " due timestamptz, touched timestamptz DEFAULT clock_timestamp(), said jsonb, fees numeric[])"
    )
    await sql("SELECT leverframe.protect('notes', 'kunde', adds => '{id, due, said, fees}', changes => '{due}')")
    [row] = await changed(
        "INSERT INTO notes (id, kunde, due, said, fees) VALUES ('n', 'ann', '2026-05-03T10:00Z',"
        """ '{"fee": 54.10, "of": [1.0, 9007199254740993, 7, "1.5", null, true, {}, []]}', '{1.50, 2}')"""
    )
    assert row.after is not None
    assert str(row.after.pop("due")).startswith("2026-05-03T")
    said = {"fee": "54.10", "of": ["1.0", "9007199254740993", 7, "1.5", None, True, {}, []]}
    assert row == RowChange(table="notes", key={"id": "n"}, before=None, after={"said": said, "fees": ["1.50", 2]})
    with pytest.raises(DBAPIError, match="row-level security"):
        await changed("INSERT INTO notes (id, kunde) VALUES ('n', 'bob')")


async def test_a_partitioned_table_is_one_table(sql: Sql, changed: Changed) -> None:
    await sql("CREATE TABLE notes (id integer, holder text, body text, PRIMARY KEY (id)) PARTITION BY RANGE (id)")
    await sql("CREATE TABLE notes_1 PARTITION OF notes FOR VALUES FROM (0) TO (10)")
    await sql("INSERT INTO notes VALUES (1, 'ann', 'a'), (2, 'bob', 'b')")
    await sql("SELECT leverframe.protect('notes', 'holder', changes => '{body}')")
    await sql("CREATE TABLE notes_2 PARTITION OF notes FOR VALUES FROM (10) TO (20)")
    await sql("INSERT INTO notes VALUES (11, 'ann', 'a')")
    changes = await changed("UPDATE notes SET body = 'x'")
    assert [(change.table, change.key) for change in changes] == [("notes", {"id": 1}), ("notes", {"id": 11})]
    with pytest.raises(DBAPIError, match="permission denied"):
        await changed("UPDATE notes_1 SET body = 'x'")


async def test_policies_that_a_table_had_stay_and_open_nothing(sql: Sql, sessions: ScopedSessions) -> None:
    await sql(PLAIN)
    await sql("INSERT INTO notes (id, holder) VALUES (1, 'ann'), (2, 'bob')")
    await sql("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
    await sql("CREATE POLICY readable ON notes FOR SELECT USING (true)")
    await sql("CREATE POLICY theirs ON notes TO leverframe_auditor USING (id = 2)")
    await sql(PROTECT)
    assert await seen(sessions, "ann", "notes") == [1]
    policies = "SELECT polname FROM pg_policy WHERE polrelid = 'notes'::regclass ORDER BY 1"
    assert [name for (name,) in await sql(policies)] == [
        "leverframe_only_own_rows", "leverframe_own_rows", "readable", "theirs",
    ]  # fmt: skip


async def test_rows_that_are_nobodys_are_read_by_all_and_changed_by_none(sql: Sql, changed: Changed) -> None:
    await sql("CREATE TABLE tariffs (id text PRIMARY KEY, fee numeric)")
    await sql("SELECT leverframe.protect('tariffs', NULL)")
    assert await changed("SELECT * FROM tariffs") == []
    with pytest.raises(DBAPIError, match="permission denied"):
        await changed("UPDATE tariffs SET fee = 0")


@pytest.mark.parametrize(
    ("undone", "told"),
    [
        ("ALTER TABLE notes DISABLE ROW LEVEL SECURITY", "row-level security is off"),
        ("DROP POLICY leverframe_own_rows ON notes", "leverframe_own_rows"),
        ("ALTER POLICY leverframe_own_rows ON notes USING (true)", "leverframe_own_rows"),
        ("ALTER POLICY leverframe_only_own_rows ON notes TO public", "leverframe_only_own_rows"),
        ("ALTER TABLE notes DISABLE TRIGGER capture", "not captured"),
        ("ALTER TABLE notes ENABLE REPLICA TRIGGER capture", "not captured"),
        ("DROP TRIGGER capture ON notes", "not captured"),
        ("ALTER TABLE notes RENAME CONSTRAINT notes_pkey TO p; DROP TRIGGER capture ON notes; CREATE TRIGGER capture "
         "AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION leverframe.capture('other', '{id}', '', '{}')",
         "not captured"),
        ("GRANT UPDATE (seen) ON notes TO leverframe_tools", "UPDATE seen"),
        ("GRANT UPDATE ON notes TO leverframe_tools", "UPDATE *"),
        ("GRANT DELETE ON notes TO leverframe_tools", "DELETE *"),
        ("REVOKE UPDATE (fee) ON notes FROM leverframe_tools", "it should"),
        ("REVOKE USAGE ON SCHEMA public FROM PUBLIC; REVOKE USAGE ON SCHEMA public FROM leverframe_tools", "schema"),
        ("ALTER TABLE notes ADD COLUMN secret text", "SELECT secret"),
    ],
)  # fmt: skip
async def test_what_somebody_undid_is_told_and_done_again(sql: Sql, undone: str, told: str) -> None:
    await sql(PLAIN)
    await sql(PROTECT)
    assert await sql(MISSING) == []
    for statement in undone.split("; "):
        await sql(statement)
    [(missing,)] = await sql(MISSING)
    assert told in str(missing)
    await sql(PROTECT)
    assert await sql(MISSING) == []


@pytest.mark.parametrize(
    ("made", "law", "why"),
    [
        ("CREATE VIEW v AS SELECT * FROM notes", "'v', 'holder', '{id}'", "not a table by itself"),
        ("CREATE TABLE kid () INHERITS (notes)", "'notes', 'holder'", "not a table by itself"),
        ("CREATE TABLE kid (PRIMARY KEY (id)) INHERITS (notes)", "'kid', 'holder'", "not a table by itself"),
        ("CREATE TABLE p (id int PRIMARY KEY, holder text) PARTITION BY LIST (id); "
         "CREATE TABLE p1 PARTITION OF p DEFAULT", "'p1', 'holder'", "not a table by itself"),
        ("", "'notes', 'owner'", "no column owner; it has id, holder, body, fee, seen"),
        ("", "'notes', 'holder', changes => '{boddy, fee}'", "no column boddy"),
        ("", "'notes', 'holder', adds => '{x}'", "no column x"),
        ("", "'notes', 'holder', reads => '{y}'", "no column y"),
        ("CREATE TABLE lines (id int PRIMARY KEY, note int)", "'lines', 'note', through => 'notes'",
         "note does not refer to public.notes"),
        ("CREATE TABLE lines (id int PRIMARY KEY, note int REFERENCES notes)", "'lines', 'note', through => 'notes'",
         "public.notes comes first: protect that, with id among the columns that may be read"),
        ("SELECT leverframe.protect('notes', 'holder', reads => '{body}'); CREATE TABLE lines (id int PRIMARY KEY, "
         "note int REFERENCES notes)", "'lines', 'note', through => 'notes'", "with id among"),
        ("", "'notes', 'holder', mark => 'z'", "no column z"),
        ("", "'notes', 'holder', mark => 'fee'", "fee cannot hold the id of an action"),
        ("", "'notes', 'fee'", "fee is of type numeric"),
        ("", "'notes', 'seen'", "seen is of type timestamp with time zone"),
        ("", "'notes', NULL, changes => '{body}'", "belong to nobody"),
        ("", "'notes', NULL, adds => '{id}'", "belong to nobody"),
        ("", "'notes', 'holder', '{body}'", "body does not tell its rows apart"),
        ("CREATE UNIQUE INDEX ON notes (body)", "'notes', 'holder', '{body}'", "without nulls"),
        ("CREATE UNIQUE INDEX ON notes (body) WHERE id > 1", "'notes', 'holder', '{body}'", "does not tell"),
        ("CREATE TABLE bare (holder text)", "'bare', 'holder'", "nothing does not tell"),
        ("", "'notes', 'holder', changes => '{id}'", "id says which row it is"),
        ("", "'notes', 'holder', changes => '{holder}'", "holder says which row it is, or whose"),
        ("", "'notes', 'holder', name => 'orders'", "another table is called orders"),
        ("CREATE TABLE orders (id int PRIMARY KEY, holder text)", "'public.orders', 'holder'", "is called orders"),
        ("CREATE TABLE subject_keys (id int PRIMARY KEY, holder text)", "'subject_keys', 'holder'", "is called"),
        ("CREATE POLICY dormant ON notes USING (id = 1)", "'notes', 'holder'", "policies of its own"),
        ("CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL, END'; "
         "CREATE TRIGGER capture AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION mine()",
         "'notes', 'holder'", "a trigger capture of its own"),
        ("CREATE COLLATION nocase FROM \"C\"; "
         "UPDATE pg_collation SET collisdeterministic = false WHERE collname = 'nocase'; "
         "ALTER TABLE notes ALTER holder TYPE text COLLATE nocase", "'notes', 'holder'", "different people"),
        ("GRANT SELECT, UPDATE ON notes TO PUBLIC", "'notes', 'holder', changes => '{body}'",
         "everybody (PUBLIC) may UPDATE fee, UPDATE holder, UPDATE id, UPDATE seen"),
        ("GRANT DELETE ON notes TO PUBLIC", "'notes', 'holder'", "may DELETE"),
        ("GRANT SELECT (seen) ON notes TO PUBLIC", "'notes', 'holder', reads => '{id}'", "may SELECT seen"),
    ],
)  # fmt: skip
async def test_what_cannot_be_protected_is_refused_in_words(sql: Sql, made: str, law: str, why: str) -> None:
    await sql(PLAIN)
    for statement in filter(None, made.split("; ")):
        await sql(statement.replace("NULL, END", "NULL; END"))
    with pytest.raises(DBAPIError) as refused:
        await sql(f"SELECT leverframe.protect({law})")
    assert why in str(refused.value.orig)
    assert "prote" in str(refused.value.orig)


@pytest.mark.parametrize("secured", [False, True])
async def test_audits_read_which_rows_name_an_action_and_nothing_else(
    sql: Sql, auditor: AsyncEngine, secured: bool
) -> None:
    await sql('CREATE TABLE "Nötes" (id bigint, "Nr." text, holder text, done_by text, PRIMARY KEY (id, "Nr."))')
    await sql("""INSERT INTO "Nötes" VALUES (9007199254740993, 'x', 'ann', 'a-1'), (2, 'y', 'bob', NULL)""")
    await sql("CREATE TABLE plain (id integer PRIMARY KEY, holder text, done_by text)")
    if secured:
        await sql('ALTER TABLE "Nötes" ENABLE ROW LEVEL SECURITY')
    law = """('"Nötes"', 'holder', mark => 'done_by')"""
    await sql(f"SELECT leverframe.protect{law}")
    await sql("SELECT leverframe.protect('plain', 'holder')")
    assert await sql(f"SELECT missing FROM leverframe.protection{law}") == []
    async with auditor.connect() as connection:
        marks = await connection.execute(text("SELECT * FROM leverframe.marks(NULL)"))
        assert [tuple(row) for row in marks] == [("a-1", '"Nötes"', {"id": "9007199254740993", "Nr.": "x"})]
        assert not (await connection.execute(text("SELECT * FROM leverframe.marks('a-2')"))).all()
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text('SELECT holder FROM "Nötes"'))


async def test_no_login_of_ours_can_protect_or_unprotect(sql: Sql, changed: Changed) -> None:
    await sql(PLAIN)
    await sql(PROTECT)
    for statement in (PROTECT, MISSING, "SELECT leverframe.granted('notes', 0)"):
        with pytest.raises(DBAPIError, match="permission denied for function"):
            await changed(statement)
