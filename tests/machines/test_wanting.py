"""Thanks, greetings and pictures are no wish; everything that may be one is left to the model."""

import pytest
from pydantic import JsonValue

from activities.replying import write
from machines.reading.wanting import WHAT_IS_WANTED, wished
from machines.registry import machines
from tests.machines.offered import LAMP, ask, can_be_proposed, order
from tests.support.timing import cost

ERASURE, INTAKE = "customer_erasure", "support_request"
"""An erasure needs words of its own; the intake has its own question for what is wanted."""

NOTHING = (
    "Thank you for the lovely lamp, have a nice day",
    "👍👍🎉",
    "",
    "...",
    "Thanks!",
    "Hello",
    "My lamp arrived yesterday. It is beautiful.",
    "Hi there! Great shop, I love it.",
    "Thanks a lot, everything works. Best regards, Mei",
    "Dear team, what a lovely lamp!",
    "Vielen Dank für die schöne Lampe, schönen Tag noch!",
    "Guten Tag",
    "Liebe Grüße, Anna",
    "Merci beaucoup pour la belle lampe, bonne journée",
    "😀😀 merci !",
    "Gracias por la lámpara, es preciosa. Saludos",
    "谢谢，台灯很漂亮！",
    "你好",
    "I just wanted to say thank you, the lamp is perfect!",
    "It was perfect, please pass on my thanks to the courier.",
    "Five stars, will order again",
    "Ich wollte mich nur bedanken, alles super",
    "Je voulais juste vous remercier",
    "Solo quería dar las gracias",
    "想说一声谢谢",
)
SOMETHING = (
    "I wanted to say thanks, but it is broken",
    "Je voulais vous remercier de ne pas livrer la lampe",
    "I will order again once you have refunded me",
    "Thanks in advance for cancelling #W1007919",
    "Hi, found it cheaper elsewhere. Thanks!",
    "#W1007919",
    "The lamp",
    "I love it but it is too small",
    "Thank you for the lamp, it arrived broken",
    "Great, then do it",
    "Great lamp. Sadly the trip is off.",
    "Danke, aber bitte stornieren",
    "Schöne Lampe, doch ich brauche sie nicht",
    "Merci d'annuler ma commande",
    "gracias, pero ya no la necesito",
    "谢谢，请取消订单",
    "Zamówienie #W1007919 pomyłka, dziękuję",
    "ありがとう、キャンセルしてください",
)


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_wished_for(text: str) -> None:
    assert not wished({"messages": [text]})


@pytest.mark.parametrize("text", SOMETHING)
def test_what_may_be_a_wish_is_left_to_the_model(text: str) -> None:
    assert wished({"messages": [text]})


def test_a_later_message_can_wish() -> None:
    assert wished({"messages": ["Thanks!", "Cancel it"]})


def test_without_a_wish_the_only_order_is_not_offered() -> None:
    lamp = [order(LAMP, "Desk Lamp")]
    assert "cancel" in can_be_proposed("order_cancellation", "Cancel the lamp", orders=lamp)
    assert can_be_proposed("order_cancellation", "Thank you for the lovely lamp", orders=lamp) == ask(WHAT_IS_WANTED)


@pytest.mark.parametrize("action", sorted(machines().keys() - {ERASURE, INTAKE}))
def test_no_action_makes_anything_of_a_thank_you(action: str) -> None:
    item: dict[str, JsonValue] = {"item_id": "7774110434", "name": "Lamp", "price": "34.00", "quantity": 1}
    orders = [{**order(LAMP, "", status), "items": [item]} for status in ("pending", "delivered")]
    offered = can_be_proposed(action, "Thank you for the lovely lamp, have a nice day! 👍", orders=orders)
    assert offered.keys() == {"ask"}
    assert offered["ask"]["missing"] == [WHAT_IS_WANTED]


def test_the_intake_and_an_erasure_make_nothing_of_a_thank_you() -> None:
    assert can_be_proposed(INTAKE, "Thank you!").keys() == {"ask"}
    assert not can_be_proposed(ERASURE, "Thank you!")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "zh"])
def test_the_question_is_put_in_each_language(language: str) -> None:
    asked = {
        write(action, "ask", {"proposal": {"missing": WHAT_IS_WANTED}}, language)
        for action in machines().keys() - {ERASURE, INTAKE}
    }
    assert len(asked) == 1


@pytest.mark.parametrize("unit", ["thank you ", "hi there ", "a.", "谢谢", "zu ", "merci d", "n't"])
def test_no_text_costs_more_than_linear_time(unit: str) -> None:
    def took(size: int) -> float:
        return cost(lambda: wished({"messages": [unit * (size // len(unit))]}))

    assert took(64_000) < 40 * max(took(8_000), 0.002)
