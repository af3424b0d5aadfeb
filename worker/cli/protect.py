from typing import TYPE_CHECKING, Annotated

import typer

from leverframe.errors import InvalidRequest
from worker.cli.terminal import console, use_running_stack
from worker.embedded.process import ServiceError
from worker.settings.base import load

if TYPE_CHECKING:
    from tools.kernel.protection import Missing


def protect(
    table: Annotated[str, typer.Argument(help="As SQL writes it, such as crm.contracts.")],
    owner: Annotated[str | None, typer.Option(help="The column that says whose a row is.")] = None,
    through: Annotated[str | None, typer.Option(help="The protected table to which that column refers.")] = None,
    shared: Annotated[bool, typer.Option("--shared", help="Its rows are nobody's, and are only read.")] = False,
    columns: Annotated[str, typer.Option(help="Which may be changed, with commas between.")] = "",
    adds: Annotated[str, typer.Option(help="Which a new row is given; no rows are added if left out.")] = "",
    reads: Annotated[str | None, typer.Option(help="Which may be read; all if left out.")] = None,
    key: Annotated[str | None, typer.Option(help="By which plans name a row; the primary key if left out.")] = None,
    name: Annotated[str | None, typer.Option(help="What plans call the table, if not what SQL does.")] = None,
    mark: Annotated[str | None, typer.Option(help="Where a row names the action that changed it, for audits.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is missing; exit code 1 if something is.")] = False,
) -> None:
    """Print the SQL that lets actions work on a table that you have, each on the rows of its own user.

    It changes nothing: the table's owner reads the SQL, and runs it.
    """
    if (owner is None) != shared:
        raise typer.BadParameter("give either --owner COLUMN or --shared")
    # Only here: the other commands have no use for them.
    from psycopg import OperationalError

    from tools.kernel.protection import NotProtectable, Protection, missing
    from worker.settings.owner import ProtectionSettings

    use_running_stack()
    asked = Protection(
        table,
        owner,
        key=None if key is None else _names(key),
        changes=_names(columns),
        adds=_names(adds),
        reads=None if reads is None else _names(reads),
        name=name,
        mark=mark,
        through=through,
    )
    try:
        found = missing(load(ProtectionSettings).owner_database_url.get_secret_value(), asked)
    except NotProtectable as error:
        raise InvalidRequest(str(error)) from None
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error}") from error
    _say(f"-- {table}: nothing is missing." if not found else "")
    for one in found if check else ():
        _say(f"{table}: {one.what}")
    if check and found:
        raise typer.Exit(1)
    if found:
        _say("BEGIN;", *(line for one in found for line in _written(one)), "COMMIT;")


def _names(columns: str) -> list[str]:
    return [name for name in map(str.strip, columns.split(",")) if name]


def _written(one: "Missing") -> tuple[str, ...]:
    return (f"-- {one.what}", f"{one.statement};" if one.statement else "-- (not for Leverframe to change)")


def _say(*lines: str) -> None:
    for line in filter(None, lines):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
