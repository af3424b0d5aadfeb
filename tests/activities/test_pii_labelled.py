"""Personal data over line breaks and in other spellings of a character, and values that only their label makes
personal, in five languages; a shop's own numbers stay."""

import pytest

from activities.guards.masking import Masking
from activities.guards.pii import find_personal
from tests.support.timing import growth

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
    "card 4111-1111-\r\n1111-1111": ("card", "4111-1111-\r\n1111-1111"),
    "IBAN DE89-3704-\n0044-0532-0130-00": ("iban", "DE89-3704-\n0044-0532-0130-00"),
    "ring 415-555-\n0100": ("phone", "415-555-\n0100"),
}
LABELLED = {
    "身份证: 1101051949\n12310021": ("national_id", "1101051949\n12310021"),
    "my ssn is 000-12-3456": ("national_id", "000-12-3456"),
    "social security number\n078 05 1120": ("national_id", "078 05 1120"),
    "numéro de sécurité sociale 1 84 03 69 123 456 78": ("national_id", "1 84 03 69 123 456 78"),
    "Sozialversicherungsnummer 65 070649 C 103 bitte": ("national_id", "65 070649 C 103"),
    "Steuer-ID: 86095742710": ("national_id", "86095742710"),
    "número de la seguridad social 28 12345678 40": ("national_id", "28 12345678 40"),
    "ABA 021000021": ("bank_account", "021000021"),
    "Mein Geburtstag ist der 12.03.1984": ("birth_date", "12.03.1984"),
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
    "My passport no. is X98Y76Z54": ("passport", "X98Y76Z54"),
    "Reisepass-Nr. C3JK4789A": ("passport", "C3JK4789A"),
    "mon passeport n° 19FV04512": ("passport", "19FV04512"),
    "Pasaporte: XDB482913": ("passport", "XDB482913"),
    "我的护照号码是G40298817": ("passport", "G40298817"),
    "bank account 4400 1182 93, thanks": ("bank_account", "4400 1182 93"),
    "routing number: 011401533": ("bank_account", "011401533"),
    "Sort-code 40-47-84": ("bank_account", "40-47-84"),
    "Meine Kontonr. lautet 532013000": ("bank_account", "532013000"),
    "BLZ 100 500 00": ("bank_account", "100 500 00"),
    "mon compte bancaire est 20041010050": ("bank_account", "20041010050"),
    "cuenta corriente: 2100 0418 45 0200051332": ("bank_account", "2100 0418 45 0200051332"),
    "银行帐号：11001042500053001234": ("bank_account", "11001042500053001234"),
    "DOB: 4/11/1985": ("birth_date", "4/11/1985"),
    "I was born on the 4th of November 1985": ("birth_date", "4th of November 1985"),
    "geb. 04.11.1985 in Bonn": ("birth_date", "04.11.1985"),
    "Mein Geburtstag ist der 4. November": None,
    "née le 4 novembre 1985": ("birth_date", "4 novembre 1985"),
    "nací el 4 de noviembre de 1985": ("birth_date", "4 de noviembre de 1985"),
    "我出生于1985年11月4日": ("birth_date", "1985年11月4日"),
    "my ip was 198.51.100.23 then": ("ip_address", "198.51.100.23"),
    "Meine IP-Adresse ist 2001:db8:1::42": ("ip_address", "2001:db8:1::42"),
    "mon adresse IP est 198.51.100.23": ("ip_address", "198.51.100.23"),
    "mi dirección IP: 198.51.100.23.": ("ip_address", "198.51.100.23"),
    "我的IP是198.51.100.23": ("ip_address", "198.51.100.23"),
    "身份证号码 320106198511040027": ("national_id", "320106198511040027"),
    "identity card no. 320106198511040027": ("national_id", "320106198511040027"),
}
LEFT_ALONE = [
    "the Steuer-ID is missing on the invoice 1007919",
    "Steuer: 19% of 54.10",
    "social media code 1234567",
    "DNI is not needed, order 1007919",
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
    "My passport. 6469567736 is the item, #W1234567 the order",
    "return the passport #W1234567",
    "passport cover 6469567736",
    "it is on my account, order 6469567736",
    "I looked in my account. 6469567736 is missing",
    "credited to my account on 2026-05-02",
    "for her birthday on 12/05/2026",
    "zum Geburtstag am 7.3.2026 bestellt",
    "ordered on 07/03/1999, bought on March 7, 2025",
    "app version 10.2.0.1, firmware 198.51.100.23",
    "zip 10.2.0.1, ship 198.51.100.23",
    "le compte est bon, 54,10 € le 7.3.2025",
    "order id 110101199003070012",
    "发货日期：2026年3月7日，订单编号110101199003070012",
]


@pytest.mark.parametrize(("text", "found"), [*BROKEN.items(), *LABELLED.items()])
def test_it_is_found_whole_and_without_its_label(text: str, found: tuple[str, str] | None) -> None:
    values = [(item.label, text[item.start : item.end]) for item in find_personal(text)]
    assert values == ([found] if found else [])


def test_account_and_bank_are_both_found() -> None:
    for text in ("account number 12345678, routing number 021000021", "Kontonummer 1234567890 BLZ 370 400 44"):
        assert [one.label for one in find_personal(text)] == ["bank_account", "bank_account"]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_belongs_to_the_shop_is_left_alone(text: str) -> None:
    assert find_personal(text) == []


def test_masked_text_leaves_nothing_of_it() -> None:
    masking = Masking({})
    assert masking.mask("", "ada&#64;exam=\nple.org, born: 1985-03-12") == "<EMAIL_1>, born: <BIRTH_DATE_1>"


PIECES = (
    "&#64;", "%40", "=\n", "a@\n", "born on 1", "passport 1", "ip 1.", "konto 1 ",
    "passport no is ", "account 12 ", "geboren am ", "born 1 ", "IP: 1.", "护照号", "ip a:",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_what_never_ends_costs_linear_time(piece: str) -> None:
    assert growth(find_personal, lambda length: piece * (length // len(piece)), 3_750) < 16 * 3
