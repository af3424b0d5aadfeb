"""The commands. Those that need much are imported only when asked for: an operator's command then starts in half the
time, and a role in production has no use for the embedded services, nor for their packages.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from leverframe.contracts.names import ROLES, Role
from worker.cli.acting import AUDITORS, Acting, act_as
from worker.cli.canary import canary
from worker.cli.cases import cases, claim, release, resolve
from worker.cli.commands import Commands
from worker.cli.documents import documents
from worker.cli.drift import drift
from worker.cli.env import env
from worker.cli.eval import evaluate
from worker.cli.keys import keys
from worker.cli.limits import limits
from worker.cli.machines import machines
from worker.cli.mcp import mcp
from worker.cli.new_action import new_action
from worker.cli.new_tool import new_tool
from worker.cli.notifications import notifications
from worker.cli.operate import ME, Key, Name, approve, pending, reject, show
from worker.cli.person import person
from worker.cli.protect import protect
from worker.cli.rollout import rollout
from worker.cli.sign import sign
from worker.cli.start import capability, feedback, follow_up, reply, result, start, withdraw
from worker.cli.terminal import ROLE
from worker.cli.trace import trace
from worker.cli.versions import versions

TRYING = "Trying it out"
DEVELOPERS = "Developers"
OPERATORS = "Operators"
PRODUCTION = "Production"

app = typer.Typer(
    name="worker",
    cls=Commands,
    help="Leverframe: a model proposes, a state machine decides, a person confirms.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _as(
    role: Annotated[
        Acting | None,
        typer.Option(
            envvar=ROLE,
            is_eager=True,
            callback=act_as,
            help="'auditor': offer only what reads, and start only without anybody else's secrets.",
        ),
    ] = None,
) -> None:
    """Leverframe: a model proposes, a state machine decides, a person confirms."""


def parse_roles(text: str) -> tuple[Role, ...]:
    """Roles from a list with commas; the error names the known ones."""
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in ROLES]
    if unknown:
        raise typer.BadParameter(f"no such role: {', '.join(unknown)}; expected some of {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in names)


ALL_ROLES = ",".join(ROLES)
Roles = Annotated[str, typer.Option(help=f"Which, with commas between: {', '.join(ROLES)}.")]


@app.command(rich_help_panel=TRYING)
def up() -> None:
    """Run the embedded services and all roles until Ctrl-C, with something to try things on."""
    from worker.cli.up import run_up

    run_up()


@app.command(rich_help_panel=AUDITORS)
def audit(
    action: Annotated[str | None, typer.Argument(help="Id of the action.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every action's chain.")] = False,
    seals: Annotated[bool, typer.Option("--seals", help="With --all: against the seals, too.")] = False,
    published: Annotated[Path | None, typer.Option(help="File to which the seals were published.")] = None,
    seal_keys: Annotated[Path | None, typer.Option(help="File with the public keys of the seals.")] = None,
    export: Annotated[Path | None, typer.Option("--from", help="With --all: an export's folder.")] = None,
    operators: Annotated[
        Path | None, typer.Option(help="The operators' directory: verify what people have signed, too.", dir_okay=False)
    ] = None,
) -> None:
    """Tell an action's story from the ledger and verify its chain; exit code 1 when something is wrong."""
    if (action is None) == (not every):
        raise typer.BadParameter("name an action, or give --all")
    if action is not None and (seals or export):
        raise typer.BadParameter("--seals and --from go with --all")
    if (published or seal_keys) and not seals:
        raise typer.BadParameter("--published and --seal-keys go with --seals")
    from worker.cli.audit import SealOptions, run_audit, run_audit_of_all

    if action is not None:
        run_audit(action, operators)
    else:
        run_audit_of_all(export, SealOptions(published, seal_keys) if seals else None, operators)


@app.command(rich_help_panel=AUDITORS)
def export(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.", file_okay=False)]) -> None:
    """Write all that an audit reads as files, to be audited elsewhere: 'audit --all --seals --from DIR'."""
    from worker.cli.export import run_export

    run_export(folder)


@app.command(rich_help_panel=AUDITORS)
def report(
    action: Annotated[str | None, typer.Argument(help="Id of the action.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of a period.")
    ] = None,
    to: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the period.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write it; a name of its own here if left out.")] = None,
) -> None:
    """Write what happened in an action, or in all of a period, as one HTML file; times and days are UTC."""
    if action is not None and since is None and to is None:
        from worker.cli.report import report_action

        report_action(action, out)
    elif action is None and since is not None and to is not None and since <= to:
        from worker.cli.report import report_period

        report_period(since.date(), to.date(), out)
    else:
        raise typer.BadParameter("name an action, or give --from and --to, the earlier day first")


@app.command(rich_help_panel=PRODUCTION)
def run(roles: Roles = ALL_ROLES) -> None:
    """Run the workers of some roles, or of all, until Ctrl-C."""
    chosen = parse_roles(roles)
    from worker.cli.run import run_roles

    run_roles(chosen)


@app.command(rich_help_panel=PRODUCTION)
def health(roles: Roles = ALL_ROLES, pid: int = 1) -> None:
    """Whether this machine's worker process (1 in a container) asks Temporal for tasks and is given any."""
    from worker.cli.health import check_health

    check_health(parse_roles(roles), pid)


@app.command(rich_help_panel=PRODUCTION)
def api() -> None:
    """Serve the HTTP API, for services in any language, until Ctrl-C."""
    from worker.cli.api import run_api

    run_api()


@app.command(rich_help_panel=PRODUCTION)
def codec() -> None:
    """Run the codec server, through which the Temporal UI shows what is encrypted, until Ctrl-C."""
    from worker.cli.codec import run_codec

    run_codec()


@app.command(rich_help_panel=PRODUCTION)
def desk() -> None:
    """Serve the pages on which operators read what waits and decide with their passkeys, until Ctrl-C."""
    from worker.cli.desk import run_desk

    run_desk()


@app.command(rich_help_panel=PRODUCTION)
def keyservice() -> None:
    """Run the key service, which holds a key for each person and destroys it when the person is erased."""
    from worker.cli.keyservice import run_key_service

    run_key_service()


@app.command(rich_help_panel=PRODUCTION)
def seal(
    every: Annotated[float | None, typer.Option(min=0.01, help="Minutes between two; one only if left out.")] = None,
    publish: Annotated[str | None, typer.Option(help="File to append them to, or http(s):// URL to post to.")] = None,
) -> None:
    """Sign where all chains of the ledger end, so that nothing before can be taken back unseen."""
    from worker.cli.seal import run_seal

    run_seal(every, publish)


@app.command(rich_help_panel=PRODUCTION)
def reconcile(
    days: Annotated[int, typer.Option(min=1, help="Of requests that were sent in so many days.")] = 30,
    settle: Annotated[
        tuple[str, str, str] | None,
        typer.Option(
            metavar="ACTION KEY done|not-done",
            help="Record that you have looked, and what has happened there; KEY as 'audit' names the call.",
        ),
    ] = None,
    note: Annotated[str, typer.Option(help="With --settle: what you saw, for the record.")] = "",
    name: Name = None,
    key: Annotated[
        Path | None, typer.Option(help="With --settle: file with your own private key.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Compare what was asked of systems outside with what they say; exit code 1 when something differs."""
    from worker.cli.reconcile import run_reconcile, run_settle

    if settle is not None:
        run_settle(*settle, note, name or ME, key)
    else:
        run_reconcile(days)


@app.command(rich_help_panel=PRODUCTION)
def revoke(
    token_id: Annotated[str, typer.Argument(help="The token's id, as the ledger names it with each effect.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
) -> None:
    """Let a capability, and whatever was made from it, no longer count."""
    from worker.cli.revoke import revoke as revoke_capability

    revoke_capability(token_id, reason)


@app.command(rich_help_panel=PRODUCTION)
def migrate(
    dedicated: Annotated[
        bool, typer.Option("--dedicated", help="The server is Leverframe's alone: nobody else needs rights there.")
    ] = False,
) -> None:
    """Bring a production database's tables, logins, policies and grants up to date."""
    from worker.cli.migrate import migrate_database

    migrate_database(dedicated)


@app.command(rich_help_panel=OPERATORS)
def inbox(
    role: Annotated[str | None, typer.Option(help="Whose inbox, such as 'support'; all if left out.")] = None,
    name: Name = None,
    key: Key = None,
) -> None:
    """Read and decide in the terminal what waits for a role, live."""
    from worker.cli.inbox import run_inbox

    run_inbox(role, name, key)


app.add_typer(keys, name="keys", rich_help_panel=PRODUCTION)
app.add_typer(documents, name="documents", rich_help_panel=PRODUCTION)
app.add_typer(evaluate, name="eval", rich_help_panel=PRODUCTION)
app.command(name="rollout", rich_help_panel=PRODUCTION)(rollout)
app.add_typer(limits, name="limits", rich_help_panel=PRODUCTION)
app.add_typer(versions, name="versions", rich_help_panel=PRODUCTION)
app.add_typer(notifications, name="notifications", rich_help_panel=TRYING)
app.command(rich_help_panel=PRODUCTION)(canary)
app.command(rich_help_panel=AUDITORS)(drift)
app.command(rich_help_panel=DEVELOPERS)(machines)
app.command(name="new-action", rich_help_panel=DEVELOPERS)(new_action)
app.command(rich_help_panel=DEVELOPERS)(mcp)
app.command(name="new-tool", rich_help_panel=DEVELOPERS)(new_tool)
app.command(rich_help_panel=PRODUCTION)(person)
app.command(rich_help_panel=PRODUCTION)(protect)
app.command(rich_help_panel=TRYING)(start)
app.command(rich_help_panel=TRYING)(reply)
app.command(name="follow-up", rich_help_panel=TRYING)(follow_up)
app.command(rich_help_panel=TRYING)(feedback)
app.command(rich_help_panel=TRYING)(result)
app.command(rich_help_panel=TRYING)(withdraw)
app.command(rich_help_panel=TRYING)(capability)
app.command(rich_help_panel=TRYING)(env)
app.command(rich_help_panel=OPERATORS)(pending)
app.command(rich_help_panel=OPERATORS)(show)
app.command(rich_help_panel=OPERATORS)(approve)
app.command(rich_help_panel=OPERATORS)(reject)
app.command(rich_help_panel=OPERATORS)(sign)
for about_cases in (cases, claim, release, resolve):
    app.command(rich_help_panel=OPERATORS)(about_cases)
app.command(rich_help_panel=AUDITORS)(trace)
