"""Reading JSON-lines files so that a mistake in one is found at once."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

Row = TypeVar("Row", bound=BaseModel)


class MalformedData(ValueError):
    """A file of cases or labelled texts cannot be read; names the file, the line and what was expected."""


def read_lines(path: Path, kind: type[Row]) -> list[Row]:
    """Each line of a UTF-8 file as a ``kind``, empty lines left out.

    A line ends with a line feed: ``str.splitlines`` also splits at characters that JSON allows in strings.

    Raises:
        MalformedData: at the first line that is none, or where there is no line at all.
    """
    try:
        # Some programs begin a file with a byte order mark.
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedData(f"{path}: expected UTF-8 text; byte {error.start} is not") from None
    except OSError as error:
        raise MalformedData(f"{path}: cannot be read ({error.strerror})") from None
    rows = [_row(path, number, line, kind) for number, line in enumerate(lines, 1) if line.strip(" \t\r")]
    if not rows:
        raise MalformedData(f"{path}: holds no line; expected a JSON object on each")
    return rows


def _row(path: Path, number: int, line: str, kind: type[Row]) -> Row:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        # Only where and what kind: the line itself may hold anything.
        faults = (f"{'.'.join(map(str, fault['loc'])) or 'the line'}: {fault['msg']}" for fault in error.errors())
        raise MalformedData(f"{path}, line {number}: {'; '.join(faults)}") from None
