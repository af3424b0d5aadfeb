"""Values that only their label makes personal are masked after it, in five languages; a shop's own numbers are not."""

import time

import pytest

from activities.guards.pii import find_personal

FOUND = {
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


@pytest.mark.parametrize(("text", "found"), FOUND.items())
def test_a_labelled_value_is_found_without_its_label(text: str, found: tuple[str, str] | None) -> None:
    values = [(item.label, text[item.start : item.end]) for item in find_personal(text)]
    assert values == ([found] if found else [])


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_belongs_to_the_shop_is_left_alone(text: str) -> None:
    assert find_personal(text) == []


@pytest.mark.parametrize(
    "piece", ["passport no is ", "account 12 ", "geboren am ", "born 1 ", "IP: 1.", "护照号", "ip a:"]
)
def test_labels_without_end_cost_linear_time(piece: str) -> None:
    began = time.perf_counter()
    find_personal(piece * (60_000 // len(piece)))
    assert time.perf_counter() - began < 5
