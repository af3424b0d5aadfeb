"""What people take over: the open cases, one of them, and what a person or the user has to say in one."""

from collections.abc import AsyncIterator

from pydantic import ValidationError

from leverframe.calls import Calls
from leverframe.contracts import names
from leverframe.contracts.case import Case, CaseAct
from leverframe.contracts.decision import CaseStep, Receipt
from leverframe.decision_signature import signature
from leverframe.digest import case_digest
from leverframe.errors import InvalidRequest
from leverframe.pending import Pending, cases_query, nearest_first
from leverframe.starting import expected


class Cases:
    """The cases of the actions that ended with a person taking over; :attr:`leverframe.Leverframe.cases`."""

    def __init__(self, calls: Calls) -> None:
        """``calls`` are those of the client that asks."""
        self._calls = calls

    def open(self, role: str | None = None) -> AsyncIterator[Pending]:
        """Those that are not settled, or those of a role, the nearest deadline first; the overdue ones lead.

        No case is asked for anything. Raises InvalidRequest, and in the loop ServerUnreachable or ServerRefused.
        """
        return nearest_first(self._calls.client, cases_query(role), self._calls.within)

    async def look(self, case_id: str) -> Case:
        """A case as it stands, also one that has ended.

        Raises UnknownAction, NoAnswer, KeyServiceUnreachable, or ActionFailed when it cannot say.
        """
        return await self._calls.ask(case_id, names.CASE, Case)

    async def handle(self, case_id: str, step: CaseStep, handling: CaseAct) -> Receipt:
        """Claim, release, note or resolve. Raises Refused in plain words, UnknownAction or NoAnswer."""
        return await self._calls.update(case_id, step, handling)

    async def signal(self, case_id: str, step: CaseStep, handling: CaseAct) -> None:
        """The same as a signal, which carries who sent it where the server signs its callers in.

        What came of it shows in :meth:`look`. Raises UnknownAction, Refused or NoAnswer.
        """
        await self._calls.signal(case_id, step, handling)


def case_act(note: str = "") -> CaseAct:
    """What is sent unsigned; raises InvalidRequest when the note is too long."""
    try:
        return CaseAct(note=note)
    except ValidationError as error:
        raise InvalidRequest(expected(error)) from None


def signed_act(key: str, case: Case, step: CaseStep, note: str = "") -> CaseAct:
    """What is sent, signed with the operator's own private key; raises as :func:`leverframe.sign_decision` does."""
    said = case_act(note).model_copy(update={"code": case_digest(case.case_id, case.run_id, note)})
    return said.model_copy(update={"signature": signature(key, case.case_id, step, said)})
