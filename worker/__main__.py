import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

from rich.text import Text

from leverframe import NoAnswer
from leverframe.telling import inert
from worker.cli.app import app
from worker.cli.terminal import EXPECTED, errors
from worker.settings.base import SettingsError

FAILED, NOT_KNOWN = 2, 3
"""Exit codes; the latter where no answer came, so that what was asked for may have happened all the same."""


def main() -> NoReturn:
    """Run a command; what can go wrong outside the program is told in words, without a traceback."""
    try:
        app()
    except EXPECTED as error:
        # Of settings each line tells of one, in words of our own.
        for line in str(error).splitlines() if isinstance(error, SettingsError) else [error]:
            errors.print(Text(f"Error: {inert(line)}", "red"), soft_wrap=True)
        _leave(NOT_KNOWN if isinstance(error, NoAnswer) and error.action_id else FAILED)
    except KeyboardInterrupt:
        _leave(130)
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            errors.print(leaving.code, markup=False, highlight=False)
        _leave(leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None))
    _leave(0)


def _leave(code: int) -> NoReturn:
    """End the process with all that is due at its end, but without taking the interpreter apart.

    Threads of Temporal's client outlive it, and abort a process that has succeeded (temporalio/sdk-python #300).
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # Whoever was to read it may be gone.
        with suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
