"""How much of a payment is wanted, in the many ways in which people write it: read, or known not to be read."""

import time
from decimal import Decimal
from typing import Any

import pytest

from machines.shop.refunds import amounts, refusing_refund, which_payment
from machines.shop.said_amounts import limits
from tests.machines.test_refunds import LAMP, facts

READ = {
    "20.00": [
        "refund $20", "refund 20$", "only 20 back please", "refund 20", "refund me 20.", "US$ 20", "$ 20.00", "20 USD",
        "USD 20", "USD20", "20usd", "20 bucks back", "twenty dollars", "Twenty US dollars please", "zwanzig Dollar",
        "vingt dollars", "veinte dólares", "二十美元", "退款20美元", "退20.00", "退款２０美元", "٢٠ dollars",
        "20,00", "20,- zurück bitte", "ich möchte 20,00 $ zurück", "$20.0", "I paid 54.10, refund 20.00",
        "partial refund of $20", "refund $20 &nbsp; please", "just 20 of it", "give me 20 dollars back",
        "my order of 2026-05-04, 2 lamps: $20 back", "call me at 555-0100 at 10:30 about the $20",
        "I paid 54.10 USD. Give me back 20", "bitte erstatten Sie mir 20 Dollar", "de devolverme veinte dólares",
        "only want 20 of the 54.10 back", "$20 back on my $54.10 order", "refund me $20, not everything",
        "refund about 20", "20", "twenty", "20.", "20 please", "zwanzig", "bitte 20", "vingt", "veinte",
        "20 amerikanische Dollar", "20 american dollars", "20 dolars", "a goodwill gesture of 20", "请退我二十美元",
    ],
    "12.50": [
        "$12.5", "12.50", "12,50", "12.5 dollars", "twelve dollars fifty", "twelve dollars and fifty cents", "$12.50",
        "12 dollars and 50 cents", "zwölf Dollar 50", "refund 12.50 please", "12½ dollars", "12,5 dollars",
    ],
    "22.00": [
        "twenty-two dollars", "twenty two bucks", "zweiundzwanzig Dollar", "vingt-deux dollars", "veintidós dólares",
        "veintidos dolares", "二十二美元",
    ],
    "21.00": ["vingt et un dollars", "einundzwanzig Dollar", "veintiún dólares"],
    "41.00": ["cuarenta y un dólares", "quarante et un dollars", "forty-one dollars"],
    "50.00": ["fünfzig Dollar", "fuenfzig Dollar", "cincuenta dólares", "cinquante dollars", "五十美元"],
    "15.00": ["no need to refund everything, $15 is enough", "I'm not asking for all, just $15",
    "not $25 but $15 please"],
    "1.00": ["a dollar back", "one dollar", "ein Dollar", "un dollar", "100 cents"],
    "0.50": ["50 cents", "fifty cents", "50¢"],
    "27.05": [
        "half of what I paid", "refund half", "half of it", "half the price", "half my money back", "50%", "50 %",
        "50 percent", "50 per cent of it", "fifty percent", "fünfzig Prozent", "die Hälfte bitte", "50 Prozent zurück",
        "la moitié du prix", "cincuenta por ciento", "la mitad del precio", "cinquante pour cent", "退一半", "一半",
        "百分之五十", "退五成", "½", "1/2 of it", "one half", "２分之１", "50％", "half of the $54.10 I paid",
        "half of $54.10", "please refund half of my payment", "die Hälfte des Kaufpreises",
        "je veux la moitié de mon argent", "請退回一半的錢", "I paid 54.10 and want half", "1/2", "refund 1/2", "٥٠٪",
        "halb zurück bitte", "den halben Preis", "half price",
        "the half of the money",
    ],
    "18.03": [
        "a third of it", "one third back", "ein Drittel", "un tiers", "un tercio", "三分之一", "1/3 of the price",
    ],
    "13.53": ["a quarter of it", "25 %", "ein Viertel des Preises", "un quart du prix", "四分之一"],
    "30.00": [
        "don't refund 20, refund $30", "keine 20 Dollar, sondern 30 Dollar", "pas 20 dollars mais 30 dollars",
        "no quiero la mitad, quiero 30 dólares", "不要退20美元，退30美元", "the difference of $30",
        "a $30 price difference",
    ],
    "40.58": ["drei Viertel davon", "three quarters"],
    "36.07": ["two thirds", "zwei Drittel", "deux tiers", "dos tercios", "三分之二", "2/3 of it"],
    "10.82": ["20% of it", "twenty percent", "20 Prozent", "20,0 % bitte"],
    "5.00": ["10% of $50", "10 percent of 50 dollars", "$5"],
}  # fmt: skip
UNREAD = [
    "20 CHF", "CHF 20", "CHF20", "20chf", "20 francs", "20 Franken", "zwanzig Franken", "€20", "20€", "20 euros",
    "twenty euros", "EUR 20", "20,00 €", "£20", "20 pounds", "twenty quid", "¥20", "20元", "退款20元", "二十元",
    "20块钱", "20 kr", "20kr.", "20 zł", "20 SEK", "C$20", "CA$ 20", "A$20", "HK$20", "20 CAD", "20 Canadian dollars",
    "20 kanadische Dollar", "$20 CAD", "20 pesos", "20 rupees", "₹20", "20 THB", "20 ZAR",
    "1.234 dollars", "$1,23", "$1.2345", "$1.234.5", "two hundred dollars", "hundertfünfzig Dollar", "mil dólares",
    "deux cents dollars", "one hundred and fifty dollars", "twelve fifty dollars", "a few dollars", "ein paar Dollar",
    "$1k", "10-20 dollars", "between 10 and 20 dollars", "10 to 20 dollars", "part of the money", "a partial refund",
    "einen Teil zurück", "une partie", "una parte", "退一部分", "refund the difference", "the price difference back",
    "all except $10", "everything minus 10 dollars", "alles außer 10 Dollar", "150%", "0%", "20% off",
    "half of the lamps", "not the full amount", "nicht alles", "refund 2", "only the shipping costs back",
    "refund twenty francs", "half, so 25 euros", "20 dollars and 5 euros", "$20ish", "二十欧元", "百块钱",
    "¥２０", "20 Pfund", "20 points", "0.01 BTC", "eight hundred bucks", "$10 to $20", "10 or 20 dollars",
    "a small refund", "20% cheaper elsewhere",
    "20 p", "20p", "20 kc", "2", "two", "20 p please",
    "Rs 500", "2 grand", "₨20", "twnety dollars", "solo el IVA", "nur die Mehrwertsteuer", "half-price please",
    "I paid 54.10 but it should only have been 40.00, refund the difference", "not $20", "keine 20 Dollar bitte",
    "you refunded $20 already, please refund the rest",
    "just a tenner", "pas tout", "no todo",
]  # fmt: skip
NONE = [
    "Refund it", "100% refund please", "not half of it, everything", "nicht 20 Dollar, alles bitte",
    "a full refund please", "all of it", "everything", "100%", "I am 100 % sure", "the whole amount",
    "my phone is 555 123 4567", "ordered on 2026-05-04 at 10:30", "on 3.5.2026", "am 04.05. bestellt", "2 lamps",
    "it took half an hour", "half a year ago", "a third party", "my third order",
    "it is half broken", "at once please", "I won nothing", "I try again",
    "ich warte seit drei Wochen", "vielen Dank", "mil gracias",
    "I have waited for two and a half weeks", "size 10", "a 60 W bulb", "it weighs 1.25 kg", "全额退款", "请全部退款",
    "it never came, not even once", "un produit neuf", "the quarter of town", "apartment 12", "pay me back, please",
    "半年前买的", "一直没有收到", "I bought one and got none", "call 1-800-555",
    "I paid 54.10 for it", "it cost me $54.10", "with a $20 voucher",
]  # fmt: skip


def of_the_lamp(*said: str) -> dict[str, Any]:
    """What is known where the words are about the lamp, paid as a whole: 54.10."""
    return facts(f"{LAMP}: {said[0]}", *said[1:])


@pytest.mark.parametrize(("amount", "said"), [(amount, said) for amount, ways in READ.items() for said in ways])
def test_what_is_read_is_offered_and_nothing_else(amount: str, said: str) -> None:
    assert amounts(of_the_lamp(said)) == [amount]
    assert which_payment(of_the_lamp(said)) == []


@pytest.mark.parametrize("said", UNREAD)
def test_a_limit_that_is_not_read_is_asked_for_and_nothing_is_offered(said: str) -> None:
    known = of_the_lamp(said)
    assert (amounts(known), which_payment(known), refusing_refund(known)) == ([], ["which_amount"], [])


@pytest.mark.parametrize("said", NONE)
def test_other_numbers_and_words_are_no_limit(said: str) -> None:
    assert "54.10" in amounts(of_the_lamp(said))
    assert which_payment(of_the_lamp(said)) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("20", ["20.00"]), ("5 please", ["5.00"]), ("20.00 USD", ["20.00"]), ("twenty", ["20.00"]), ("half", ["27.05"]),
        ("all of it", ["54.10"]), ("20 EUR", []), ("I said twenty francs", []), ("hello?", []), ("zwanzig", ["20.00"]),
    ],
)  # fmt: skip
def test_an_answer_puts_right_what_was_not_read(answer: str, expected: list[str]) -> None:
    assert amounts(of_the_lamp("20 CHF", answer)) == expected


def test_a_share_of_what_is_left_and_more_than_is_left() -> None:
    left = {**of_the_lamp("half of what is left"), "payments": [paid("20.00")]}
    assert amounts(left) == ["10.00"]
    more = {**of_the_lamp("half of what I paid"), "payments": [paid("20.00")]}
    assert (amounts(more), refusing_refund(more)) == ([], ["REFUND-CAPTURED"])


def paid(left: str) -> dict[str, Any]:
    return {
        "payment_id": f"{LAMP}/1",
        "order_id": LAMP,
        "description": "PayPal",
        "captured": "54.10",
        "refundable": left,
    }


@pytest.mark.parametrize(
    "piece",
    ["20 ", "1.234,", "half of ", "twenty and ", "$", "1/2 ", "dix-", "一百", "€ ", "refund ", "1 000 ", "a ", "w"],
)
def test_reading_takes_linear_time(piece: str) -> None:
    began = time.process_time()
    limits([piece * 8000])
    assert time.process_time() - began < 3


def test_amounts_are_exact() -> None:
    assert limits(["0.10 and 0.20"]).amounts == (Decimal("0.10"), Decimal("0.20"))
