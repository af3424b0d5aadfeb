"""``python -m worker`` as somebody types it: a process of its own, with its exit code and output.

It is forked from a process that has imported what commands need, and has done nothing else: an interpreter of its own
spends most of a command's time on its imports. The house's command line itself is imported anew each time, with the
environment that it is given. Where how a process starts is what is tested, start an interpreter.
"""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

IMPORTED = (
    "audit.audit", "audit.report", "evals.running", "leverframe", "machines.shop", "sqlalchemy.ext.asyncio",
    "temporalio.worker", "tests.support.command", "tools.scope", "typer.rich_utils", "worker.connection",
    "worker.settings.tools", "worker.telemetry.setup",
)  # fmt: skip
"""None of them reads the environment as it is imported, nor starts a thread."""

SECONDS = 120

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload([*IMPORTED])


async def command(
    *arguments: str | Path, environment: Mapping[str, str], folder: Path | None = None
) -> tuple[int, str]:
    """Exit code and all output, as it came."""
    done = await asyncio.to_thread(_run, "worker", arguments, environment, folder, apart=False)
    return done.returncode, done.stdout


async def of_module(module: str, *arguments: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """The same for ``python -m MODULE``."""
    done = await asyncio.to_thread(_run, module, arguments, environment, None, apart=False)
    return done.returncode, done.stdout


def completed(
    *arguments: str | Path, environment: Mapping[str, str], folder: Path | None = None
) -> "CompletedProcess[str]":
    """The command's end, with its output and errors apart.

    The ``environment`` is all that it is told; it runs in the ``folder``, or where we are.
    """
    return _run("worker", arguments, environment, folder, apart=True)


def _run(
    module: str, arguments: Iterable[str | Path], environment: Mapping[str, str], folder: Path | None, *, apart: bool
) -> "CompletedProcess[str]":
    given = [str(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as told:
        output, errors = Path(told, "output"), Path(told, "errors" if apart else "output")
        process = forked(module, *given, environment=environment, folder=folder, output=output, errors=errors)
        process.join(SECONDS)
        if late := process.exitcode is None:
            process.kill()
            process.join()
        out, err = output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8") if apart else ""
        if late:
            raise TimeoutExpired(given, SECONDS, out, err)
        return CompletedProcess(given, process.exitcode or 0, out, err)


def forked(
    module: str,
    *arguments: str,
    environment: Mapping[str, str],
    output: Path,
    errors: Path | None = None,
    folder: Path | None = None,
) -> BaseProcess:
    """``python -m MODULE``, begun in such a process; what it prints is added to the files."""
    told = (module, [*arguments], {**environment}, str(folder or Path.cwd()), str(output), str(errors or output))
    process = _forking.Process(target=_become, args=told)
    process.start()
    return process


def _become(
    module: str, arguments: list[str], environment: dict[str, str], folder: str, output: str, errors: str
) -> None:
    """What an interpreter would do before ``-m MODULE``."""
    for path, number in ((os.devnull, 0), (output, 1), (errors, 2)):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
