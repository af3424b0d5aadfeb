"""Addresses are taken from the user's own words, whole, or not at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.replying import write
from leverframe.contracts.base import Facts
from leverframe.contracts.request import TEXT_LIMIT
from machines.shop.address_reading import plain
from machines.shop.addresses import Address, addresses, lines, without_addresses, written_out
from machines.shop.regions import US_STATES, countries_in, states_in
from tests.support.timing import cost

AUSTIN = Address("123 Main St", "Apt 4B", "Austin", "TX", "78701", "USA")
DENVER = Address("5 New Ave", "", "Denver", "CO", "80202", "USA")


def found(*messages: str) -> list[Address]:
    return addresses({"messages": list(messages)})


@pytest.mark.parametrize(
    "text",
    [
        "Please send #W1000001 to 123 Main St, Apt 4B, Austin, TX 78701. Call <PHONE_1> or mail <EMAIL_1>.",
        "123 Main St Apt 4B Austin TX 78701",
        "It goes to 123 Main St, Apt 4B, Austin, Texas, 78701, USA please",
        "123 Main St\nApt 4B\nAustin, TX 78701\nUnited States",
        "Street: 123 Main St, Apt 4B, City: Austin, State: TX, Zip: 78701",
        "my new place (123 Main St, Apt 4B, Austin, TX 78701) is ready",
        "Apt 4B, 123 Main St, Austin, TX 78701",
        "I moved to Texas: 123 Main St, Apt 4B, Austin 78701",
        "123 Main St Apt 4B, Austin, TX. My zip is 78701.",
        "send my 2 lamps to 123 Main St, Apt 4B, Austin, TX 78701",
        "send my 2 lamps, 123 Main St, Apt 4B, Austin, TX 78701",
        "把订单 #W1000001 的收货地址改成 123 Main St，Apt 4B，Austin，TX 78701。谢谢",
        "not to 12 Old Rd, Austin, TX 78701 but to 123 Main St, Apt 4B, Austin, TX 78701",
        "Change it from 12 Old Rd, Austin, TX 78701 to 123 Main St, Apt 4B, Austin, TX 78701",
        "my old address was 12 Old Rd, Austin, TX 78701. It is 123 Main St, Apt 4B, Austin, TX 78701 now",
        "statt an 12 Old Rd, Austin, TX 78701 bitte an 123 Main St, Apt 4B, Austin, TX 78701",
    ],
)
def test_an_address_is_read_however_it_is_written(text: str) -> None:
    assert found(text) == [AUSTIN]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("690 Broadway, Suite 737, Indianapolis, IN 46226",
         ("690 Broadway", "Suite 737", "Indianapolis", "IN", "46226")),
        ("101 highway street, suite 9, new york, ny 10001",
         ("101 highway street", "suite 9", "new york", "NY", "10001")),
        ("227 Oak Street, Suite 699, Washington, DC 20564.",
         ("227 Oak Street", "Suite 699", "Washington", "DC", "20564")),
        ("500 Park Avenue South, Floor 3, New York, New York 10016-1234",
         ("500 Park Avenue South", "Floor 3", "New York", "NY", "10016-1234")),
        ("4500 5th Ave, Apt #12, Pittsburgh, PA 15213", ("4500 5th Ave", "Apt #12", "Pittsburgh", "PA", "15213")),
        ("9 Oak Lane, c/o Jo Smith, St. Louis, MO 63101", ("9 Oak Lane", "c/o Jo Smith", "St. Louis", "MO", "63101")),
        ("P.O. Box 123, Denver, CO 80202", ("P.O. Box 123", "", "Denver", "CO", "80202")),
    ],
)  # fmt: skip
def test_addresses_in_the_usa(text: str, address: tuple[str, str, str, str, str]) -> None:
    assert found(text) == [Address(*address, country="USA")]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Neue Adresse: Lindenstraße 12a, 3. OG, 10969 Berlin, Berlin, Deutschland. Danke",
         ("Lindenstraße 12a", "3. OG", "Berlin", "Berlin", "10969", "Germany")),
        ("Bitte an Unter den Linden 5, 10117 Berlin, Berlin, Germany",
         ("Unter den Linden 5", "", "Berlin", "Berlin", "10117", "Germany")),
        ("à livrer au 12 rue de la Paix, 75002 Paris, Île-de-France, France",
         ("12 rue de la Paix", "", "Paris", "Île-de-France", "75002", "France")),
        ("Calle Mayor 5, 2º B, 28013 Madrid, Madrid, España",
         ("Calle Mayor 5", "2º B", "Madrid", "Madrid", "28013", "Spain")),
        ("Flat 3, 12 High Street, Leeds, West Yorkshire LS1 4AP, UK",
         ("12 High Street", "Flat 3", "Leeds", "West Yorkshire", "LS1 4AP", "United Kingdom")),
        ("100 Queen Street West, Toronto, ON M5H 2N2, Canada",
         ("100 Queen Street West", "", "Toronto", "ON", "M5H 2N2", "Canada")),
        ("123 George St, Sydney NSW 2000, Australia", ("123 George St", "", "Sydney", "NSW", "2000", "Australia")),
        ("请改成上海市浦东新区世纪大道100号2栋301室，邮编200120，中国",
         ("浦东新区世纪大道100号", "2栋301室", "上海市", "上海市", "200120", "China")),
        ("请寄到广东省深圳市南山区科技路5号，邮编518000，中国。",
         ("南山区科技路5号", "", "深圳市", "广东省", "518000", "China")),
    ],
)  # fmt: skip
def test_addresses_elsewhere(text: str, address: tuple[str, str, str, str, str, str]) -> None:
    assert found(text) == [Address(*address)]


@pytest.mark.parametrize(
    "text",
    [
        "I moved! 77 Lake Shore Drive, Chicago, IL",
        "123 Main St, Austin",
        "123 Main St, Austin 78701",
        "somewhere in Austin, TX 78701",
        "Lindenstr. 12, 10969 Berlin",
        "Lindenstr. 12, 10969 Berlin, Deutschland",
        "12 High Street, London SW1A 1AA, UK",
        "2 chairs, 1 table please, and cancel order 5 from Bank Street",
        "not to 12 Old Rd, Austin, TX 78701",
        "call <PHONE_1>, Austin, TX",
        f"{'1 ' + 'a' * 300} St, Austin, TX 78701",
        "",
    ],
)
def test_what_is_not_a_whole_address_is_none(text: str) -> None:
    assert found(text) == []


def test_what_is_missing_may_come_with_the_answer() -> None:
    assert found("Send it to 123 Main St, Apt 4B, Austin, TX please") == []
    assert found("Send it to 123 Main St, Apt 4B, Austin, TX please", "the zip is 78701") == [AUSTIN]
    assert found("to my new flat", "123 Main St, Apt 4B, Austin, TX 78701") == [AUSTIN]


def test_two_addresses_are_both_there_to_choose_from() -> None:
    text = f"Home is {DENVER.line}. Work is {AUSTIN.line}. Send it to work."
    assert found(text) == [DENVER, AUSTIN]
    assert lines({"messages": [text]}) == [DENVER.line, AUSTIN.line]


def test_an_address_in_one_line_is_read_as_itself() -> None:
    for address in (AUSTIN, DENVER):
        assert found(address.line) == [address]


def test_a_masked_value_stays_where_it_stood() -> None:
    (address,) = found("contact: <PHONE_1> Elm Street, Denver, CO, zip code: <PHONE_2>")
    assert (address.address1, address.zip) == ("<PHONE_1> Elm Street", "<PHONE_2>")
    assert found("9 Elm Street, Denver, CO, <PHONE_2>") == [], "a phone number behind an address is no postcode"


def test_a_tool_is_given_the_lines_of_the_proposed_address_alone() -> None:
    facts: Facts = {
        "messages": [f"{DENVER.line} or {AUSTIN.line}"],
        "proposal": {"event": "change", "address": AUSTIN.line},
    }
    given_to_tool = {name: line(facts) for name, line in written_out().items()}
    assert given_to_tool == {
        "address1": "123 Main St", "address2": "Apt 4B", "city": "Austin", "state": "TX", "zip": "78701",
        "country": "USA",
    }  # fmt: skip


@pytest.mark.parametrize(
    "proposal", [{}, {"address": "1 Thief Road, Austin, TX 78701, USA"}, {"address": None}, None, "x"]
)
def test_an_address_that_nobody_wrote_has_no_lines(proposal: JsonValue) -> None:
    facts: Facts = {"messages": [AUSTIN.line], "proposal": proposal}
    for line in written_out().values():
        with pytest.raises(LookupError, match="does not stand in the user's words"):
            line(facts)


def test_without_its_addresses_a_message_speaks_of_the_order_alone() -> None:
    assert "Garden" not in without_addresses("Send my lamp to 12 Garden Street, Austin, TX 78701")
    assert "lamp" in without_addresses("Send my lamp to 12 Garden Street, Austin, TX 78701")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "zh"])
def test_the_address_that_a_question_gives_as_an_example_can_be_read(language: str) -> None:
    question = write("customer_address_change", "ask", {"proposal": {"missing": "which_address"}}, language)
    assert len(found(question)) == 1


def test_states_and_countries_go_by_many_names() -> None:
    assert states_in("from New York to the district of columbia") == {"NY", "DC"}
    assert countries_in("Deutschland, the UK, États-Unis, 中国; contact us") == {
        "Germany",
        "United Kingdom",
        "USA",
        "China",
    }
    assert len(US_STATES) == 52


PIECES = st.lists(
    st.sampled_from(
        [
            "5", "12", "Elm", "Main", "Street", "Ave", "Apt 4", "Denver", "New York", "CO", "TX", "Texas", "80202",
            "zip", "is", "USA", "Germany", "Berlin", "10969", "Lindenstr. 12", ",", ",", ",", ".", "\n", "to", "not",
            "<PHONE_1>", "#W1000001", "lamp", "P.O. Box 7", "中国", "上海市", "大道100号", "，", "邮编200120", "100",
        ]
    ),
    max_size=25,
)  # fmt: skip


@given(PIECES)
def test_nothing_but_the_users_own_words_is_in_an_address(pieces: list[str]) -> None:
    text = " ".join(pieces)
    said = plain(text)
    for address in found(text):
        for line in (address.address1, address.address2, address.city, address.zip):
            assert line in said
        assert address.state in said or US_STATES[address.state] in said
        assert address.country == "USA" or address.country in countries_in(text)
        assert re.search(r"\d|<", address.address1)


@pytest.mark.parametrize(
    "piece",
    ["1 a ", "1 ", "A ", "Aa ", "1 a b c d e f, ", "1 Aa Bb Cc Dd Ee 1, ", "a'", "1 st ", "1-1 ", "1 Elm St, x, ",
     "上海市", "中", "Aa de la ", "1, ", "<A_1> a ", "\n", "p.o. box 1 ", "not not ", "old a b c ", "#W1000001 "],
)  # fmt: skip
def test_hostile_text_takes_little_time(piece: str) -> None:
    """A workflow task that computes for two seconds is taken for a deadlock."""
    text = (piece * TEXT_LIMIT)[:TEXT_LIMIT]
    assert cost(lambda: found(text)) < 1
