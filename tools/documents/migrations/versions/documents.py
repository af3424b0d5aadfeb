"""Documents in versions, their passages, and the words of those that are in force."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """CREATE TABLE leverframe.documents (
        id text CHECK (id <> ''), version integer CHECK (version >= 1),
        title text NOT NULL, source text NOT NULL, dated date NOT NULL,
        owner text NOT NULL CHECK (owner <> ''),
        -- Whose it is, where it is about one person; nobody else's action reads it then.
        subject text CHECK (subject <> ''),
        added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (id, version))""",
    """CREATE TABLE leverframe.passages (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL CHECK (id <> ''), version integer NOT NULL CHECK (version >= 1),
        document text NOT NULL, document_version integer NOT NULL,
        heading text NOT NULL, body text NOT NULL, digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        subject text CHECK (subject <> ''),
        language regconfig NOT NULL, length integer NOT NULL,
        model text NOT NULL, meaning vector NOT NULL,
        until timestamptz,
        UNIQUE (id, version),
        FOREIGN KEY (document, document_version) REFERENCES leverframe.documents ON DELETE CASCADE)""",
    # Each search reads them all: in the row, not beside it.
    "ALTER TABLE leverframe.passages ALTER COLUMN meaning SET STORAGE PLAIN",
    "CREATE UNIQUE INDEX passages_in_force ON leverframe.passages (id) WHERE until IS NULL",
    "CREATE INDEX passages_of ON leverframe.passages (document, document_version)",
    # PostgreSQL ranks by how often a word stands in a text; BM25 needs also in how many texts it stands.
    """CREATE TABLE leverframe.passage_words (
        language regconfig, word text, passage bigint REFERENCES leverframe.passages ON DELETE CASCADE,
        times integer NOT NULL, subject text,
        PRIMARY KEY (language, word, passage))""",
    "CREATE INDEX passage_words_of ON leverframe.passage_words (passage)",
    *(
        statement
        for table in ("documents", "passages", "passage_words")
        for statement in (
            f"ALTER TABLE leverframe.{table} ENABLE ROW LEVEL SECURITY",
            f"""CREATE POLICY own_or_everybodys ON leverframe.{table} FOR SELECT TO leverframe_tools
            USING (subject IS NULL OR subject = (SELECT leverframe.subject()))""",
            f"GRANT SELECT ON leverframe.{table} TO leverframe_tools",
            f"CREATE POLICY everything ON leverframe.{table} FOR SELECT TO leverframe_auditor USING (true)",
            f"GRANT SELECT ON leverframe.{table} TO leverframe_auditor",
        )
    ),
    # On which passage an approved plan rests: a row of the plan, which people read, and which differs when the passage
    # does. The ledger has it as any effect.
    """CREATE TABLE leverframe.citations (
        id uuid PRIMARY KEY, subject text NOT NULL, passage text NOT NULL, version integer NOT NULL,
        heading text NOT NULL, body text NOT NULL, source text NOT NULL, dated text NOT NULL, owner text NOT NULL)""",
    """SELECT leverframe.protect('leverframe.citations', 'subject', adds =>
        '{id, passage, version, heading, body, source, dated, owner}', name => 'documents.citations')""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
