"""The new address in a customer's own words, as it is written in Switzerland, and the old one that is meant. Pure."""

import re
from collections.abc import Callable

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import CallPlan
from machines.facts import listed, messages

WHICH_ADDRESS = "which_address"
NAME = r"[A-ZÀ-Ü][\w'’-]{1,40}"
KIND = r"(?:Rue|Route|Chemin|Avenue|Via|Am|Im|An der|In der)(?: [\w'’-]{1,40}){0,3}? "
WRITTEN = re.compile(
    rf"(?<!\w)(?P<street>(?:{KIND})?{NAME} \d{{1,4}}[a-zA-Z]?), ?(?P<postcode>[1-9]\d{{3}}) (?P<city>{NAME})"
    r"(?=\s*(?:[.,;!?\n]|$)| [a-z])"
)
"""Street and number, postcode and town; other forms are asked for, and then left to a person."""


def written(facts: Facts) -> list[str]:
    """The one address that the words have, if it is one."""
    found = {match[0] for message in messages(facts) for match in WRITTEN.finditer(message)}
    return [*found] if len(found) == 1 and the_address(facts) else []


def which_address(facts: Facts) -> list[str]:
    """What to ask, where no address is written, or several are."""
    return [WHICH_ADDRESS] if the_address(facts) and not written(facts) else []


def the_address(facts: Facts) -> list[str]:
    """Id of the address to which the shop sends by itself, if there is one."""
    return [str(one["id"]) for one in listed(facts, "addresses") if one["defaultShippingAddress"]]


def part(name: str) -> Callable[[Facts], JsonValue]:
    """A part of the address that was proposed; raises ``LookupError`` where it does not stand in the words."""

    def read(facts: Facts) -> JsonValue:
        proposal = facts.get("proposal")
        chosen = proposal.get("address") if isinstance(proposal, dict) else None
        if chosen not in written(facts) or not (match := WRITTEN.fullmatch(str(chosen))):
            raise LookupError("the proposed address does not stand in the customer's words")
        return match[name]

    return read


def what_it_does(call: CallPlan, facts: Facts) -> str:
    """One sentence for people, from what is asked."""
    given = call.planned.arguments
    return f"Send what the customer orders from now on to {given['street']}, {given['postcode']} {given['city']}"
