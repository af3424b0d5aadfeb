"""Everything about one person, as files that only their owner can read."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import typer
from sqlalchemy.exc import OperationalError

from audit.person import Person, about
from audit.report.action import action_report
from leverframe.pseudonym import PSEUDONYM
from tools.scope import create_engine
from worker.cli.audit import Auditing, auditing
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.connection import connect
from worker.embedded.process import ServiceError
from worker.keys.rings import write_private
from worker.private_files import private_folder
from worker.settings.base import load
from worker.settings.shared import PayloadSettings


def run_person(pseudonym: str, folder: Path) -> None:
    """Write it into a new folder; exit with 1 where nothing is recorded about them."""
    if not PSEUDONYM.fullmatch(pseudonym):
        raise typer.BadParameter(f"{pseudonym!r} is no pseudonym; expected 16 hex characters")
    if folder.exists():
        raise typer.BadParameter(f"{folder} is there already")
    use_running_stack()
    with auditing() as access:
        found = run(_asked(access, pseudonym))
    if not found.actions and not found.words:
        errors.print(f"Nothing is recorded about {pseudonym}.", markup=False)
        raise typer.Exit(1)
    private_folder(folder)
    made = datetime.now(UTC)
    for audit in found.actions:
        page = action_report(audit, made).encode("ascii", "xmlcharrefreplace").decode()
        write_private(folder / f"{re.sub('[^A-Za-z0-9_-]', '-', audit.action_id)}.html", page)
    write_private(folder / "everything.json", json.dumps(found.written(), indent=2))
    console.print(
        f"Wrote {len(found.actions)} actions to {folder}. Read them before you hand them over: pages name who decided.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


async def _asked(access: Auditing, pseudonym: str) -> Person:
    client = await connect(payload_keys=load(PayloadSettings).keys, people=access.people)
    engine = create_engine(access.url)
    try:
        return await about(pseudonym, engine, access.people, client)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()
