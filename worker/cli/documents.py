"""``python -m worker documents``: what the company's documents say, taken in, listed, tried out and taken away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

documents = typer.Typer(
    name="documents",
    help="The company's documents, which actions find answers in.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@documents.command("ingest")
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of them: Markdown, HTML, PDF, Word.")],
    owner: Annotated[str, typer.Option(help="Who answers for what they say.")],
    dated: Annotated[str, typer.Option(help="Of which day they are; else the day each file was last changed.")] = "",
    subject: Annotated[str, typer.Option(help="Whose they are, where they are about one person.")] = "",
    language: Annotated[str, typer.Option(help="As PostgreSQL calls it, such as english; else it is found out.")] = "",
) -> None:
    """Take documents in, each as its newest version. A file that has not changed adds none."""
    from tools.documents.cutting import plain_text, slug
    from tools.documents.kept import Document, prepare
    from tools.documents.language import configuration
    from tools.documents.meaning import Meaning
    from tools.documents.reading import as_html
    from tools.documents.taking import take_in
    from worker.cli.terminal import console, run

    day = _day(dated)
    url = _owner_url()

    async def take_all() -> None:
        meaning = Meaning()
        try:
            for root, file in _files(paths):
                html = as_html(file.name, file.read_bytes())
                name = file.relative_to(root).with_suffix("").as_posix()
                document = Document(
                    id=slug(name) if not subject else f"{slug(subject)}-{slug(name)}",
                    title=file.stem.replace("_", " ").replace("-", " "),
                    source=file.relative_to(root).as_posix(),
                    dated=day or datetime.fromtimestamp(file.stat().st_mtime, UTC).date(),
                    owner=owner,
                    subject=subject or None,
                    language=language or configuration(plain_text(html)),
                )
                kept = await take_in(url, meaning, document, html)
                told = f"{kept.new} new, {kept.changed} changed, {kept.gone} gone"
                console.print(f"{document.id}: version {kept.version}, {document.language}; {told}", markup=False)
        finally:
            await meaning.close()

    with _told():
        prepare(url)
        run(take_all())


@documents.command("list")
def list_documents() -> None:
    """Which documents there are, in which version, with date and owner."""
    from rich.table import Table
    from rich.text import Text

    from tools.documents.kept import all_documents
    from worker.cli.terminal import console

    table = Table("document", "version", "date", "owner", "whose", "passages", "source")
    with _told():
        for row in all_documents(_owner_url()):
            table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)


@documents.command("forget")
def forget_document(
    document: Annotated[str, typer.Argument(help="Its id, as 'list' tells it.")],
) -> None:
    """Delete a document in all its versions. What actions have cited of it stays with them."""
    from tools.documents.kept import connect, forget
    from worker.cli.terminal import console

    with _told(), connect(_owner_url()) as connection:
        gone = forget(connection, document)
    console.print(f"{document}: {gone} versions are deleted." if gone else f"There is no document {document}.")
    raise typer.Exit(0 if gone else 1)


@contextmanager
def _told() -> Iterator[None]:
    from psycopg import OperationalError

    from tools.documents.kept import NoVectors
    from tools.documents.reading import UnreadableDocument
    from worker.embedded.process import ServiceError

    try:
        yield
    except (NoVectors, UnreadableDocument, OSError) as error:
        raise ServiceError(str(error)) from error
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error}") from error


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; expected one such as 2026-11-30") from None


def _files(paths: list[Path]) -> Iterator[tuple[Path, Path]]:
    """Each file, with the folder that its name counts from."""
    from tools.documents.reading import READERS

    for path in paths:
        if path.is_dir():
            yield from ((path, file) for file in sorted(path.rglob("*")) if file.suffix.lower() in READERS)
        else:
            yield path.parent, path


def _owner_url() -> str:
    from worker.cli.terminal import use_running_stack
    from worker.settings.base import load
    from worker.settings.owner import DocumentSettings

    use_running_stack()
    return load(DocumentSettings).owner_database_url.get_secret_value()
