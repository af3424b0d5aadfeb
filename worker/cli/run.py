import logging

import typer

from leverframe.contracts.names import Role
from worker.cli.terminal import console, errors, run, stop_on_signals
from worker.connection import connect
from worker.isolation import close_to_others
from worker.own_secrets import forget_secrets
from worker.roles import RoleSettings, load_roles, serve
from worker.telemetry import start_telemetry


def run_roles(chosen: tuple[Role, ...]) -> None:
    """Run the roles' workers until Ctrl-C."""
    close_to_others()
    settings = load_roles(chosen)
    forget_secrets()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # One line for each call of the model would drown the rest.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    if "tools" in chosen:
        _check_tools()
    run(_run(chosen, settings))


def _check_tools() -> None:
    from machines.registry import machines
    from tools.catalogue import TOOLBOX
    from worker.tool_check import ToolMismatch, check_tools

    try:
        check_tools(machines(), TOOLBOX)
    except ToolMismatch as error:
        errors.print(f"Error: {error}", style="red", markup=False)
        raise typer.Exit(2) from None


async def _run(roles: tuple[Role, ...], settings: RoleSettings) -> None:
    stop = stop_on_signals()
    service = f"leverframe-{roles[0] if len(roles) == 1 else 'worker'}"
    telemetry = start_telemetry(service, settings.worker.spans_dir if settings.worker.spans else None)
    payload_keys = settings.payloads.keys if settings.payloads else None
    try:
        client = await connect([telemetry.interceptor], payload_keys=payload_keys)
        console.print(f"Running {', '.join(roles)}; Ctrl-C ends it.")
        await serve(client, roles, settings, stop)
    finally:
        telemetry.close()
