"""Takes documents in, in versions: what a passage said stays readable for whoever cited it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from tools.documents.cutting import Piece
from tools.documents.meaning import NAME, Vector
from tools.kernel.chains import Chain
from tools.kernel.libpq import libpq
from tools.kernel.migrate import add_tables

TABLES = Chain("documents", Path(__file__).parent / "migrations" / "versions", "migrations_documents")
LOCK = 4_817_002
"""Advisory lock: one document after the other."""
TITLE_COUNTS = 2
"""How often the words of a passage's headings count as those of its text."""


class NoVectors(RuntimeError):
    """The database has no pgvector; the message says what to do."""


@dataclass(frozen=True)
class Document:
    """What stands beside a document's text."""

    id: str
    title: str
    source: str
    """Where it came from: a file's name, or an address."""
    dated: date
    """Of when it is."""
    owner: str
    """Who answers for it."""
    subject: str | None = None
    """Whose it is, where it is about one person."""
    language: str = "simple"
    """A text search configuration of PostgreSQL."""


@dataclass(frozen=True)
class Kept:
    """What came of it, in passages."""

    version: int
    """Of the document; the one before where nothing has changed."""
    new: int
    changed: int
    gone: int


def prepare(owner_url: str) -> None:
    """Make the tables of documents, where they are not there; raises :class:`NoVectors`."""
    with psycopg.connect(libpq(owner_url), autocommit=True) as connection:
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege):
            raise NoVectors(
                "documents need the extension vector (pgvector): install it on the database server, and let a "
                "superuser run CREATE EXTENSION vector in this database"
            ) from None
    add_tables(owner_url, TABLES)


def connect(owner_url: str) -> psycopg.Connection:
    """A connection of the database's owner."""
    connection = psycopg.connect(libpq(owner_url), autocommit=True)
    connection.execute("SET ROLE leverframe_owner")
    return connection


def missing(connection: psycopg.Connection, document: Document, pieces: Sequence[Piece]) -> list[Piece]:
    """The passages whose text was not known yet, for which a vector is needed."""
    known = _known(connection, document)
    return [piece for piece in pieces if known.get(piece.id) != piece.digest]


def keep(
    connection: psycopg.Connection, document: Document, pieces: Sequence[Piece], vectors: Sequence[Vector]
) -> Kept:
    """Take a document in; ``vectors`` are those of its :func:`missing` passages, in order.

    A passage whose text is new gets its next version; one that is gone is in force no longer. All or nothing.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        before = _in_force(connection, document)
        added = missing(connection, document, pieces)
        if len(added) != len(vectors):
            raise RuntimeError(f"{document.id}: somebody else has taken it in meanwhile; try again")
        gone = sorted(before - {piece.id for piece in pieces})
        newest = _newest(connection, document)
        if newest and not added and not gone:
            return Kept(newest, 0, 0, 0)
        _add_document(connection, document, newest + 1)
        _retire(connection, [*gone, *(piece.id for piece in added)])
        for piece, vector in zip(added, vectors, strict=True):
            _add(connection, document, newest + 1, piece, vector)
    changed = sum(piece.id in before for piece in added)
    return Kept(newest + 1, len(added) - changed, changed, len(gone))


def forget(connection: psycopg.Connection, document: str) -> int:
    """Delete a document in all its versions; returns how many there were. Citations keep what they say."""
    return connection.execute("DELETE FROM leverframe.documents WHERE id = %s", (document,)).rowcount


def all_documents(owner_url: str) -> list[tuple[str, int, date, str, str, int, str]]:
    """Id, newest version, date, owner, whose, passages in force and source of each document."""
    with connect(owner_url) as connection:
        if connection.execute("SELECT to_regclass('leverframe.documents')").fetchone() != (None,):
            return connection.execute(
                """SELECT DISTINCT ON (d.id) d.id, d.version, d.dated, d.owner, coalesce(d.subject, 'everybody'),
                    (SELECT count(*) FROM leverframe.passages p WHERE p.document = d.id AND p.until IS NULL), d.source
                FROM leverframe.documents d ORDER BY d.id, d.version DESC"""
            ).fetchall()
    return []


def _known(connection: psycopg.Connection, document: Document) -> dict[str, str]:
    """What its passages in force say, as digests; nothing where other things stand beside the document now."""
    rows = connection.execute(
        """SELECT p.id, p.digest FROM leverframe.passages p
        JOIN leverframe.documents d ON d.id = p.document AND d.version = p.document_version
        WHERE p.document = %s AND p.until IS NULL AND p.model = %s AND p.language = %s::regconfig
          AND (d.source, d.owner, d.subject) IS NOT DISTINCT FROM (%s, %s, %s)""",
        (document.id, NAME, document.language, document.source, document.owner, document.subject),
    )
    return dict(rows.fetchall())


def _in_force(connection: psycopg.Connection, document: Document) -> set[str]:
    rows = connection.execute(
        "SELECT id FROM leverframe.passages WHERE document = %s AND until IS NULL", (document.id,)
    )
    return {row[0] for row in rows.fetchall()}


def _newest(connection: psycopg.Connection, document: Document) -> int:
    """The document's newest version; 0 where there is none."""
    row = connection.execute("SELECT max(version) FROM leverframe.documents WHERE id = %s", (document.id,)).fetchone()
    return int(row[0] or 0) if row else 0


def _add_document(connection: psycopg.Connection, document: Document, version: int) -> None:
    connection.execute(
        """INSERT INTO leverframe.documents (id, version, title, source, dated, owner, subject)
        VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (
            document.id, version, document.title, document.source, document.dated, document.owner, document.subject
        ),
    )  # fmt: skip


def _retire(connection: psycopg.Connection, ids: Sequence[str]) -> None:
    rows = connection.execute(
        """UPDATE leverframe.passages SET until = clock_timestamp() WHERE id = ANY (%s) AND until IS NULL
        RETURNING number""",
        (list(ids),),
    ).fetchall()
    connection.execute("DELETE FROM leverframe.passage_words WHERE passage = ANY (%s)", ([row[0] for row in rows],))


def _add(connection: psycopg.Connection, document: Document, version: int, piece: Piece, vector: Vector) -> None:
    searched = f"{piece.heading}\n" * TITLE_COUNTS + piece.body
    connection.execute(
        """WITH words AS (
            SELECT lexeme AS word, cardinality(positions) AS times
            FROM unnest(to_tsvector(%(language)s::regconfig, %(searched)s))
        ), added AS (
            INSERT INTO leverframe.passages (id, version, document, document_version, heading, body, digest, subject,
                language, length, model, meaning)
            SELECT %(id)s, 1 + coalesce((SELECT max(version) FROM leverframe.passages WHERE id = %(id)s), 0),
                %(document)s, %(version)s, %(heading)s, %(body)s, %(digest)s, %(subject)s, %(language)s::regconfig,
                coalesce((SELECT sum(times) FROM words), 0), %(model)s, %(meaning)s::vector
            RETURNING number, language, subject
        ) INSERT INTO leverframe.passage_words (language, word, passage, times, subject)
        SELECT language, word, number, times, subject FROM words, added""",
        {
            "searched": searched, "id": piece.id, "document": document.id, "version": version,
            "heading": piece.heading, "body": piece.body, "digest": piece.digest, "subject": document.subject,
            "language": document.language, "model": NAME, "meaning": str(list(vector)),
        },
    )  # fmt: skip
