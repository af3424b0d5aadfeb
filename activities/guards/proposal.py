"""Whether a proposal keeps to what its action may ask for, over and above the machine's schema."""

import tomllib
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

from activities.texts import folders

FILE = Path(__file__).with_name("proposal_limits.toml")
CITATION = "clause"
"""Name of the argument that cites a clause of the policy, in every action."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ActionLimits(_Strict):
    """Limits of one action; the names are those of arguments."""

    entries: int | None = None
    most: dict[str, Decimal] = {}
    amounts: dict[str, Decimal] = {}


class OwnLimits(_Strict):
    """``proposal_limits.toml`` among a business's texts: the limits of its actions."""

    version: str
    actions: dict[str, ActionLimits] = {}


class Limits(OwnLimits):
    """``proposal_limits.toml`` beside this file; see there."""

    rationale: int
    text: int
    entries: int


@cache
def limits() -> Limits:
    """The limits that come with the code, and those of the actions of the businesses that run here.

    Raises ``ValueError`` when two businesses set limits for one action.
    """
    read = Limits.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
    for name, folder in folders().items():
        if not (path := folder / FILE.name).is_file():
            continue
        own = OwnLimits.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        if twice := read.actions.keys() & own.actions.keys():
            raise ValueError(f"two businesses set limits for {', '.join(sorted(twice))}")
        version = f"{read.version}+{name}-{own.version}"
        read = read.model_copy(update={"version": version, "actions": {**read.actions, **own.actions}})
    return read


def find_excess(
    proposal: JsonValue, action: str, given: Collection[str] | None, limits: Limits
) -> Iterator[tuple[str, str, str]]:
    """Rule, reason and JSON pointer of each thing that goes too far.

    ``given`` are the ids of the clauses that the model could cite; ``None`` where that is not known. Never quotes the
    proposal.
    """
    arguments = proposal.get("arguments") if isinstance(proposal, dict) else None
    if not isinstance(proposal, dict) or not isinstance(arguments, dict):
        yield "no_proposal", "is no event with arguments", ""
        return
    rationale = proposal.get("rationale", "")
    if not isinstance(rationale, str) or len(rationale) > limits.rationale:
        yield "rationale_too_long", f"the rationale is no text of at most {limits.rationale} characters", "/rationale"
    if CITATION in arguments and given is not None and arguments[CITATION] not in given:
        yield "unknown_clause", "cites a clause that the model was not given", f"/arguments/{CITATION}"
    own = limits.actions.get(action, ActionLimits())
    for name, value in arguments.items():
        yield from _argument(name, value, f"/arguments/{name}", own, limits)


def _argument(
    name: str, value: JsonValue, path: str, own: ActionLimits, limits: Limits
) -> Iterator[tuple[str, str, str]]:
    entries = own.entries if own.entries is not None else limits.entries
    if isinstance(value, list | dict):
        if len(value) > entries:
            yield "too_many", f"{name} has {len(value)} entries, at most {entries} may be asked for", path
        inside = value.items() if isinstance(value, dict) else ((name, one) for one in value)
        for index, (part, one) in enumerate(inside):
            yield from _argument(part, one, f"{path}/{part if isinstance(value, dict) else index}", own, limits)
    elif isinstance(value, str) and len(value) > limits.text:
        yield "text_too_long", f"{name} is a text of more than {limits.text} characters", path
    elif name in own.amounts or (isinstance(value, int | float) and not isinstance(value, bool)):
        most = own.amounts.get(name, own.most.get(name))
        if most is None:
            yield "no_limit", f"{name} is a number, and the action sets no limit for it", path
        elif not _within(value, most):
            yield "too_much", f"{name} is not between 0 and {most}", path


def _within(value: JsonValue, most: Decimal) -> bool:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return number.is_finite() and 0 <= number <= most
