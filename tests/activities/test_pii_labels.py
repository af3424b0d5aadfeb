"""Personal data over line breaks and in other spellings of a character, and what only a label tells."""

import time

import pytest

from activities.guards.masking import Masking
from activities.guards.pii import find_personal

BROKEN = {
    "mail ada@ex\nample.com now": ("email", "ada@ex\nample.com"),
    "write to ada.berg@=\nexample.org please": ("email", "ada.berg@=\nexample.org"),
    "ada=\r\n.berg@example.org": ("email", "ada=\r\n.berg@example.org"),
    "ada&#64;example.org": ("email", "ada&#64;example.org"),
    "ada&#x40;example&#46;org": ("email", "ada&#x40;example&#46;org"),
    "ada&commat;example&period;org": ("email", "ada&commat;example&period;org"),
    "mailto=ada%40example.org": ("email", "ada%40example.org"),
    "my&nbsp;phone&nbsp;is +49&nbsp;30&nbsp;1234567": ("phone", "+49&nbsp;30&nbsp;1234567"),
    "+49 151\n23456789 is it": ("phone", "+49 151\n23456789"),
    "card 4111 1111=\n 1111 1111": ("card", "4111 1111=\n 1111 1111"),
    "card 4111 1111\n1111 1111": ("card", "4111 1111\n1111 1111"),
    "4111&nbsp;1111&#160;1111&nbsp;111&#49;": ("card", "4111&nbsp;1111&#160;1111&nbsp;111&#49;"),
    "IBAN DE89 3704 0044\n0532 0130 00": ("iban", "DE89 3704 0044\n0532 0130 00"),
}
NAMED = {
    "身份证号 110101199003078887": ("national_id", "110101199003078887"),
    "Passport number C01X00T47": ("passport", "C01X00T47"),
    "Reisepassnummer: C01X00T47": ("passport", "C01X00T47"),
    "numéro de passeport 12AB34567": ("passport", "12AB34567"),
    "número de pasaporte: AAA123456": ("passport", "AAA123456"),
    "护照号码：E12345678": ("passport", "E12345678"),
    "bank account 55779911": ("bank_account", "55779911"),
    "Konto 532013000": ("bank_account", "532013000"),
    "sort code 20-00-00": ("bank_account", "20-00-00"),
    "numéro de compte 00012345678": ("bank_account", "00012345678"),
    "número de cuenta 1234567890": ("bank_account", "1234567890"),
    "银行账号 6222021234567890": ("bank_account", "6222021234567890"),
    "date of birth: 12/03/1985": ("birth_date", "12/03/1985"),
    "my birthday is March 12, 1985": ("birth_date", "March 12, 1985"),
    "I was born on 12 March 1985": ("birth_date", "12 March 1985"),
    "Geburtsdatum: 12. März 1985": ("birth_date", "12. März 1985"),
    "née le 12/03/1985": ("birth_date", "12/03/1985"),
    "fecha de nacimiento 12 de marzo de 1985": ("birth_date", "12 de marzo de 1985"),
    "出生日期：1985年3月12日": ("birth_date", "1985年3月12日"),
    "my IP address is 203.0.113.7": ("ip_address", "203.0.113.7"),
    "IP-Adresse 2001:db8::1": ("ip_address", "2001:db8::1"),
    "dirección IP 203.0.113.7": ("ip_address", "203.0.113.7"),
    "IP地址：203.0.113.7": ("ip_address", "203.0.113.7"),
}
BUSINESS = [
    "订单号 110101199003078887",
    "order 202311051234567890",
    "tracking 1Z999AA10123456784",
    "item 1234567890\n1234567890",
    "total 54.10\n12 pieces",
    "payment id 9876543210",
    "customer account number 12345678",
    "my account was charged 54.10",
    "passport cover 12345678 is damaged",
    "birthday gift ordered on 12.03.2025",
    "delivered 2025-03-12",
    "firmware version 1.2.3.4",
    "50%20off &amp; more &copy; 2026",
]


@pytest.mark.parametrize(("text", "expected"), [*BROKEN.items(), *NAMED.items()])
def test_it_is_found_whole(text: str, expected: tuple[str, str]) -> None:
    assert [(one.label, text[one.start : one.end]) for one in find_personal(text)] == [expected]


def test_account_and_bank_are_both_found() -> None:
    for text in ("account number 12345678, routing number 021000021", "Kontonummer 1234567890 BLZ 370 400 44"):
        assert [one.label for one in find_personal(text)] == ["bank_account", "bank_account"]


@pytest.mark.parametrize("text", BUSINESS)
def test_numbers_of_the_business_stay(text: str) -> None:
    assert find_personal(text) == []


def test_masked_text_leaves_nothing_of_it() -> None:
    masking = Masking({})
    assert masking.mask("", "ada&#64;exam=\nple.org, born: 1985-03-12") == "<EMAIL_1>, born: <BIRTH_DATE_1>"


@pytest.mark.parametrize("piece", ["&#64;", "%40", "=\n", "a@\n", "born on 1", "passport 1", "ip 1.", "konto 1 "])
def test_time_grows_with_the_text_alone(piece: str) -> None:
    before = time.process_time()
    find_personal(piece * (20_000 // len(piece)))
    assert time.process_time() - before < 3
