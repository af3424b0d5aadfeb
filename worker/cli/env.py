"""What a service is told to talk to the stack that runs in this checkout."""

import shlex
from collections.abc import Mapping
from typing import Annotated

import typer

from worker.cli.terminal import console
from worker.embedded.process import ServiceError
from worker.embedded.running import running_stack
from worker.settings.base import PREFIX, load
from worker.settings.service import ServiceSettings
from worker.settings.shared import PayloadSettings, WorkerSettings

OF_A_SERVICE = {PREFIX + name.upper() for kind in (ServiceSettings, PayloadSettings) for name in kind.model_fields} | {
    "TEMPORAL_CONFIG_FILE"
}
"""All that a service holds; whatever else the stack has is an operator's, an auditor's or a role's."""


def env(
    dotenv: Annotated[bool, typer.Option("--dotenv", help="As lines of a .env file, without quotes.")] = False,
) -> None:
    """Print what a service needs to use the stack that runs here, its secrets among it: eval "$(... env)"."""
    state_dir = load(WorkerSettings).state_dir
    stack = running_stack(state_dir)
    if stack is None:
        raise ServiceError(f"No stack runs with the state in {state_dir}. Start one with 'make up', and ask again")
    for line in lines(stack.environment, dotenv):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def lines(environment: Mapping[str, str], dotenv: bool) -> list[str]:
    """What a service may hold of an environment, for a shell or for a ``.env`` file."""
    own = {name: value.strip() for name, value in sorted(environment.items()) if name in OF_A_SERVICE}
    return [f"{name}={value}" if dotenv else f"export {name}={shlex.quote(value)}" for name, value in own.items()]
