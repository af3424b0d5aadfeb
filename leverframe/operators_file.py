"""The operators' directory as it stands now: who came or lost a device since counts at once, without a restart."""

from pathlib import Path

from leverframe.contracts.decision import Trust
from leverframe.operators import Operators


class OperatorsFile:
    """Reads the directory again whenever its file has changed."""

    def __init__(self, path: Path | None, least: Trust) -> None:
        """Raises :class:`~leverframe.operators.InvalidOperators`, as calling it does."""
        self._path, self._least = path, least
        self._seen = self._stamp()
        self._operators = Operators.load(path, least)

    def __call__(self) -> Operators:
        """The directory; while it cannot be read, nobody's decision is judged by an older one."""
        if (stamp := self._stamp()) != self._seen:
            self._operators, self._seen = Operators.load(self._path, self._least), stamp
        return self._operators

    def _stamp(self) -> tuple[int, int, int] | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
