"""Addresses in the user's own words: nothing else is ever sent on to a tool. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.facts import messages
from machines.reading.remembering import once, remembering
from machines.shop.address_reading import BEFORE, Parts, plain, spans
from machines.shop.regions import US_STATES, USA, countries_in, country_name, state_code, states_in

LONGEST = 190
"""Characters of a whole address; a longer one is left to a person."""
ZIP_OF_USA = re.compile(r"\d{5}(?:-\d{4})?")
LONE_ZIP = re.compile(r"(?<![\w#$-])\d{5}(?:-\d{4})?(?![\w-])")
OLD = re.compile(
    r"(?:\b(?:not(?: to)?|from|old|previous|former|instead of|rather than|wrong|nicht(?: an)?|statt(?: an)?|alte[rn]?"
    r"|bisherige[rn]?|falsche[rn]?|pas(?: à)?|ancienne|au lieu de|antigua|anterior|en lugar de|vez de)|不是|旧|原来?)"
    r"[ 的]{0,4}+(?:(?!(?:to|nach|an|auf|à|vers|a|into|now)\b)[#\w'’]{1,40}+ ?){0,3}:? ?$",
    re.IGNORECASE,
)
"""What stands before an address that nothing is to be sent to."""


@dataclass(frozen=True)
class Address:
    """Where something is to be sent. Only ``address2`` may be empty; a state of the USA is its code."""

    address1: str
    address2: str
    city: str
    state: str
    zip: str
    country: str

    @property
    def line(self) -> str:
        """The whole address in one line: what the model chooses."""
        region = f"{self.state} {self.zip}".strip()
        return ", ".join(part for part in (self.address1, self.address2, self.city, region, self.country) if part)


def addresses(facts: Facts) -> list[Address]:
    """The whole addresses that the user has written, in their order, without those that are given as the old one."""
    texts = [plain(message) for message in messages(facts)]
    with remembering():
        rest = "\n".join(_left(text) for text in texts)
        wanted = (parts for text in texts for start, _, parts in spans(text) if not _is_old(text, start))
        found = (_completed(parts, rest) for parts in wanted)
        return list(dict.fromkeys(address for address in found if address and len(address.line) <= LONGEST))


def lines(facts: Facts) -> list[str]:
    """The same, each in one line."""
    return [address.line for address in addresses(facts)]


def written_out() -> dict[str, Callable[[Facts], JsonValue]]:
    """Each line of the address that was proposed, for a tool's arguments.

    The functions raise ``LookupError`` when the proposed address does not stand in the user's words.
    """
    return {field.name: partial(_line, field.name) for field in fields(Address)}


def without_addresses(message: str, instead: str = " ") -> str:
    """A message without the addresses in it: what is left speaks of something else."""
    return _left(plain(message), instead)


def _is_old(text: str, start: int) -> bool:
    return OLD.search(text[max(0, start - BEFORE) : start]) is not None


def _line(name: str, facts: Facts) -> JsonValue:
    proposal = facts.get("proposal")
    chosen = proposal.get("address") if isinstance(proposal, dict) else None
    for address in addresses(facts):
        if address.line == chosen:
            return str(getattr(address, name))
    raise LookupError("the proposed address does not stand in the user's words")


def _left(text: str, instead: str = " ") -> str:
    ends = [0, *(end for _, end, _ in spans(text))]
    starts = [*(start for start, _, _ in spans(text)), len(text)]
    return instead.join(text[end:start] for end, start in zip(ends, starts, strict=True))


def _completed(parts: Parts, rest: str) -> Address | None:
    """The whole address. What it lacks is taken from the rest of the words, where that leaves no choice; ``None`` where
    something is missing even so.
    """
    state, zip_code = state_code(parts.get("state", "")), parts["zip"]
    country = country_name(parts.get("country", ""))
    if country in ("", USA):
        state = state or _only(states_in(rest))
        zip_code = zip_code or _only(_zips_in(rest))
        american = state in US_STATES and (ZIP_OF_USA.fullmatch(zip_code) or zip_code.startswith("<"))
        country = USA if american else "" if country else _only(countries_in(rest) - {USA})
    if not (state and zip_code and country):
        return None
    return Address(parts["address1"], parts.get("address2", ""), parts["city"], state, zip_code, country)


@once
def _zips_in(rest: str) -> frozenset[str]:
    return frozenset(LONE_ZIP.findall(rest))


def _only(found: frozenset[str]) -> str:
    return next(iter(found)) if len(found) == 1 else ""
