"""Days that users speak of, in five languages: not said, read, open, or said and not read, which is never no day."""

from datetime import date, timedelta
from typing import Annotated, Any

import pytest

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, HandOver, OneDay, OneOf
from machines.base import ActionMachine
from machines.reading.dates import dates_in
from machines.reading.days_meant import day_meant, which_day
from machines.schema import answer_schema, offers, read_proposal
from machines.states import Decide, End
from tests.support.timing import cost

WEDNESDAY = date(2026, 11, 25)


def read(text: str, today: date = WEDNESDAY) -> list[str]:
    """The days of each date, with `` or `` between those that it can be, and ``?`` for one that is not read."""
    return [" or ".join(map(str, said.days)) or "?" for said in dates_in(text, today)]


@pytest.mark.parametrize(
    ("day", "texts"),
    [
        ("2026-11-25", "today | as of today, please | heute | ab heute | aujourd'hui | hoy mismo | 今天"),
        ("2026-11-26", "tomorrow | please end it tomorrow | morgen | bitte morgen kündigen | demain | mañana | 明天"),
        ("2026-11-27", "the day after tomorrow | übermorgen | après-demain | pasado mañana | 后天"),
        ("2026-11-24", "yesterday | gestern | hier soir | ayer | 昨天"),
        (
            "2026-11-27",
            "on Friday | this Friday | am Freitag | kommenden Freitag | vendredi | ce vendredi | el viernes",
        ),
        ("2026-11-27", "el viernes que viene | este viernes | 周五 | 这周五 | 本周五 | 星期五"),
        ("2026-12-04", "Friday next week | Friday week | Freitag nächster Woche | Freitag in einer Woche | 下周五"),
        (
            "2026-12-04",
            "vendredi en huit | vendredi de la semaine prochaine | el viernes de la próxima semana | 下个星期五",
        ),
        ("2026-11-20", "last Friday | letzten Freitag | vendredi dernier | el viernes pasado | 上周五"),
        (
            "2026-12-09",
            "in two weeks | in 14 days | two weeks from now | in a fortnight | in zwei Wochen | in 14 Tagen",
        ),
        ("2026-12-09", "dans deux semaines | dentro de dos semanas | en dos semanas | 两周后 | 两个星期后 | 十四天后"),
        ("2026-12-25", "in a month | in one month | in einem Monat | dans un mois | en un mes | 一个月后"),
        ("2026-11-11", "two weeks ago | vor zwei Wochen | il y a deux semaines | hace dos semanas | 两周前"),
        (
            "2027-05-03",
            "on the 3rd of May | May 3rd | May 3, 2027 | 3 May | the third of May | am 3. Mai | am dritten Mai",
        ),
        (
            "2027-05-03",
            "3.5. | zum 03.05.2027 | le 3 mai | le 3 mai 2027 | el 3 de mayo | 3 de mayo de 2027 | 5月3号 | 五月三日",
        ),
        ("2027-05-03", "2027-05-03 | 2027年5月3日 | le 3/5 | el 3/5 | bitte zum 3/5 | 5/3吧 | ２０２７-０５-０３"),
        ("2026-12-01", "the first of next month | am 1. des nächsten Monats | le 1er du mois prochain | 下个月1号"),
        (
            "2026-11-30",
            "the end of the month | at month end | Ende des Monats | zum Monatsende | à la fin du mois | 月底",
        ),
        ("2026-11-30", "a fin de mes | a finales de este mes | by the 30th | zum 30. | on the 30th of this month"),
        (
            "2026-12-31",
            "at the end of next month | Ende nächsten Monats | fin du mois prochain | 下个月底 | zum 31.12.",
        ),
        (
            "2026-12-31",
            "the end of the year | zum Jahresende | fin de l'année | a fin de año | 年底 | 31/12/2026",
        ),
        (
            "2027-03-31",
            "the end of March | Ende März 2027 | fin mars | a finales de marzo | 三月底 | the last day of March",
        ),
        ("2026-12-04", "Friday, 4 December | Freitag, den 4. Dezember | vendredi 4 décembre | viernes 4 de diciembre"),
    ],
)
def test_a_day_is_read(day: str, texts: str) -> None:
    for text in texts.split(" | "):
        assert read(text) == [day], text


@pytest.mark.parametrize(
    ("days", "texts"),
    [
        ("2027-03-05 or 2027-05-03", "5/3 | 5/3/2027 | on 5/3 please"),
        ("2026-11-27 or 2026-12-04", "next Friday | nächsten Freitag | vendredi prochain | el próximo viernes"),
        ("2026-11-25 or 2026-12-02", "on Wednesday | am Mittwoch | mercredi | el miércoles | 周三"),
        ("2026-11-15 or 2026-12-15", "on the 15th | am 15. | le 15 | el 15 | 15号"),
        ("2026-11-03 or 2027-11-03", "3 November | am 3. November | le 3 novembre | el 3 de noviembre | 11月3号"),
    ],
)
def test_what_can_be_two_days_is_both(days: str, texts: str) -> None:
    for text in texts.split(" | "):
        assert read(text) == [days], text


UNREAD = (
    "30 February | am 30. Februar | le 30 février | el 30 de febrero | 2月30号 | 29 February | 31.4. | 32 May"
    " | 2027-13-01 | next week | nächste Woche | la semaine prochaine | la próxima semana | 下周 | next month | in May"
    " | im Mai | en mai | en mayo | 下个月 | in a few weeks | in ein paar Tagen | in 1.5 weeks | in two hundred days"
    " | Friday, 5 December | not on Friday | nicht am Freitag | pas vendredi | 不是周五 | after 3 May | nach dem 3. Mai"
    " | before Friday | 3-5 May | around 3 May | in spring | at Christmas | Friday or so | 过几天"
)


@pytest.mark.parametrize("text", UNREAD.split(" | "))
def test_what_is_said_and_not_read_is_not_nothing(text: str) -> None:
    assert "?" in read(text)


@pytest.mark.parametrize(
    "text",
    ["", "end my contract", "I may need 2 lamps", "Guten Morgen", "version 2.5 is broken", "order #W1234567",
     "call 555-1234", "3.5 kg", "two cards", "he can march", "buenos días por la mañana", "取消我的合同", "1/2 of it",
     "on the 3rd floor"],
)  # fmt: skip
def test_where_no_day_is_said_there_is_none(text: str) -> None:
    assert read(text) == []


def test_days_are_counted_over_leap_days_and_ends_of_months() -> None:
    assert read("29 February", date(2027, 12, 1)) == ["2028-02-29"]
    assert read("29 Feb 2028") == ["2028-02-29"]
    assert read("in a year", date(2028, 2, 29)) == ["2029-02-28"]
    assert read("in a month", date(2027, 1, 31)) == ["2027-02-28"]
    assert read("end of the month", date(2028, 2, 3)) == ["2028-02-29"]
    assert read("tomorrow", date(2026, 12, 31)) == ["2027-01-01"]
    assert read("tomorrow", date.max) == ["?"]
    assert read("in 9999 years") == ["?"]


def test_next_friday_is_clear_where_all_mean_the_same() -> None:
    saturday, friday = date(2026, 11, 28), date(2026, 11, 27)
    assert read("next Friday", saturday) == ["2026-12-04"]
    assert read("next Friday", friday) == ["2026-12-04"]
    assert read("next Monday") == ["2026-11-30"]


class Ending(Arguments):
    on: Annotated[str, OneDay(day_meant)]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(which_day)]


class ContractEnd(ActionMachine):
    deciding = Decide("p", {"end": Ending, "ask": AskBack, "hand_over": HandOver}, initial=True)
    person = End("handed_over", "person")
    end = deciding.to(person)
    ask = deciding.to(person)
    hand_over = deciding.to(person)


def offered(*said: str, days: list[str] | None = None) -> dict[str, Any]:
    machine = ContractEnd()
    assert isinstance(machine.current, Decide)
    written = days if days is not None else [str(WEDNESDAY + timedelta(days=number)) for number in range(len(said))]
    facts: Facts = {"messages": [*said], "written_on": [*written]}
    found = offers(machine, machine.current, facts)
    schemas: Any = answer_schema(found)
    branches = schemas["properties"]["proposal"]["anyOf"]
    return {
        name: value.get("enum", [value.get("const")])
        for branch in branches
        for name, value in branch["properties"].items()
        if name in ("on", "missing")
    }


@pytest.mark.parametrize(
    ("said", "can_be_proposed"),
    [
        (["end it on 31 December"], {"on": ["2026-12-31"]}),
        (["end it tomorrow or on 31 December 2026"], {"on": ["2026-11-26", "2026-12-31"]}),
        (["end it next Friday or on 31 December 2026"], {"missing": ["what_day"]}),
        (["end it"], {"missing": ["which_day"]}),
        (["end it on 30 February"], {"missing": ["what_day"]}),
        (["end it next Friday"], {"missing": ["what_day"]}),
        (["end it on 3 May 2026"], {"missing": ["past_day"]}),
        (["end it yesterday"], {"missing": ["past_day"]}),
        (["end it next Friday", "4 December"], {"on": ["2026-12-04"]}),
        (["end it today", "yes"], {"missing": ["past_day"]}),
        (["end it", "tomorrow"], {"on": ["2026-11-27"]}),
    ],
)
def test_a_machine_is_given_days_that_are_not_over_or_asks(said: list[str], can_be_proposed: dict[str, Any]) -> None:
    assert offered(*said) == can_be_proposed


def test_a_proposed_day_is_one_of_those_that_were_said() -> None:
    machine = ContractEnd()
    assert isinstance(machine.current, Decide)
    found = offers(machine, machine.current, {"messages": ["on 31.12."], "written_on": [str(WEDNESDAY)]})
    said: Any = {"rationale": "r", "proposal": {"event": "end", "on": "2026-12-31"}}
    assert read_proposal(found, said).arguments == {"on": "2026-12-31"}
    with pytest.raises(ValueError, match="does not fit"):
        read_proposal(found, {**said, "proposal": {"event": "end", "on": "2026-12-30"}})


@pytest.mark.parametrize("days", [[], [""], ["someday"], ["2026-11-25", "2026-11-25"]])
def test_where_the_day_of_the_message_is_not_known_no_day_is_read(days: list[str]) -> None:
    assert offered("end it on 31 December 2026", days=days) == {"missing": ["what_day"]}
    assert offered("end it", days=days) == {"missing": ["which_day"]}


@pytest.mark.parametrize(
    "piece", ["3 may ", "in 2 ", "5/3", "friday, ", "end of ", "周五", "the 1st of ", "1.", "not on "]
)
def test_reading_takes_linear_time(piece: str) -> None:
    def took(size: int) -> float:
        return cost(lambda: dates_in(piece * (size // len(piece)), WEDNESDAY))

    assert took(8_000) < 12 * max(took(2_000), 0.03)
