"""What the Temporal server lets each tenant take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leverframe.contracts.names import ROLES, Role
from worker.cli.terminal import console, run, use_running_stack

if TYPE_CHECKING:
    from temporalio.api.taskqueue.v1 import RateLimitConfig, TaskQueueConfig

    from worker.limits import Limits

limits = typer.Typer(no_args_is_help=True)


@limits.callback()
def _group() -> None:
    """How much of the workers each tenant may take; the Temporal server keeps them to it."""


@limits.command()
def apply(file: Annotated[Path, typer.Argument(help="TOML file (docs/deployment.md).", dir_okay=False)]) -> None:
    """Have the server keep to what the file says, and to nothing else, at once and for tasks that wait already."""
    from worker.limits import Limits

    asked = Limits.read(file)
    use_running_stack()
    _tell(run(_applied(asked)))


async def _applied(asked: "Limits") -> "dict[Role, TaskQueueConfig]":
    from worker.connection import connect
    from worker.limits import apply
    from worker.settings.base import load
    from worker.settings.shared import WorkerSettings

    client, prefix = await connect(), load(WorkerSettings).task_queue_prefix
    return {role: await apply(client, asked, role, prefix) for role in ROLES}


def _tell(said: "dict[Role, TaskQueueConfig]") -> None:
    for role, config in said.items():
        one, each = _a_second(config.queue_rate_limit), _a_second(config.fairness_keys_rate_limit_default)
        console.print(f"{role}: {one} altogether, {each} for each tenant")
    for tenant, weight in sorted(dict(next(iter(said.values())).fairness_weight_overrides).items()):
        console.print(f"{tenant}: weight {weight:g}")


def _a_second(limit: "RateLimitConfig") -> str:
    return f"{limit.rate_limit.requests_per_second:g} a second" if limit.HasField("rate_limit") else "unlimited"
