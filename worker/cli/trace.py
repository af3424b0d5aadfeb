from typing import Annotated

import typer

from worker.cli.terminal import console, errors, use_running_stack
from worker.cli.trace_tree import trace_tree
from worker.settings.base import load
from worker.settings.shared import WorkerSettings
from worker.telemetry.spans import read_spans


def trace(action: Annotated[str, typer.Argument(help="Id of the action.")]) -> None:
    """Draw an action's trace from the span files of this checkout's processes."""
    use_running_stack()
    folder = load(WorkerSettings).spans_dir
    spans = read_spans(folder, action)
    if not spans:
        errors.print(f"There are no spans of {action} in {folder}.", markup=False)
        raise typer.Exit(1)
    console.print(trace_tree(action, spans))
