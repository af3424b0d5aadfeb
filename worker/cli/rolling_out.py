"""What ``rollout`` does: tickets run in shadow, what people did is told, and both are compared."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.table import Table

from audit.rates import Rate
from audit.rollout import Rollout, compare, rollout
from leverframe import Leverframe
from leverframe.live_bar import Bar
from leverframe.telling import inert
from worker.cli.audit import auditing, read_audits
from worker.cli.operate import sdk
from worker.cli.terminal import console, run, use_running_stack
from worker.cli.tickets import Ticket, read_tickets
from worker.keys.issuing import Issuer
from worker.settings.base import load
from worker.settings.service import ServiceSettings
from worker.settings.shared import WorkerSettings

REQUESTER = "rollout"
AT_ONCE = 8
"""Tickets that are in work at a time."""
MILLION = 1_000_000


@dataclass(frozen=True)
class Files:
    """What is read before the figures are told."""

    tickets: Path | None = None
    """To run in shadow."""
    did: Path | None = None
    """What people did about actions that have run."""
    columns: tuple[str, ...] = ()
    """Which column is which."""


def run_rollout(action: str, files: Files, minutes: float, price: str, at_once: int) -> None:
    """Run what is given, compare, tell it, and write the figures for the roles to read."""
    use_running_stack()
    settings = load(WorkerSettings)
    paid = _price(price)
    if files.tickets is not None:
        rows = read_tickets(files.tickets, action, files.columns, ("id", "user", "text"))
        run(told_of(run_in_shadow, action, rows, at_once))
        console.print(f"{len(rows)} tickets have run in shadow.")
    if files.did is not None:
        rows = read_tickets(files.did, action, files.columns, ("action_id", "user", "did"))
        run(told_of(tell_what_people_did, action, rows, at_once))
        console.print(f"What people did is recorded of {len(rows)} actions.")
    with auditing() as access:
        audits = run(read_audits(access, None))
    found = rollout(action, filter(None, (compare(audit, action) for audit in audits)), minutes)
    path = settings.figures_of(action)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
    _print(found, settings, paid)
    console.print(f"Written to {path}.", markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Business:
    """Whoever asks in the users' names, as the business's own service does."""

    client: Leverframe
    issuer: Issuer
    action: str

    def capability(self, user: str) -> str:
        return self.issuer.mint(self.action, subject=user, requester=REQUESTER)


Doing = Callable[[Business, Ticket], Awaitable[str]]


async def told_of(doing: Doing, action: str, rows: Sequence[Ticket], at_once: int) -> list[str]:
    """Do it with every ticket, as the settings connect; what comes of each, in their order."""
    service = load(ServiceSettings)
    issuer = Issuer(service, load(WorkerSettings).tenant)
    async with sdk(service=service) as client:
        return await each(doing, Business(client, issuer, action), rows, at_once)


async def each(doing: Doing, business: Business, rows: Sequence[Ticket], at_once: int = AT_ONCE) -> list[str]:
    """Do it with every ticket, a few at a time; what comes of each, in their order."""
    few = asyncio.Semaphore(at_once)

    async def one(row: Ticket) -> str:
        async with few:
            return await doing(business, row)

    return list(await asyncio.gather(*map(one, rows)))


async def run_in_shadow(business: Business, ticket: Ticket) -> str:
    """Have the action run in shadow for a ticket, once for each prompt; returns its id."""
    from worker.roles.live_bar import prompt_of

    prompt = hashlib.sha256(prompt_of(business.action).encode()).hexdigest()[:8]
    request_id = f"{REQUESTER}-{prompt}-{ticket.id}"
    capability = business.capability(ticket.user)
    action_id = await business.client.start(
        business.action, request_id=request_id, capability=capability, text=ticket.text, shadow=True
    )
    await business.client.result(action_id)
    if ticket.did is not None:
        await business.client.people_did(action_id, ticket.did, capability=capability)
    return action_id


async def tell_what_people_did(business: Business, ticket: Ticket) -> str:
    """Have it recorded what people did about an action that has ended."""
    if ticket.did is not None:
        capability = business.capability(ticket.user)
        await business.client.people_did(ticket.action_id, ticket.did, capability=capability)
    return ticket.action_id


def _price(text: str) -> tuple[float, float] | None:
    try:
        read, written = map(float, text.split("/"))
    except ValueError:
        if text:
            raise typer.BadParameter(f"{text!r} is no price; expected INPUT/OUTPUT per million tokens") from None
        return None
    return read, written


def _print(found: Rollout, settings: WorkerSettings, price: tuple[float, float] | None) -> None:
    asked = f"prompt {found.prompt}, {found.model}" if found.model else "no model was asked"
    console.print(f"{found.action}: {asked}", markup=False, soft_wrap=True)
    table = Table("", "Agrees with people")
    table.add_row("all", str(found.agreement))
    for title, parts in (("", found.by_group), ("language ", found.by_language), ("in ", found.modes)):
        for name, rate in parts.items():
            table.add_row(f"{title}{inert(name)}", str(rate))
    for name, rate in found.earlier.items():
        table.add_row(f"earlier: prompt {inert(name)}", str(rate))
    console.print(table)
    for one in found.otherwise[:10]:
        plans = f", {one.plans} with a plan" if one.plans else ""
        told = f"{one.count} × {one.proposed} where people did {one.did}{plans}: {', '.join(one.examples)}"
        console.print(inert(told), markup=False, highlight=False, soft_wrap=True)
    console.print(f"Plans that people would have had to catch: {found.wrong_plans}", markup=False)
    console.print(f"Saved: {found.minutes_saved / 60:.1f} hours of people's work; {_cost(found, price)}", markup=False)
    if found.waiting:
        console.print(f"{found.waiting} actions wait to be told what people did (--did, the SDK or the API).")
    console.print(way(found, settings.bars.of(found.action), settings), markup=False, soft_wrap=True)


def _cost(found: Rollout, price: tuple[float, float] | None) -> str:
    cases = max(1, found.agreement.of + found.waiting)
    tokens = f"{found.input_tokens + found.output_tokens} tokens, {(found.input_tokens + found.output_tokens) // cases}"
    paid = (found.input_tokens * price[0] + found.output_tokens * price[1]) / MILLION if price else None
    return f"{tokens} for each case{f'; {paid:.2f} in all' if paid is not None else ''}."


def way(found: Rollout, bar: Bar | None, settings: WorkerSettings) -> str:
    """The way from shadow to live, and where on it the action stands."""
    mode = settings.mode_of(found.action)
    if bar is None:
        then = "No bar is set (LEVERFRAME_LIVE_BAR), so that nothing keeps it from going live."
    elif found.meets(bar):
        then = f"The bar is met: {bar}. It may go live."
    else:
        then = (
            f"The bar is not met: {bar}; it is at {_low(found.agreement)} of {found.agreement.of}. Live does not start."
        )
    return f"shadow → assist → live: it is in {mode} now. {then}"


def _low(rate: Rate) -> str:
    return f"{rate.interval[0]:.1%}"
