"""For trying things out as a business service would."""

import secrets
from typing import Annotated

import typer
from rich.text import Text

from leverframe import InvalidRequest, Outcome, Receipt
from leverframe.contracts.feedback import Thumb
from leverframe.telling import inert, inert_lines
from worker.cli.operate import Action, sdk
from worker.cli.terminal import console, run, use_running_stack
from worker.keys.issuing import Issuer
from worker.settings.base import load
from worker.settings.service import ServiceSettings
from worker.settings.shared import WorkerSettings


def capability(
    action: Annotated[str, typer.Argument(help="Kind of action that it is for.")],
    subject: Annotated[str, typer.Option(help="The business's id of the user whose data it is about.")],
    requester: Annotated[str, typer.Option(help="Who asks.")] = "command line",
) -> None:
    """Print a capability, as the business's issuer mints it for a user who is signed in: the API's bearer."""
    use_running_stack()
    issuer = Issuer(load(ServiceSettings), load(WorkerSettings).tenant)
    token = issuer.mint(action, subject=subject, requester=requester)
    console.print(token, markup=False, highlight=False, soft_wrap=True)


def start(
    text: Annotated[str, typer.Argument(help="What the user wants, in their own words.")],
    subject: Annotated[str, typer.Option(help="The business's id of the user whose data it is about.")],
    action: Annotated[str | None, typer.Option(help="Which action; the business's first if left out.")] = None,
    requester: Annotated[str, typer.Option(help="Who asks.")] = "command line",
    request_id: Annotated[str | None, typer.Option(help="Own id of the request; random by default.")] = None,
) -> None:
    """Start an action and print its id."""
    # Only here: the workers' commands are of this program too, and most of them must not know the machines.
    from machines.registry import machine_for, machines

    try:
        action = machine_for(action or next(iter(machines()), "")).action
    except LookupError as error:
        raise InvalidRequest(str(error)) from None
    use_running_stack()
    service = load(ServiceSettings)
    issuer = Issuer(service, load(WorkerSettings).tenant)
    capability = issuer.mint(action, subject=subject, requester=requester)
    action_id = run(_start(service, action, request_id or secrets.token_hex(8), capability, text))
    console.print(action_id, highlight=False, soft_wrap=True)


async def _start(service: ServiceSettings, action: str, request_id: str, capability: str, text: str) -> str:
    async with sdk(service=service) as client:
        return await client.start(action, request_id=request_id, capability=capability, text=text)


def result(
    action: Action, within: Annotated[float | None, typer.Option(help="Seconds to wait; for ever if left out.")] = None
) -> None:
    """Wait for an action's end and print its outcome."""
    use_running_stack()
    outcome = run(_result(action, within))
    console.print(Text(f"{outcome.kind} in {inert(outcome.state)}: {inert_lines(outcome.reply)}"), soft_wrap=True)
    for part in outcome.parts:
        console.print(Text(f"  {inert(part.action)}: {part.kind} {inert(part.action_id)}"), soft_wrap=True)


async def _result(action: str, within: float | None) -> Outcome:
    async with sdk() as client:
        return await client.result(action, within)


def reply(action: Action, text: Annotated[str, typer.Argument(help="The user's answer.")]) -> None:
    """Give the user's answer to the open question."""
    use_running_stack()
    receipt = run(_reply(action, text))
    console.print(Text(inert(receipt.message)))


def follow_up(
    action: Action,
    text: Annotated[str, typer.Argument(help="What the user writes after the action has ended.")],
    subject: Annotated[str, typer.Option(help="The business's id of the user whose data it is about.")],
    requester: Annotated[str, typer.Option(help="Who hands it on.")] = "command line",
    request_id: Annotated[str | None, typer.Option(help="Own id of the message; random by default.")] = None,
) -> None:
    """Have a person read what the user writes once more, and print the id of the case."""
    use_running_stack()
    service = load(ServiceSettings)
    kind = action.partition("-")[0]
    capability = Issuer(service, load(WorkerSettings).tenant).mint(kind, subject=subject, requester=requester)
    case = run(_follow_up(service, action, request_id or secrets.token_hex(8), capability, text))
    console.print(case, highlight=False, soft_wrap=True)


async def _follow_up(service: ServiceSettings, action: str, request_id: str, capability: str, text: str) -> str:
    async with sdk(service=service) as client:
        return await client.follow_up(action, request_id=request_id, capability=capability, text=text)


def feedback(
    action: Action,
    thumb: Annotated[Thumb, typer.Argument(help="What the user thinks of it.")],
    subject: Annotated[str, typer.Option(help="The business's id of the user whose data it is about.")],
    text: Annotated[str, typer.Argument(help="Why, in the user's own words.")] = "",
    requester: Annotated[str, typer.Option(help="Who hands it on.")] = "command line",
) -> None:
    """Say what the user thinks of an action that has ended."""
    use_running_stack()
    service = load(ServiceSettings)
    kind = action.partition("-")[0]
    capability = Issuer(service, load(WorkerSettings).tenant).mint(kind, subject=subject, requester=requester)
    run(_feedback(service, action, thumb, capability, text))
    console.print("Thank you.")


async def _feedback(service: ServiceSettings, action: str, thumb: Thumb, capability: str, text: str) -> None:
    async with sdk(service=service) as client:
        await client.feedback(action, thumb, capability=capability, text=text)


async def _reply(action: str, text: str) -> Receipt:
    async with sdk() as client:
        return await client.reply(action, text)


def withdraw(
    action: Action,
    subject: Annotated[str, typer.Option(help="The business's id of the user whose data it is about.")],
    requester: Annotated[str, typer.Option(help="Who withdraws.")] = "command line",
) -> None:
    """End an action without doing anything more."""
    use_running_stack()
    kind = action.partition("-")[0]
    issuer = Issuer(load(ServiceSettings), load(WorkerSettings).tenant)
    receipt = run(_withdraw(action, issuer.mint(kind, subject=subject, requester=requester)))
    console.print(Text(inert(receipt.message)))


async def _withdraw(action: str, capability: str) -> Receipt:
    async with sdk() as client:
        return await client.withdraw(action, capability)
