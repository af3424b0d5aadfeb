"""Which language a text is in, where that is sure enough to act on it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import RootModel

from activities.guards.language import guess, languages, reply_language, unserved
from evals.jsonl import read_lines

DATA = Path(__file__).parents[3] / "shared/data/pii"

SERVED = [
    "Please cancel #W1234567.",
    "cancel it",
    "yes",
    "#W1234567",
    "My name is Giovanni Rossi, cancel the espresso machine.",
    "T-Shirt, E-Reader, Action Camera",
    "ok gracias, cancel #W1234567 please",
    "Jožef Berg, 518 Árpád fejedelem útja: please cancel the lamp",
    "moin, sofa bitte canceln",
    "Der Staubsauger soll weg, danke!",
    "Lo pedí sin querer.",
    "Annuler svp",
    "Non mi serve più",
    "Comprei por engano.",
    "Graag bestelling #W1234567 annuleren.",
    "Zamówiłem przez pomyłkę.",
    "Lütfen #W1234567 numaralı siparişi iptal edin.",
    "Пожалуйста, отмените заказ #W1234567.",
    "يرجى إلغاء الطلب #W1234567.",
    "我想取消 Bluetooth speaker",
    "請取消我的訂單",
    "間違えて注文しました",
    "주문 #W1234567을 취소해 주세요.",
]
OTHERS = {
    "fi": "Haluaisin peruuttaa lampputilaukseni.",
    "sv": "Jag beställde den av misstag, kan ni avbryta min beställning?",
    "hu": "Jó napot, szeretném lemondani a lámpa rendelésemet.",
    "vi": "Xin chào, tôi muốn hủy đơn hàng đèn bàn của tôi.",
    "el": "Παρακαλώ ακυρώστε την παραγγελία #W1234567.",
    "he": "אנא בטלו את ההזמנה #W1234567.",
    "hi": "कृपया ऑर्डर #W1234567 रद्द करें।",
    "th": "กรุณายกเลิกคำสั่งซื้อ #W1234567",
}


@pytest.mark.parametrize("text", SERVED)
def test_what_the_desk_can_read_or_might_is_served(text: str) -> None:
    assert unserved(text) is None


@pytest.mark.parametrize(("language", "text"), OTHERS.items())
def test_a_language_that_nobody_reads_is_told(language: str, text: str) -> None:
    assert unserved(text) == language


@pytest.mark.parametrize("text", ["", " \n", "#W1234567", "<EMAIL_1>", "12 34", "\ud83d", "\x00", "😀😀😀"])
def test_without_words_there_is_no_language(text: str) -> None:
    assert (guess(text).code, unserved(text), reply_language(text)) == ("", None, "en")


def test_numbers_and_placeholders_do_not_count_as_words() -> None:
    assert guess("<EMAIL_1> #W1234567 取消 mia@x.org").code == "zh"
    assert guess("请取消订单#W1234567。").code == "zh"


def test_a_text_that_is_partly_served_is_served() -> None:
    finnish = "Haluaisin peruuttaa lampputilaukseni. " * 100
    assert unserved(finnish) == "fi"
    assert unserved(f"Please cancel my lamp. {finnish}") is None


@pytest.mark.skipif(not DATA.is_dir(), reason="the outside data is not here: ../shared/data")
@pytest.mark.parametrize(
    ("file", "most"),
    [("crosswoz_zh.jsonl", 0), ("retail_hard_negatives.jsonl", 0), ("presidio_synth_v2.jsonl", 1)],
)
def test_hardly_any_talk_in_a_served_language_is_taken_for_another(file: str, most: int) -> None:
    texts = [row.root["text"] for row in read_lines(DATA / file, RootModel[dict[str, Any]])]
    assert len(texts) > 500
    assert sum(unserved(text) is not None for text in texts) <= most


def test_the_file_says_what_it_means() -> None:
    assert {"en", "de", "es", "fr", "zh"} <= set(languages().served.split())
