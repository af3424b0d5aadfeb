"""What people may change of a plan that waits: what the machine offered the model, on the same facts. Pure."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from leverframe.contracts.correction import Correctable
from leverframe.contracts.proposal import Proposal
from leverframe.naming import words
from machines.arguments import Arguments, Cites, ManyOf, OneOf
from machines.base import ActionMachine
from machines.reading.remembering import remembering
from machines.schema import IllegalProposal, offers, read_proposal
from machines.states import Confirm, Decide


def correctables(
    machine: type[ActionMachine], confirm: Confirm, proposal: Proposal | None, facts: Facts
) -> tuple[Correctable, ...]:
    """The arguments of the proposal of which the facts offer more than one choice.

    There are none where the plan does not follow from the proposal at once: what was done between the two rests on it.
    """
    found = _decided(machine, confirm, proposal)
    return tuple(_choices(found.offers[proposal.event], proposal, facts)) if found and proposal else ()


def corrected(
    machine: type[ActionMachine],
    confirm: Confirm,
    proposal: Proposal | None,
    facts: Facts,
    changes: Mapping[str, JsonValue],
) -> Proposal:
    """The proposal with those arguments instead, if the machine offers them and they lead to the same confirmation.

    Raises:
        IllegalProposal: otherwise; the message says what was expected.
    """
    decide = _decided(machine, confirm, proposal)
    known = {one.name for one in correctables(machine, confirm, proposal, facts)}
    if decide is None or proposal is None or not known:
        raise IllegalProposal("nothing of this plan can be chosen otherwise")
    if not changes or not changes.keys() <= known:
        raise IllegalProposal(f"expected some of {', '.join(map(words, sorted(known)))}")
    arguments = {**proposal.arguments, **changes}
    if arguments == proposal.arguments:
        raise IllegalProposal("the plan is made with exactly these already")
    before = {**facts, "proposal": {}}
    offered = offers(_at(machine, decide), decide, before)
    try:
        made = read_proposal(
            {event: model for event, model in offered.items() if event == proposal.event},
            {"rationale": proposal.rationale, "proposal": {"event": proposal.event, **arguments}},
        )
    except IllegalProposal:
        told = ", ".join(map(words, sorted(changes)))
        raise IllegalProposal(f"what was chosen of {told} is not offered, or does not go together") from None
    trial = _at(machine, decide)
    with remembering():
        trial.send(made.event, facts={**facts, "proposal": {"event": made.event, **made.arguments}})
    if trial.current.id != confirm.id:
        raise IllegalProposal("with these the action would go another way: reject the plan, and have it asked anew")
    return made


def _decided(machine: type[ActionMachine], confirm: Confirm, proposal: Proposal | None) -> Decide | None:
    """The state whose decision leads to this confirmation at once."""
    for state in machine.states:
        if proposal is None or not isinstance(state, Decide) or proposal.event not in state.offers:
            continue
        ways = (way for way in state.transitions if proposal.event in map(str, way.events))
        if any(target.id == confirm.id for way in ways for target in way.targets):
            return state
    return None


def _at(machine: type[ActionMachine], state: Decide) -> ActionMachine:
    return machine(start_value=state.value)


def _choices(model: type[Arguments], proposal: Proposal, facts: Facts) -> Iterator[Correctable]:
    with remembering():
        for name, field in model.model_fields.items():
            mark = next((mark for mark in field.metadata if isinstance(mark, OneOf)), None)
            if mark is None or isinstance(mark, Cites):
                continue
            options = tuple(dict.fromkeys(mark.options({**facts, "proposal": {}})))
            if len(options) > 1:
                most = mark.most(facts) if isinstance(mark, ManyOf) else None
                yield Correctable(name=name, now=proposal.arguments.get(name), options=options, most=most)
