"""Which day a user means, for the arguments, questions and refusals of any machine. Pure.

class End(Arguments):
    on: Annotated[str, OneDay(day_meant)]

class AskBack(Arguments):
    missing: Annotated[str, OneOf(which_day)]
"""

from collections.abc import Iterator
from datetime import date

from leverframe.contracts.base import Facts
from machines.facts import messages
from machines.reading.dates import SaidDate, dates_in


def days_said(facts: Facts) -> tuple[SaidDate, ...]:
    """The days that the newest message speaks of that speaks of any: an answer puts right what was said before.

    Where it is not known on which day a message was written, none of its days is read.
    """
    return next((said for message, day in _newest_first(facts) if (said := _in(message, day))), ())


def day_meant(facts: Facts) -> list[date]:
    """The days to choose from that are not in the past; none where a day that is said is open, over or not read."""
    said, today = days_said(facts), _today(facts)
    clear = list(dict.fromkeys(each.days[0] for each in said if len(each.days) == 1))
    return clear if len(clear) == len({each.days for each in said}) and not _past(clear, today) else []


def which_day(facts: Facts) -> list[str]:
    """What can be asked for: ``which_day`` where none is said; ``what_day`` where what is said is open or not read;
    ``past_day`` where it is over.
    """
    if day_meant(facts):
        return []
    said = days_said(facts)
    if any(len(each.days) != 1 for each in said):
        return ["what_day"]
    return ["past_day" if said else "which_day"]


def _past(days: list[date], today: date | None) -> bool:
    return today is None or any(day < today for day in days)


def _in(message: str, day: date | None) -> tuple[SaidDate, ...]:
    if day is not None:
        return dates_in(message, day)
    return tuple(SaidDate(each.words, ()) for each in dates_in(message, date.max))


def _today(facts: Facts) -> date | None:
    """The day on which the newest message was written."""
    return next((day for _, day in _newest_first(facts)), None)


def _newest_first(facts: Facts) -> Iterator[tuple[str, date | None]]:
    """Each message and the day on which it was written, where the business is."""
    said, written = messages(facts), facts.get("written_on")
    days = written if isinstance(written, list) and len(written) == len(said) else [None] * len(said)
    return ((message, _day(day)) for message, day in zip(reversed(said), reversed(days), strict=True))


def _day(written: object) -> date | None:
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return None
