"""What people did, told once an action in shadow has ended: into the action's ledger, beside its proposal."""

from collections.abc import Mapping

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from leverframe.capability_uses import people_id
from leverframe.codec import is_sealed
from leverframe.contracts import entries, names
from leverframe.contracts.people import DidRequest
from leverframe.errors import Undecryptable
from machines.arguments import Arguments
from machines.base import ActionMachine
from machines.registry import machine_for
from machines.states import Decide
from workflows.carried_capability import Carried
from workflows.journal import Journal
from workflows.roles import Roles
from workflows.turns import turn


@workflow.defn(name=names.PEOPLE)
class PeopleWorkflow:
    """Its input is one ``DidRequest``; it ends at once."""

    @workflow.run
    async def run(self, raw: RawValue) -> None:
        """Record it.

        Raises:
            ApplicationError: not retryable, when the input says nothing that the action could have come to.
        """
        if is_sealed(raw.payload):
            raise Undecryptable("what people did cannot be opened here")
        try:
            request = DidRequest.model_validate(workflow.payload_converter().from_payload(raw.payload, DidRequest))
            machine = machine_for(request.action)
            carried = Carried(request.action_id, request.capability, request.issuer_key)
            roles = Roles.here(turn(carried, machine))
            if workflow.info().workflow_id != people_id(request.action_id):
                raise ValueError(f"its id must be {people_id(request.action_id)!r}")
            require_offered(machine, request)
        except Exception as error:
            raise ApplicationError(f"what people did: {error}", type="InvalidRequest", non_retryable=True) from None
        journal = Journal(carried, roles, f"people@{workflow.info().run_id}", request.action)
        journal.add("workflows", entries.PeopleDid(**dict(request.did), by=request.requester))
        await journal.flush()


def require_offered(machine: type[ActionMachine], request: DidRequest) -> None:
    """Raise ``ValueError`` for what the model could not have proposed: it would never agree."""
    offers: Mapping[str, type[Arguments]] = {
        event: model for state in machine.states if isinstance(state, Decide) for event, model in state.offers.items()
    }
    if request.did.event not in offers:
        raise ValueError(f"there is no event {request.did.event!r}; expected one of {', '.join(sorted(offers))}")
    known = offers[request.did.event].model_fields
    if unknown := sorted(request.did.arguments.keys() - known.keys()):
        raise ValueError(f"{request.did.event} has no {', '.join(unknown)}; expected some of {', '.join(known)}")
