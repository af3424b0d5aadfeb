"""Which of the user's payment methods the words can mean."""

import pytest

from leverframe.contracts.base import Facts
from machines.shop.payment_methods import ids, methods_meant, payment_methods

CARD, OTHER_CARD, GIFT, PAYPAL = "credit_card_1111111", "credit_card_2222222", "gift_card_3333333", "paypal_4444444"
ALL = [CARD, OTHER_CARD, GIFT, PAYPAL]


def facts(*words: str) -> Facts:
    return {
        "messages": list(words),
        "payment_methods": [
            {
                "payment_method_id": CARD,
                "kind": "credit card",
                "description": "credit card ending 4412",
                "balance": None,
            },
            {"payment_method_id": OTHER_CARD, "kind": "credit card", "description": "credit card ending 9001"},
            {"payment_method_id": GIFT, "kind": "gift card", "description": "gift card", "balance": "12.00"},
            {"payment_method_id": PAYPAL, "kind": "PayPal", "description": "PayPal", "balance": None},
        ],
    }


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("change how I pay for #W1234412", ALL),
        ("pay with my gift card please", [GIFT]),
        ("use the giftcard", [GIFT]),
        ("use my card", [CARD, OTHER_CARD]),
        ("the credit card ending in 9001", [OTHER_CARD]),
        ("take 4412 instead", [CARD]),
        ("not the card ending 4412 but PayPal", [PAYPAL]),
        ("not PayPal, the gift card", [GIFT]),
        ("nicht PayPal, sondern mit der Karte 9001", [OTHER_CARD]),
        ("don't charge my card, use PayPal", [PAYPAL]),
        ("anything but PayPal", ALL),
        ("from PayPal to my credit card", [CARD, OTHER_CARD, PAYPAL]),
        ("put it on paypal_4444444", [PAYPAL]),
        ("put it on gift_card_3333333", [GIFT]),
        ("the camera with the SD card", ALL),
        ("die Kamera mit der Speicherkarte, Zahlung per PayPal", [PAYPAL]),
        ("I ordered cardboard and a cardigan", ALL),
        ("bitte mit Kreditkarte zahlen", [CARD, OTHER_CARD]),
        ("lieber per Geschenkgutschein", [GIFT]),
        ("lieber mit der Geschenkkarte", [GIFT]),
        ("avec ma carte cadeau", [GIFT]),
        ("avec ma carte bancaire", [CARD, OTHER_CARD]),
        ("con mi tarjeta regalo", [GIFT]),
        ("con mi tarjeta de crédito terminada en 4412", [CARD]),
        ("请改用礼品卡付款", [GIFT]),
        ("请改用信用卡付款", [CARD, OTHER_CARD]),
        ("用尾号9001的卡付款", [OTHER_CARD]),
        ("改成 PayPal", [PAYPAL]),
        ("use gift card 3333333", [GIFT]),
        ("use gift-card no. ３３３３３３３", [GIFT]),
        ("GIFT_CARD_3333333 please", [GIFT]),
        ("Geschenkkarte Nr. 3333333", [GIFT]),
        ("carte cadeau n° 3333333", [GIFT]),
        ("the card that ends in ９００１", [OTHER_CARD]),
        ("my Visa ****9001", [OTHER_CARD]),
        ("card xxxx-9001", [OTHER_CARD]),
        ("Karte mit Endziffern 9001", [OTHER_CARD]),
        ("la carte se terminant par 9001", [OTHER_CARD]),
        ("I bought my credit card in 2024", [CARD, OTHER_CARD]),
    ],
)
def test_the_words_tell_which_methods_can_be_meant(words: str, meant: list[str]) -> None:
    assert ids(methods_meant(facts(words))) == meant


@pytest.mark.parametrize(
    "words",
    [
        "my credit card ending in 7777",
        "use credit_card_9999999",
        "put it on gift_card_33333331, please",
        "charge <CARD_1>",
        "the card ending in １１１１",
        "my Visa 1111",
        "card number 1111",
        "Visa ****1111",
        "card: xxxx-1111",
        "Karte mit den Endziffern 1111",
        "la carte se terminant par 1111",
        "la tarjeta terminada en 1111",
        "尾号１１１１的信用卡",
        "gift card 9999999",
        "Geschenkkarte Nr. 9999999",
        "carte cadeau n° 9999999",
        "tarjeta regalo número 9999999",
        "礼品卡9999999",
        "GIFT-CARD-9999999",
        "paypal 9999999",
    ],
)
def test_a_method_that_is_not_on_file_is_replaced_by_no_other(words: str) -> None:
    assert methods_meant(facts(words)) == []


def test_a_kind_that_the_user_does_not_have_is_replaced_by_no_other() -> None:
    without = [method for method in payment_methods(facts()) if method["kind"] != "PayPal"]
    assert methods_meant({"messages": ["pay with PayPal"], "payment_methods": [*without]}) == []


def test_an_answer_counts_with_the_first_message() -> None:
    assert ids(methods_meant(facts("change the payment method", "to PayPal"))) == [PAYPAL]


def test_without_methods_none_is_meant() -> None:
    assert methods_meant({"messages": ["PayPal"]}) == []
    assert methods_meant({}) == []
