"""Each action that gives money back of what the payment provider holds, up to where somebody has approved it."""

from dataclasses import dataclass
from typing import Any

from tests.support.refunding import Refunding, refund
from tests.support.rig import LAMP, cancel
from tests.support.typed import typed
from tests.workflows.item_stories import BLUE, CARD, CHANGE, MIAS, OPEN, POT_ID, VARIANTS
from tests.workflows.test_order_payment_change import PAYPAL, add_paypal
from tools.shop.store import store
from worker.testing.rig import propose


@dataclass(frozen=True)
class Story:
    """What is asked for, what the model makes of it, and what becomes of it."""

    action: str
    text: str
    answer: dict[str, Any]
    order_id: str
    amount: str
    """What goes back."""
    done: str
    """The state in which all is well."""

    @property
    def cents(self) -> int:
        return int(self.amount.replace(".", ""))


CANCELLATION = Story("order_cancellation", "cancel my lamp, I no longer need it", cancel(), LAMP, "54.10", "cancelled")
PAYMENT_CHANGE = Story(
    "order_payment_change",
    "please pay for my lamp with PayPal",
    propose("change", order_id=LAMP, payment_method_id=PAYPAL, clause="MODIFY-PAYMENT"),
    LAMP,
    "54.10",
    "changed",
)
ITEM_CHANGE = Story(
    "order_item_change",
    "Please change the clay pot to the blue one, money back to my credit card",
    CHANGE.answer(changes=[f"{POT_ID}_to_{BLUE}"], payment_method_id=CARD),
    OPEN,
    "2.00",
    "changed",
)
REFUND = Story("payment_refund", f"Please refund 12.50 of {LAMP}", refund(), LAMP, "12.50", "settling")
STORIES = (CANCELLATION, PAYMENT_CHANGE, ITEM_CHANGE, REFUND)


async def asked(refunding: Refunding, story: Story) -> str:
    """Have it asked for; returns the action's id."""
    rig = refunding.rig
    if story is PAYMENT_CHANGE:
        await add_paypal(rig)
    if story is ITEM_CHANGE:
        await store(rig.owner, MIAS)
        await rig.sql(VARIANTS)
        refunding.payment = refunding.stripe.pay(8000)
        await rig.sql(
            "UPDATE shop.order_payments SET provider_payment = :p WHERE order_id = :o", p=refunding.payment, o=OPEN
        )
    rig.script[:] = [story.answer]
    rig.model.requests.clear()
    return await rig.start(story.text, action=story.action)


async def approved(refunding: Refunding, story: Story) -> str:
    """Have it asked for, shown and approved; returns the action's id."""
    rig = refunding.rig
    status = await rig.until(await asked(refunding, story), lambda status: status.awaiting == "operator")
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code, amount=typed(status.plan))
    return status.action_id
