"""Passkeys come into the operators' directory and lost ones are marked; the rest of the file stays as it is written."""

from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from leverframe.operators import InvalidOperators, Operators
from leverframe.passkeys import Passkey


def take_in(directory: Path, person: str, passkey: Passkey) -> None:
    """Add the passkey to the person's. Raises InvalidOperators: they are not in the directory, or it is somebody's."""
    document = _read(directory)
    entry = _entry(document, directory, person)
    added = tomlkit.inline_table()
    added.update(passkey.model_dump(include={"id", "key", "site"}))
    entry.setdefault("passkeys", tomlkit.array().multiline(True)).append(added)
    _write(directory, document)


def revoke(directory: Path, person: str, credential: str) -> int:
    """Mark the person's passkeys whose id begins so; returns how many. Raises InvalidOperators."""
    document = _read(directory)
    lost = [one for one in _entry(document, directory, person).get("passkeys", []) if one["id"].startswith(credential)]
    for one in lost:
        one["revoked"] = True
    _write(directory, document)
    return len(lost)


def _read(directory: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(directory.read_text(encoding="utf-8"))
    except (OSError, ValueError, TOMLKitError) as error:
        raise InvalidOperators(f"the operators' directory {directory} cannot be read: {error}") from None


def _entry(document: tomlkit.TOMLDocument, directory: Path, person: str) -> Any:
    if person not in document:
        raise InvalidOperators(
            f"the operators' directory {directory} has no [{person}]; expected one of {_names(document)}"
        )
    return document[person]


def _names(document: tomlkit.TOMLDocument) -> str:
    return ", ".join(document) or "those that stand there, and there is none"


def _write(directory: Path, document: tomlkit.TOMLDocument) -> None:
    """All or nothing: whoever reads meanwhile reads the old or the new directory, and never one that does not load."""
    changed = directory.with_name(f".{directory.name}.new")
    changed.touch(mode=directory.stat().st_mode & 0o777)
    changed.write_text(tomlkit.dumps(document), encoding="utf-8")
    try:
        Operators.load(changed, "claimed")
        changed.replace(directory)
    finally:
        changed.unlink(missing_ok=True)
