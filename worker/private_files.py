"""What the embedded services and the workers keep is for the user who runs them, and nobody else on the machine."""

import os
import shutil
import stat
from pathlib import Path
from typing import TextIO

PRIVATE = 0o600
OTHERS = 0o077
"""The permissions that files here do not have; as a umask for the services."""


def private_folder(folder: Path, owner: str | None = None) -> None:
    """Make the folder if there is none, and keep others out; a shared one, such as ``/tmp``, stays as it is.

    Where root starts a service that runs as another user, ``owner``, it becomes theirs: root enters it all the same.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & stat.S_ISVTX:
        return
    if owner:
        shutil.chown(folder, owner)
    folder.chmod(0o700)


def open_private(path: Path) -> TextIO:
    """A file to append to."""
    return open(path, "a", encoding="utf-8", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)
