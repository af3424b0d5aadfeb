from pathlib import Path
from typing import Annotated

import typer


def person(
    who: Annotated[str, typer.Argument(metavar="PSEUDONYM", help="16 hex characters, as every action's id has them.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.", file_okay=False)],
) -> None:
    """Write everything that is recorded about one person, who asks for it: a page per action, and all as JSON."""
    from worker.cli.exporting_person import run_person

    run_person(who, folder)
