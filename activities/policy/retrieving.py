"""The guards role: the clauses of the policy that bear on a decision, found in files, without a secret or a model."""

from temporalio import activity

from activities.policy import Policy
from leverframe.contracts.names import RETRIEVE
from leverframe.contracts.policy import Retrieved, RetrieveRequest

RELATED = 3
"""How many clauses beside those that can be cited."""


class Retrieving:
    """Reads a policy that was loaded, and checked, when its worker started."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @activity.defn(name=RETRIEVE)
    async def retrieve(self, request: RetrieveRequest) -> Retrieved:
        """Find the clauses that bear on a decision."""
        return self.find(request)

    def find(self, request: RetrieveRequest) -> Retrieved:
        """The clauses that can be cited, and those nearest to the user's words.

        One that the policy does not have is left out: then nothing can be proposed that rests on it.
        """
        clauses = self._policy.clauses
        nearest = self._policy.nearest("\n".join(request.messages), request.business)
        return Retrieved(
            citable=tuple(clauses[clause_id] for clause_id in request.citable if clause_id in clauses),
            related=tuple(clause for clause in nearest if clause.id not in request.citable)[:RELATED],
        )
