"""Personal data is found exactly, in many spellings, and the numbers of the business are left alone."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban as iban_numbers
from stdnum import luhn as luhn_numbers
from stdnum.cn import ric

from activities.guards.pii import find_personal

FOUND = {
    "write to mia.berg+shop@mail.example.org, please": ("email", "mia.berg+shop@mail.example.org"),
    "我的邮箱是mia@x.org谢谢": ("email", "mia@x.org"),
    "jürgen@müller.de.": ("email", "jürgen@müller.de"),
    "mia [at] example [dot] org please": ("email", "mia [at] example [dot] org"),
    "mia at example dot co dot uk": ("email", "mia at example dot co dot uk"),
    "card 4111 1111 1111 1111 was charged": ("card", "4111 1111 1111 1111"),
    "card 5500005555555559.": ("card", "5500005555555559"),
    "4111-1111-1111-1111 exp 12/27 cvv 123": ("card", "4111-1111-1111-1111"),
    "4111 1111 1111 1111 12/27": ("card", "4111 1111 1111 1111"),
    "amex 3782 822463 10005": ("card", "3782 822463 10005"),
    "my card. Number is 5018 6466 7909": ("card", "5018 6466 7909"),
    "卡号是6212341111111111116": ("card", "6212341111111111116"),
    "to DE89 3704 0044 0532 0130 00 please": ("iban", "DE89 3704 0044 0532 0130 00"),
    "iban gb82west12345698765432": ("iban", "gb82west12345698765432"),
    "打到NO9386011117947账户": ("iban", "NO9386011117947"),
    "call +49 151 23456789 today": ("phone", "+49 151 23456789"),
    "ring +33 (0)2 18 46 73 00": ("phone", "+33 (0)2 18 46 73 00"),
    "001-223-757-2904x12 is it": ("phone", "001-223-757-2904x12"),
    "call (555) 123-4567": ("phone", "(555) 123-4567"),
    "555-123-4567?": ("phone", "555-123-4567"),
    "10083 555-123-4567": ("phone", "555-123-4567"),
    "Please remove 0327241095": ("phone", "0327241095"),
    "dial +4428 9018 0630": ("phone", "+4428 9018 0630"),
    "0151 23456789": ("phone", "0151 23456789"),
    "8 (495) 123-45-67": ("phone", "8 (495) 123-45-67"),
    "手机13812345678谢谢": ("phone", "13812345678"),
    "我住北京，010-84378966": ("phone", "010-84378966"),
    "电话是65122277": ("phone", "65122277"),
    "my phone 5551234567": ("phone", "5551234567"),
    "My new number is 5551234567": ("phone", "5551234567"),
    "5551234567 is my mobile number": ("phone", "5551234567"),
    "What's your phone? 780 6326": ("phone", "780 6326"),
    "Acme\\n0163695737 fax\\nBerlin": ("phone", "0163695737"),
    "Meine Nummer ist 0163695737": ("phone", "0163695737"),
    "SSN 460-89-9847.": ("national_id", "460-89-9847"),
    "my social security number is 460899847": ("national_id", "460899847"),
    "身份证11010519491231002X，谢谢": ("national_id", "11010519491231002X"),
    "mi DNI: 12345678Z": ("national_id", "12345678Z"),
    "RSSMRA85T10A562S": ("national_id", "RSSMRA85T10A562S"),
    "NI number AB 12 34 56 C": ("national_id", "AB 12 34 56 C"),
    "NINO: ab123456c": ("national_id", "ab123456c"),
    "mi NIE es X1234567L": ("national_id", "X1234567L"),
    "98765 43210 is my number": ("phone", "98765 43210"),
    "cpf 529.982.247-25": ("national_id", "529.982.247-25"),
    "BSN 111222333": ("national_id", "111222333"),
    "2341 2341 2346 aadhaar": ("national_id", "2341 2341 2346"),
    # Disguised: full-width digits, zero-width characters, Arabic digits, other dashes and spaces.
    "１３８１２３４５６７８": ("phone", "１３８１２３４５６７８"),
    "138\u200b1234\u200b5678": ("phone", "138\u200b1234\u200b5678"),
    "٤١١١١١١١١١١١١١١١": ("card", "٤١١١١١١١١١١١١١١١"),
    "4111\u20111111\u00a01111\u20131111": ("card", "4111\u20111111\u00a01111\u20131111"),
    "m\u00adi\u2060a＠x．org": ("email", "m\u00adi\u2060a＠x．org"),
    "+49\ufeff 151 ２３４５６７８９": ("phone", "+49\ufeff 151 ２３４５６７８９"),
}
LEFT_ALONE = [
    "cancel #W1234567 and W7654321",
    "item 6469567736, tracking 357962501027",
    '{"item_id": "6469567736", "tracking_id": ["357962501027"]}',
    "it cost 1,234.56 or 54.10 on 2026-05-02, $1,234,567.89, 13888888888元",
    "card 4111 1111 1111 1112 has a wrong check digit",
    "DE88 3704 0044 0532 0130 00 has a wrong checksum",
    "credit_card_9876543 and gift_card_1725971",
    "zip 10083-1234, 10:30 to 12:45, suite 12 90010-1234",
    "user@localhost, me @ home, it at amazon.com, a polka dot dress",
    "order 112-7829380-4519425, order id 13812345678, 订单编号13812345678",
    "0306406152 is a book, order 0327241095",
    "USPS 9400 1000 0000 0000 0000 00, EAN 4006381333931, ISBN 978-0-306-40615-7",
    "parts AB123456C, X1234567L and 12345678Z, parcel 612999987654321, 2341 2341 2345",
    "6469567736 is my order number",
    "123e4567-e89b-12d3-a456-426614174000",
    "1732245919123 at 2026-11-22 03:05:19.123456, 01 02 2024 10:30",
    "call me at 10:30 on 12.05.2026 or on 2026-05-02",
    "I got a call. 6469567736 is the item",
    "the office 12345678 sq ft, my phone case, item 6469567736",
    "000-12-3456 and 2270-66-1551 and 123-45-67890",
    "人均100-150元，2018-02-14至2018-02-16，评分4.5",
    "<PHONE_1> 5551234",
]


@pytest.mark.parametrize(("text", "found"), FOUND.items())
def test_personal_data_is_found_exactly(text: str, found: tuple[str, str]) -> None:
    assert [(item.label, text[item.start : item.end]) for item in find_personal(text)] == [found]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_numbers_of_the_business_are_left_alone(text: str) -> None:
    assert find_personal(text) == []


@pytest.mark.parametrize(
    ("good", "valid"),
    [
        ("4111111111111111", luhn_numbers.is_valid),
        ("GB82WEST12345698765432", iban_numbers.is_valid),
        ("11010519491231002X", ric.is_valid),
    ],
)
def test_one_wrong_digit_is_no_number_any_more(good: str, valid: object) -> None:
    assert [item.start for item in find_personal(good)] == [0]
    assert callable(valid)
    assert valid(good)
    for place in (index for index, character in enumerate(good) if character.isdecimal()):
        for digit in set("0123456789") - {good[place]}:
            assert find_personal(good[:place] + digit + good[place + 1 :]) == []


def test_the_name_of_the_field_says_what_a_bare_number_is() -> None:
    assert find_personal("5551234567") == []
    assert [item.label for item in find_personal("5551234567", "customerPhone")] == ["phone"]
    assert [item.label for item in find_personal("5551234567", "phone_numbers")] == ["phone"]
    assert [item.label for item in find_personal("111222333", "bsn")] == ["national_id"]
    assert find_personal("13812345678", "order_id") == []


def test_several_values_side_by_side_are_each_found() -> None:
    text = "电话13812345678,010-84378966；a@x.org b@y.co 4111111111111111/5551234, tel 555 1234, 555 1235, 555 1236"
    found = [text[item.start : item.end] for item in find_personal(text)]
    assert found == [
        "13812345678",
        "010-84378966",
        "a@x.org",
        "b@y.co",
        "4111111111111111",
        "555 1234",
        "555 1235",
        "555 1236",
    ]


def test_a_finding_names_its_rule() -> None:
    (found,) = find_personal("13812345678")
    assert found.rule == "phone_cn_mobile"


HOSTILE = [
    "1 ",
    "1234 ",
    "4111 1111 1111 1112 ",
    "GB82 ",
    "03 ",
    "a@",
    "a.b-",
    "电话1381234567 ",
    "1\u200b",
    "(",
    "dot at ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_made_to_be_slow_is_read_in_time(piece: str) -> None:
    text = (piece * 4000)[:4000]
    before = time.process_time()
    find_personal(text)
    # 2 to 60 ms; a rule whose time grows with the square of the length takes seconds.
    assert time.process_time() - before < 1


@settings(deadline=None)
@given(
    st.text(alphabet=st.one_of(st.sampled_from("0123456789 +-()./@xX<>_#电话是卡号:,\u200b０１２"), st.characters()))
)
def test_findings_are_in_order_and_apart_whatever_the_text(text: str) -> None:
    found = find_personal(text)
    assert all(item.start < item.end for item in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
