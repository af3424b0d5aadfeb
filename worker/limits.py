"""How much of the workers each tenant may take: a file, applied to the Temporal server's own task queues.

The server counts and slows down (docs.temporal.io, "Task Queue Priority and Fairness"); nothing here does.
"""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from temporalio.api.taskqueue.v1 import TaskQueueConfig
from temporalio.api.workflowservice.v1 import UpdateTaskQueueConfigRequest
from temporalio.client import Client

from leverframe.contracts.names import Role, task_queue
from leverframe.errors import InvalidRequest
from leverframe.starting import expected
from worker.roles.polling import described, queue_type

REASON = "python -m worker limits apply"
Rate = Annotated[float, Field(gt=0, le=1_000_000)]
"""Tasks a second."""
Weight = Annotated[float, Field(ge=0.001, le=1000)]
Tenant = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class QueueLimits(_Strict):
    """Of one role's task queue; what is left out is unlimited."""

    altogether: Rate | None = None
    per_tenant: Rate | None = None
    """Of a tenant of weight 1; of another one, times its weight."""


class Limits(_Strict):
    """All that the file says. What it does not say no longer holds once it is applied."""

    queues: dict[Role, QueueLimits] = Field(default={})
    weights: dict[Tenant, Weight] = Field(default={})
    """How many turns a tenant takes while one of weight 1 takes one."""

    @classmethod
    def read(cls, file: Path) -> "Limits":
        """Raises InvalidRequest that says what was expected."""
        try:
            return cls.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidRequest(f"{file}: {error}") from None
        except ValidationError as error:
            raise InvalidRequest(f"{file}: {expected(error)}") from None


async def apply(client: Client, limits: Limits, role: Role, prefix: str) -> TaskQueueConfig:
    """Make the server hold the role's task queue to the limits; returns what it says of it then."""
    weights = (await described(client, role, prefix)).config.fairness_weight_overrides
    queue = limits.queues.get(role, QueueLimits())
    asked = UpdateTaskQueueConfigRequest(
        namespace=client.namespace,
        identity=client.identity,
        task_queue=task_queue(role, prefix),
        task_queue_type=queue_type(role),
        update_queue_rate_limit=_rate(queue.altogether),
        update_fairness_key_rate_limit_default=_rate(queue.per_tenant),
        set_fairness_weight_overrides=limits.weights,
        unset_fairness_weight_overrides=sorted(set(weights) - set(limits.weights)),
    )
    return (await client.workflow_service.update_task_queue_config(asked)).config


def _rate(rate: float | None) -> UpdateTaskQueueConfigRequest.RateLimitUpdate:
    update = UpdateTaskQueueConfigRequest.RateLimitUpdate(reason=REASON)
    if rate is not None:
        update.rate_limit.requests_per_second = rate
    return update
