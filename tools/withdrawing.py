"""A tool that ends a customer's other actions."""

from leverframe.contracts.names import WITHDRAW_OTHERS
from leverframe.pseudonym import subject_of
from tools.base import CallContext, Nothing, Result, tool
from tools.errors import NotApproved
from tools.open_actions import OpenActions
from tools.outside import Answer, ExternalRequest, Sending

SERVICE = "actions.withdraw"


class Withdrawal(Result):
    """That it was asked for; which actions it met stands with the answer."""

    withdrawn: str


@tool(WITHDRAW_OTHERS, effect="destructive")
async def withdraw_open(call: CallContext, arguments: Nothing) -> Withdrawal:
    """Withdraw every other action of the subject that has not ended, and wait until they have.

    The plan says so without naming them: which are open when it is approved, and which when it is carried out, differs.
    The answer names those that were still open at the last try.
    """
    actions, right = call.outside.reach(OpenActions), call.right

    what = "every other open action of this customer"

    async def look() -> ExternalRequest:
        return ExternalRequest(
            SERVICE,
            key={"customer": subject_of(call.action_id)},
            after={"withdrawn": what},
            credential="user",
            safeguard="none is needed: what has ended stays so",
        )

    async def perform(sending: Sending) -> Answer:
        if right is None:
            raise NotApproved("an approved call alone withdraws the actions of a customer")
        return Answer({"withdrawn": list(await actions.withdraw_others(call.action_id, right))})

    await call.ask(look, perform)
    return Withdrawal(withdrawn=what)
