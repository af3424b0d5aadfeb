"""Personal data is found through line ends and through the codes of HTML, links and mail, and masked as it stands."""

import time

import pytest

from activities.guards.masking import Masking
from activities.guards.pii import find_personal

FOUND = {
    "call me on +49 170\n1234567": "+49 170\n1234567",
    "card 4111 1111\n1111 1111": "4111 1111\n1111 1111",
    "card 4111 1111\r\n1111 1111": "4111 1111\r\n1111 1111",
    "IBAN DE89 3704 0044\n0532 0130 00, danke": "DE89 3704 0044\n0532 0130 00",
    "mail: mia.berg@\nexample.org": "mia.berg@\nexample.org",
    "an mia.b=\nerg@example.org bitte": "mia.b=\nerg@example.org",
    "carte 4111 1111 11=\r\n11 1111": "4111 1111 11=\r\n11 1111",
    "Tel. 030 12=\n345678": "030 12=\n345678",
    "correo: mia=40example.org": "mia=40example.org",
    "mia&#64;example.org": "mia&#64;example.org",
    "mia&#x40;example&period;org": "mia&#x40;example&period;org",
    "我的邮箱mia&commat;example.org谢谢": "mia&commat;example.org",
    "card 4111&nbsp;1111&nbsp;1111&#160;1111": "4111&nbsp;1111&nbsp;1111&#160;1111",
    "mailto:mia%40example%2Eorg": "mia%40example%2Eorg",
    "tel=%2B49%20170%201234567": "%2B49%20170%201234567",
}
LEFT_ALONE = [
    "items:\n1008292230\n1008292231\n6469567736",
    "#W1234567\n#W7654321",
    "50%20 or 100%40",
    "Lamp &amp; shade &#8364;54.10, size=40\nqty=2",
    "me @\nhome",
]


@pytest.mark.parametrize(("text", "value"), FOUND.items())
def test_an_encoded_value_is_masked_whole_and_comes_back_as_written(text: str, value: str) -> None:
    masking = Masking({})
    masked = masking.mask("", text)
    assert list(masking.placeholders.values()) == [value]
    assert masked == text.replace(value, next(iter(masking.placeholders)))


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_lines_and_codes_of_the_shop_are_left_alone(text: str) -> None:
    assert find_personal(text) == []


def test_a_number_takes_nothing_from_the_next_line() -> None:
    text = "Phone: 5551234567\n2 lamps"
    assert [text[found.start : found.end] for found in find_personal(text)] == ["5551234567"]


@pytest.mark.parametrize("piece", ["&#64;", "&nbsp", "%40", "=\n", "1\n", "a@\n", "\r"])
def test_codes_without_end_cost_linear_time(piece: str) -> None:
    began = time.perf_counter()
    find_personal(piece * (60_000 // len(piece)))
    assert time.perf_counter() - began < 5
