"""Tickets of the business, from a CSV file whose columns are mapped: what a user wrote, and what people did."""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import JsonValue, ValidationError

from leverframe.contracts.people import Did
from leverframe.starting import expected
from machines.registry import machine_for
from machines.states import Decide

COLUMNS = ("id", "user", "text", "did", "minutes", "kind", "language", "facts", "written_on", "action_id")
MOST = 50_000


@dataclass(frozen=True)
class Ticket:
    """One row."""

    row: int
    id: str
    user: str
    """The business's id of the user."""
    text: str
    did: Did | None
    """What people did, in the words of the action's machine, if the file says so."""
    facts: dict[str, JsonValue] | None
    """What the scoped reads would have returned then; ``None`` where they are to be read."""
    written_on: str
    action_id: str
    """Of the action that the row is about, where it is about one that has run."""


def read_tickets(path: Path, action: str, columns: Collection[str], needed: Collection[str]) -> list[Ticket]:
    """The rows of a UTF-8 CSV file with a line of names at its top.

    ``columns`` are mappings such as ``text=body`` or ``did.cancel=refund approved``: which column is which, and which
    of the business's own words in ``did`` means which event. A column with the name of an argument is that argument.
    Raises :class:`typer.BadParameter`, which names the row and never what stands in it.
    """
    mapped, meant = _mapping(columns)
    names = {name: mapped.get(name, name) for name in (*COLUMNS, *_arguments(action))}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            head = reader.fieldnames or []
            if missing := [names[name] for name in needed if names[name] not in head]:
                raise typer.BadParameter(
                    f"{path} has no column {', '.join(missing)}; it has {', '.join(head) or 'none'}. "
                    "Say which column is which: --column text=body"
                )
            return list(_rows(path, reader, names, meant, action, needed))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise typer.BadParameter(f"{path} cannot be read as a CSV file in UTF-8: {type(error).__name__}") from None


def _mapping(columns: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    mapped: dict[str, str] = {}
    meant: dict[str, str] = {}
    for one in columns:
        name, found, column = one.partition("=")
        if not found or not name or not column:
            raise typer.BadParameter(f"{one!r} maps nothing; expected NAME=COLUMN, such as text=body")
        if name.startswith("did."):
            meant[column.casefold()] = name.removeprefix("did.")
        else:
            mapped[name] = column
    return mapped, meant


def _arguments(action: str) -> list[str]:
    """Names of all arguments that a proposal of the action can have, clauses included."""
    try:
        machine = machine_for(action)
    except LookupError as error:
        raise typer.BadParameter(str(error)) from None
    decides = [state for state in machine.states if isinstance(state, Decide)]
    return list(dict.fromkeys(name for state in decides for one in state.offers.values() for name in one.model_fields))


def _rows(
    path: Path,
    reader: "csv.DictReader[str]",
    names: Mapping[str, str],
    meant: Mapping[str, str],
    action: str,
    needed: Collection[str],
) -> Iterator[Ticket]:
    for number, row in enumerate(reader, 2):
        if number > MOST + 1:
            raise typer.BadParameter(f"{path} has over {MOST} rows; give them in parts")
        cells = {name: (row.get(column) or "").strip() for name, column in names.items()}
        if empty := [names[name] for name in needed if not cells[name]]:
            raise typer.BadParameter(f"{path}, row {number}: nothing stands in {', '.join(empty)}")
        arguments: dict[str, JsonValue] = {name: cells[name] for name in _arguments(action) if cells[name]}
        try:
            told: dict[str, JsonValue] = {"group": cells["kind"], "language": cells["language"].lower()[:2]}
            event = meant.get(cells["did"].casefold(), cells["did"])
            minutes = float(cells["minutes"].replace(",", ".")) if cells["minutes"] else None
            did = Did.model_validate({**told, "event": event, "arguments": arguments, "minutes": minutes})
            facts = json.loads(cells["facts"]) if cells["facts"] else None
            if facts is not None and not isinstance(facts, dict):
                raise ValueError("facts: expected a JSON object")
        except ValidationError as error:
            if cells["did"] or cells["minutes"]:
                raise typer.BadParameter(f"{path}, row {number}: {expected(error)}") from None
            did, facts = None, json.loads(cells["facts"]) if cells["facts"] else None
        except ValueError:
            raise typer.BadParameter(
                f"{path}, row {number}: expected minutes as a number, and facts as a JSON object"
            ) from None
        yield Ticket(
            number, cells["id"], cells["user"], cells["text"], did, facts, cells["written_on"], cells["action_id"]
        )
