"""What ``eval import`` and ``eval confirm`` do: tickets become candidates, and a person makes cases of them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from pydantic import JsonValue

from evals.cases import Case
from evals.decisions import last_request
from evals.importing import Told, confirmed, imported
from evals.jsonl import MalformedData, read_lines
from leverframe.contracts.proposal import ProposeRequest
from leverframe.telling import inert, inert_lines
from worker.cli.evaluating import write_lines
from worker.cli.rolling_out import run_in_shadow, told_of
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.cli.tickets import Ticket, read_tickets
from worker.connection import connect
from worker.settings.base import load
from worker.settings.shared import PayloadSettings

QUIT = "q"
Ask = Callable[[str], str]


def run_import(path: Path, action: str, columns: Sequence[str], out: Path, at_once: int) -> None:
    """Write candidates; the facts of a ticket stand in the file, or are read in shadow with its user's rights alone."""
    tickets = read_tickets(path, action, columns, ("id", "text"))
    without = [one for one in tickets if one.did is None]
    tickets = [one for one in tickets if one.did is not None]
    asked: dict[int, ProposeRequest | None] = {}
    if to_read := [one for one in tickets if one.facts is None]:
        if nobody := [one.row for one in to_read if not one.user]:
            raise MalformedData(f"{path}, row {nobody[0]}: expected a user, whose facts can be read, or facts")
        use_running_stack()
        asked = run(_read(action, to_read, at_once))
    found = imported(
        Told(f"{path}, row {one.row}", action, text, facts, one.did, one.written_on)
        for one in tickets
        for text, facts in [_said(one, asked)]
        if one.did is not None and facts is not None
    )
    write_lines(out, list(found.cases.values()), "candidates")
    unread = sum(one.facts is None and asked.get(one.row) is None for one in tickets)
    console.print(
        f"{found.twice} tickets say the same as another one. Left out: {len(without)} without what people did, "
        f"{unread} whose facts could not be read. Now confirm them: python -m worker eval confirm {out}",
        markup=False,
        soft_wrap=True,
    )


def _said(ticket: Ticket, asked: dict[int, ProposeRequest | None]) -> tuple[str, dict[str, JsonValue] | None]:
    """The user's words and their facts: as the file has them, else as they were read."""
    request = asked.get(ticket.row)
    if ticket.facts is not None or request is None:
        return ticket.text, ticket.facts
    return "\n".join(request.messages), request.facts


async def _read(action: str, tickets: Sequence[Ticket], at_once: int) -> dict[int, ProposeRequest | None]:
    """What the model was shown in shadow, by the ticket's row; what 'rollout' has run is not run twice."""
    ids = await told_of(run_in_shadow, action, tickets, at_once)
    payloads = load(PayloadSettings)
    client = await connect(payload_keys=payloads.keys, people=payloads.people)
    return {one.row: await last_request(client, place) for one, place in zip(tickets, ids, strict=True)}


def run_confirm(path: Path, out: Path, ask: Ask = lambda question: str(typer.prompt(question))) -> None:
    """Show each candidate to a person, and keep what they confirm; what is left stays in the file."""
    candidates = read_lines(path, Case)
    kept: list[Case] = []
    left: list[Case] = []
    for place, case in enumerate(candidates):
        if not case.unconfirmed:
            kept.append(case)
            continue
        _show(case, place + 1, len(candidates))
        answer = _answered(case, ask)
        if answer == QUIT:
            left = candidates[place:]
            break
        if isinstance(answer, Case):
            kept.append(answer)
    write_lines(out, kept, "confirmed cases")
    if left:
        write_lines(path, left, "candidates left")


def _show(case: Case, number: int, of: int) -> None:
    label = ", ".join((*case.events, *(f"{name} {value}" for name, value in case.arguments.items())))
    wrong = f"not {', '.join(case.must_not)}" if case.must_not else ""
    console.print(f"{number}/{of} {case.action}, {inert(case.group)}", markup=False)
    console.print(inert_lines(case.text), markup=False, soft_wrap=True)
    console.print(inert(f"{case.facts}"), markup=False, style="dim", soft_wrap=True)
    told = f"Suggested from {case.unconfirmed}: {label or wrong} {inert(case.note)}"
    console.print(inert(told), markup=False, soft_wrap=True)


def _answered(case: Case, ask: Ask) -> "Case | str | None":
    """The confirmed case; ``None`` where it is dropped."""
    while True:
        said = ask("Right? y, n (drop it), q (stop here), or the event that is right").strip()
        if said in ("n", QUIT):
            return QUIT if said == QUIT else None
        try:
            return confirmed(case, None if said == "y" else said)
        except MalformedData as error:
            errors.print(str(error), style="red", markup=False)
