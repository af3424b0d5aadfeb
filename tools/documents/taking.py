"""What was read becomes a document: cut, and kept with what its passages mean."""

from tools.documents.cutting import Piece, cut
from tools.documents.kept import Document, Kept, connect, keep, missing
from tools.documents.meaning import Meaning
from tools.documents.reading import UnreadableDocument

AT_ONCE = 16
"""Passages whose meaning is asked for in one question."""


async def take_in(owner_url: str, meaning: Meaning, document: Document, html: str) -> Kept:
    """Take a file, as it was read (:func:`~tools.documents.reading.as_html`), in as the newest version of a document.

    Raises :class:`~tools.documents.reading.UnreadableDocument` where there is nothing to read in it.
    """
    pieces = cut(document.id, document.title, html)
    if not pieces:
        raise UnreadableDocument(
            f"{document.source}: there is no text in it; a scanned page needs text recognition first"
        )
    return await take_in_pieces(owner_url, meaning, document, pieces)


async def take_in_pieces(owner_url: str, meaning: Meaning, document: Document, pieces: list[Piece]) -> Kept:
    """As :func:`take_in`, of what was cut before."""
    with connect(owner_url) as connection:
        added = missing(connection, document, pieces)
        vectors = []
        for start in range(0, len(added), AT_ONCE):
            texts = [f"{piece.heading}\n{piece.body}" for piece in added[start : start + AT_ONCE]]
            vectors += await meaning.of("passage", texts)
        return keep(connection, document, pieces, vectors)
