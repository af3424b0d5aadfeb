"""Several tenants served by one worker: what is asked of a role goes to the adapters of the capability's tenant.

Each tenant's activities hold a database, keys and an operators' directory of their own, and verify the capability with
them: which tenant it says it is of only chooses who verifies it. So none of another tenant's can be reached with it.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from leverframe.capability import told_tenant
from leverframe.contracts.names import CASE, FEEDBACK
from leverframe.errors import CapabilityRefused
from machines.registry import business_of

Activity = Callable[..., Awaitable[object]]


@dataclass(frozen=True)
class Served:
    """One tenant, and what a role does for it."""

    name: str
    activities: Sequence[Activity]
    """The same ones in the same order for every tenant; each takes one request with a ``capability``."""
    businesses: frozenset[str] | None = None
    """Those whose actions it may run; ``None`` for all that run here."""


def for_tenants(tenants: Sequence[Served]) -> list[Activity]:
    """One of each activity, which hands a request over to that of its tenant."""
    together = zip(*(one.activities for one in tenants), strict=True)
    known = {one.name: one for one in tenants}
    return [_routed(known, {one.name: own for one, own in zip(tenants, same, strict=True)}) for same in together]


def _routed(known: Mapping[str, Served], of: Mapping[str, Activity]) -> Activity:
    @functools.wraps(next(iter(of.values())))
    async def routed(request: Any) -> object:
        try:
            tenant = _served(known, request)
        except CapabilityRefused as error:
            # What was allowed at the first try may have been done then: that is not known to have failed.
            first = activity.info().attempt == 1
            raise ApplicationError(str(error), type=CapabilityRefused.__name__, non_retryable=first) from None
        return await of[tenant.name](request)

    return routed


def _served(known: Mapping[str, Served], request: Any) -> Served:
    """Whose request it says it is; raises CapabilityRefused for nobody's who is served with such an action here."""
    found = known.get(told_tenant(request.capability))
    if found is None:
        raise CapabilityRefused("the capability is of a tenant that is not served here")
    if found.businesses is not None and _business(request) not in found.businesses:
        raise CapabilityRefused(f"actions of this kind are not run here for the tenant {found.name!r}")
    return found


def _business(request: Any) -> str:
    """Whose the calling action is, as the server says, or the action that the caller stands beside."""
    kind = activity.info().workflow_type or ""
    action = request.action_id.partition("-")[0] if kind in (CASE, FEEDBACK) else kind
    try:
        return business_of(action)
    except LookupError as error:
        raise CapabilityRefused(str(error)) from None
