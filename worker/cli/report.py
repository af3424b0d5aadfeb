"""Reports for auditors, each one HTML file that needs nothing but itself."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import typer
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.audit import audit_action
from audit.drift.gathering import with_drift
from audit.report.action import action_report
from audit.report.period import period_report
from tools.scope import create_engine
from worker.cli.audit import Auditing, auditing, before_much
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.embedded.process import ServiceError
from worker.keys.rings import write_private
from worker.settings.returns import by_hand

Answer = TypeVar("Answer")


def report_action(action: str, out: Path | None) -> None:
    """Write one action's report; exit with 1 when its ledger does not verify, which the report shows too."""
    use_running_stack()
    with auditing() as access:
        audit = run(_asked(access, lambda engine: audit_action(engine, action, access.people)))
    if not audit.entries and not audit.problems:
        errors.print(f"The ledger knows no action {action}.", markup=False)
        raise typer.Exit(1)
    _write(out or Path(f"report-{re.sub('[^A-Za-z0-9_-]', '-', action)}.html"), action_report(audit, datetime.now(UTC)))
    for problem in audit.problems:
        errors.print(str(problem), style="red", markup=False)
    if audit.problems:
        raise typer.Exit(1)


def report_period(since: date, to: date, out: Path | None) -> None:
    """Write the report of the actions that began from one day to another, both included."""
    use_running_stack()
    before_much()
    usual = by_hand()
    with auditing() as access:
        figures, drifted = run(_asked(access, lambda engine: with_drift(engine, since, to, access.people)))
    _write(
        out or Path(f"report-{since}-{to}.html"), period_report(figures, since, to, datetime.now(UTC), drifted, usual)
    )


async def _asked(access: Auditing, question: Callable[[AsyncEngine], Awaitable[Answer]]) -> Answer:
    engine = create_engine(access.url)
    try:
        return await question(engine)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()


def _write(path: Path, page: str) -> None:
    """For the auditor alone: it holds what was sealed. In ASCII, which is the same in every encoding."""
    try:
        write_private(path, page.encode("ascii", "xmlcharrefreplace").decode())
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}") from None
    console.print(f"Wrote {path}", markup=False, highlight=False, soft_wrap=True)
