"""The days that words about the calendar can mean, counted from the day on which they are said. Pure.

Weeks begin on Monday. Where words can mean two days, both are given: nobody here decides which.
"""

from calendar import monthrange
from datetime import date, timedelta

Days = tuple[date, ...]
"""What is meant can be: one day where it is clear, several where it is open, none where there is no such day."""

JUST = timedelta(days=92)
"""For so long a day without a year may as well be the one that has passed."""


def after(today: date, days: int) -> Days:
    """So many days later, or earlier."""
    return _shifted(today, days=days)


def months_after(today: date, months: int) -> Days:
    """The same day so many months later; the last of the month, where it has no such day."""
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return ()
    return (date(year, month + 1, min(today.day, monthrange(year, month + 1)[1])),)


def coming(weekday: int, today: date) -> Days:
    """``Friday``, ``this Friday``: the one to come. Said on a Friday it is that day or the one in a week."""
    ahead = (weekday - today.weekday()) % 7
    return after(today, ahead) if ahead else (*after(today, 0), *after(today, 7))


def next_named(weekday: int, today: date) -> Days:
    """``next Friday``: the one to come for some people, that of next week for others; said on a Friday they agree."""
    return tuple(sorted({*after(today, (weekday - today.weekday()) % 7 or 7), *of_next_week(weekday, today)}))


def of_next_week(weekday: int, today: date) -> Days:
    """``Friday next week``."""
    return after(today, 7 - today.weekday() + weekday)


def before(weekday: int, today: date) -> Days:
    """``last Friday``."""
    return after(today, -((today.weekday() - weekday) % 7 or 7))


def written(year: int, month: int, day: int) -> Days:
    """A day with its year; none where there is no such day. Two digits of a year are this century's."""
    try:
        return (date(year + 2000 if year < 100 else year, month, day),)
    except ValueError:
        return ()


def without_year(month: int, day: int, today: date) -> Days:
    """The next such day; one that has just passed may be meant, too."""
    this, following = written(today.year, month, day), written(today.year + 1, month, day)
    if not this:
        return following if month <= today.month else ()
    if this[0] >= today:
        return this
    return (*this, *following) if today - this[0] < JUST else following


def without_month(day: int, today: date) -> Days:
    """``the 15th``: of this month; where that is over, of the next one, and the one that has passed may be meant."""
    this = of_month(today, 0, day)
    return this if this and this[0] >= today else (*this, *of_month(today, 1, day))


def of_month(today: date, later: int, day: int) -> Days:
    """A day of this month or of one so many months later."""
    first = months_after(today.replace(day=1), later)
    return written(first[0].year, first[0].month, day) if first else ()


def last_of_month(today: date, later: int) -> Days:
    """``the end of the month``, ``the end of next month``."""
    first = months_after(today.replace(day=1), later)
    return _last(first[0].year, first[0].month) if first else ()


def last_of(month: int, year: int | None, today: date) -> Days:
    """``the end of March``."""
    if year is None:
        year = today.year + (month < today.month)
    return _last(year + 2000 if year < 100 else year, month)


def _last(year: int, month: int) -> Days:
    return (date(year, month, monthrange(year, month)[1]),) if 1 <= year <= 9999 and 1 <= month <= 12 else ()


def _shifted(today: date, days: int) -> Days:
    try:
        return (today + timedelta(days=days),)
    except OverflowError:
        return ()
