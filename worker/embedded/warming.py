"""The embedded model reads beforehand what requests for the commonest action begin with.

A prompt is read at some 120 tokens a second on a plain machine, so that the first decision of each slot would wait for
ten seconds. The action is the first machine of the first business.
"""

import asyncio
import logging

import httpx2

from activities.policy import load_policy
from activities.prompts.prompt import Turn, load_prompt
from machines.graph import Graph
from machines.registry import machines
from machines.states import Decide

READING = 120.0
"""Seconds for one slot."""
LOG = logging.getLogger(__name__)


async def read_ahead(base_url: str, model: str, slots: int) -> None:
    """Have each slot read it, one after the other; what fails is logged, and read with the first request."""
    try:
        turns = await asyncio.to_thread(beginning)
        async with httpx2.AsyncClient(trust_env=False, timeout=READING) as client:
            for slot in range(slots):
                answer = await client.post(f"{base_url}/chat/completions", json=_asked(model, turns, slot))
                answer.raise_for_status()
    except Exception as error:
        LOG.warning("the model has not read its commonest prompt beforehand: %s", type(error).__name__)


def beginning() -> list[Turn]:
    """The unchanging turns of the commonest action's first prompt, where what is wanted can be done."""
    machine = next(iter(machines().values()))
    graph = Graph.of(machine)
    state = next(state for state in graph.states if isinstance(state, Decide))
    # Its first event, and those that are always offered; worked examples of others may be left out.
    offered = {next(iter(state.offers)), *(edge.event for edge in graph.leaving(state) if edge.always)}
    clauses = load_policy().clauses
    known = [clauses[clause] for clause in machine.clauses if clause in clauses]
    return load_prompt(state.prompt).beginning(known, offered)


def _asked(model: str, turns: list[Turn], slot: int) -> dict[str, object]:
    messages = [{"role": turn.speaker, "content": turn.text} for turn in turns]
    return {
        "model": model,
        "messages": [*messages, {"role": "user", "content": "-"}],
        "max_tokens": 1,
        "id_slot": slot,
        "cache_prompt": True,
    }
