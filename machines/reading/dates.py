"""The days that a text speaks of: not spoken of, read, open between several, or spoken of and not read. Pure; linear.

What cannot be read is never no date: whoever asks is told that something was said. No library serves here: what the
common ones do not know of a phrase they drop, and read the rest ("nächsten Freitag" as Friday, the 30th of February as
the 25th), they decide silently which way round ``5/3`` is, and take a second for a long text.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from machines.reading import days
from machines.reading.date_names import MONTHS, ORDINALS, UNITS, WEEKDAYS
from machines.reading.date_patterns import (
    AGO,
    ALONE,
    AWAY,
    DAY_FIRST,
    ENDS,
    IN_A_MONTH,
    IN_TWO_DAYS,
    NAMED,
    NOT_THAT,
    NOT_THAT_BEHIND,
    OF_A_MONTH,
    ORDINAL_WORD,
    RANGE,
    SEPTEMBER,
    SPOKEN_OF,
    TODAY,
    TOMORROW,
    WRITTEN,
    YESTERDAY,
)
from machines.reading.days import Days
from machines.reading.remembering import once
from machines.reading.said_numbers import in_digits
from machines.reading.spelling import folded

BEFORE = 24
"""Characters before a day in which it is said that it is another one."""


class SaidDate(NamedTuple):
    """A day that a text speaks of."""

    words: str
    """How, in lower case and without accents."""
    days: Days
    """What it can be, earliest first; several where that is open, none where it is not read."""


class _Found(NamedTuple):
    start: int
    end: int
    days: Days
    weekday: bool = False


@once
def dates_in(text: str, today: date) -> tuple[SaidDate, ...]:
    """The days that a text speaks of, in its order; nothing where it speaks of none.

    Args:
        text: one message.
        today: the day on which it was written, where the business is.
    """
    plain = _plain(text)
    read = _joined(_apart([*_read(plain, today)]), plain)
    found = [*read, *(each for each in _unread(plain) if not any(_overlap(each, one) for one in read))]
    return tuple(SaidDate(plain[each.start : each.end], each.days) for each in sorted(found))


def _plain(text: str) -> str:
    """In lower case, without accents, numbers in digits."""
    bare = unicodedata.normalize("NFD", folded(text).casefold().replace("’", "'"))
    bare = unicodedata.normalize("NFC", "".join(each for each in bare if not unicodedata.combining(each)))
    bare = ORDINAL_WORD.sub(_ordinal, SEPTEMBER.sub("september", bare))
    return re.sub(r"\s+", " ", in_digits(bare))


def _ordinal(found: re.Match[str]) -> str:
    tens = {"twenty": 20, "thirty": 30}.get(found["tens"] or "", 0)
    return str(tens + ORDINALS[found["word"]])


def _read(text: str, today: date) -> Iterator[_Found]:
    for pattern, reader in READERS:
        for found in pattern.finditer(text):
            means = reader(found, today)
            if _another(text, found.start(), found.end()):
                means = ()
            yield _Found(found.start(), found.end(), tuple(sorted(set(means))), pattern is NAMED)


def _another(text: str, start: int, end: int) -> bool:
    """Whether another day is meant than the one that is named, or it is one of several."""
    before = text[max(0, start - BEFORE) : start]
    return bool(NOT_THAT.search(before) or RANGE.search(before) or NOT_THAT_BEHIND.match(text, end))


def _apart(found: list[_Found]) -> list[_Found]:
    """Of those that overlap the one that begins first, and of these the longest."""
    kept: list[_Found] = []
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _joined(found: list[_Found], text: str) -> list[_Found]:
    """``Friday, 4 December`` as one; no day where the weekday is another's."""
    joined: list[_Found] = []
    for each in found:
        before = joined[-1] if joined else None
        if before and before.weekday != each.weekday and _CLOSE.fullmatch(text[before.end : each.start]):
            named, dated = (before, each) if before.weekday else (each, before)
            fits = tuple(day for day in dated.days if day.weekday() in {one.weekday() for one in named.days})
            joined[-1] = _Found(before.start, each.end, fits)
        else:
            joined.append(each)
    return joined


_CLOSE = re.compile(r"[,(]?\s?(?:(?:the|den|dem|am|le|el|dia|on)\s){0,2}")


def _unread(text: str) -> Iterator[_Found]:
    return (_Found(found.start(), found.end(), ()) for found in SPOKEN_OF.finditer(text))


def _overlap(one: _Found, other: _Found) -> bool:
    return one.start < other.end and other.start < one.end


def _away(found: re.Match[str], today: date, sign: int = 1) -> Days:
    number, unit = [each for each in found.groups() if each][-2:]
    count = sign * (int(number) if number.isdecimal() else 1)
    match UNITS[unit]:
        case "month":
            return days.months_after(today, count)
        case "year":
            return days.months_after(today, 12 * count)
        case in_days:
            return days.after(today, count * {"day": 1, "week": 7, "fortnight": 14}[in_days])


def _named(found: re.Match[str], today: date) -> Days:
    weekday = next(WEEKDAYS[word] for word in sorted(WEEKDAYS, key=len, reverse=True) if word in found[0])
    if found["of_next"]:
        # "Friday week" and "Freitag in einer Woche" are counted from the one to come.
        in_a_week = re.search(r"\bweek\b(?<!next week)|in (?:einer|1) woche|en (?:huit|8)", found[0])
        return days.after(days.coming(weekday, today)[0], 7) if in_a_week else days.of_next_week(weekday, today)
    if found["next"]:
        return days.next_named(weekday, today)
    return days.before(weekday, today) if found["last"] else days.coming(weekday, today)


def _written(found: re.Match[str], today: date) -> Days:
    if found["iso"]:
        return days.written(int(found["y1"]), int(found["m1"]), int(found["d1"]))
    if found["m2"]:
        return _day(found["y2"], int(found["m2"]), int(found["d2"]), today)
    if found["dot"]:
        return _day(found["y3"], int(found["m3"]), int(found["d3"]), today)
    first, second = int(found["a"] or found["a_dash"]), int(found["b"] or found["b_dash"])
    year = found["y4"] or found["y5"]
    if DAY_FIRST.search(found.string):
        return _day(year, second, first, today)
    if re.search("[\u4e00-\u9fff]", found.string):
        return _day(year, first, second, today)
    return (*_day(year, first, second, today), *_day(year, second, first, today))


def _in_a_month(found: re.Match[str], today: date) -> Days:
    if re.match(r",?\s[0-9]{2}(?![0-9:.,])(?!\s?[a-z])", found.string[found.end() : found.end() + 5]):
        return ()
    month = MONTHS[found["month"] or found["month_first"]]
    return _day(found["year"] or found["year_last"], month, int(found["day"] or found["day_last"]), today)


def _of_a_month(found: re.Match[str], today: date) -> Days:
    day = int(found["day"] or found["day_next"] or found["day_this"])
    return days.of_month(today, 1 if found["next"] or found["chinese_next"] else 0, day)


def _ends(found: re.Match[str], today: date) -> Days:
    if found["month"]:
        return days.last_of(MONTHS[found["month"]], int(found["year"]) if found["year"] else None, today)
    if found["number"]:
        return days.last_of(int(found["number"]), None, today)
    if found["year_end"] or found["ends_year"]:
        return days.written(today.year, 12, 31)
    return days.last_of_month(today, 1 if found["next"] or found["chinese_next"] else 0)


def _alone(found: re.Match[str], today: date) -> Days:
    return days.without_month(int(next(filter(None, found.groups()))), today)


def _day(year: str | None, month: int, day: int, today: date) -> Days:
    return days.written(int(year), month, day) if year else days.without_year(month, day, today)


READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Days]], ...] = (
    (TODAY, lambda _, today: (today,)),
    (TOMORROW, lambda _, today: days.after(today, 1)),
    (IN_TWO_DAYS, lambda _, today: days.after(today, 2)),
    (YESTERDAY, lambda _, today: days.after(today, -1)),
    (AWAY, _away),
    (AGO, lambda found, today: _away(found, today, -1)),
    (NAMED, _named),
    (WRITTEN, _written),
    (IN_A_MONTH, _in_a_month),
    (OF_A_MONTH, _of_a_month),
    (ENDS, _ends),
    (ALONE, _alone),
)
