"""Making and exchanging keys. Nothing here prints a private key."""

import re
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.passkeys import enrol, invite, lost
from worker.cli.terminal import console
from worker.keys.first_operator import entry, make_first_operator
from worker.keys.rings import KINDS, KeyRefused, KeyRings, Kind, new_signing_key, write_private
from worker.keys.secret_files import make_secrets

ORDER = """Make, exchange and drop keys: files under the names that LEVERFRAME_SECRETS_DIR reads.

To exchange a key while actions wait, readers learn the new one before anybody uses it:


1. keys rotate KIND DIR --announce: in the ring, not used yet.
2. Restart the readers. issuer: tools, approvals, services;
   approvals: tools, and the services that mint;
   payload: every worker, service, the key service and the codec server;
   seal: nobody, but hand the public ring to the auditors;
   tools: nobody, but hand 'keys jwks' to whoever runs the company's
   authorization server.
3. keys rotate KIND DIR: the new key comes to the front.
4. Restart the users. issuer: the services that mint;
   approvals: the approvals role; payload: all as before; seal: the sealer;
   tools: the tools role.
5. When nothing needs the old key any more: keys drop, restart all.
   issuer, approvals: after the last capability minted before
   step 4 has expired; payload: when the last history written
   under it is past its retention; seal: never, or the seals that
   it has signed verify no more; tools: a minute after step 4.

Where everything may stand still for a moment, 'rotate' without --announce and one restart of all do. After a leak:
rotate, drop and restart all at once; what the leaked key has signed counts no more. A payload key is dropped only once
the key service, restarted with the new one, has logged that people's keys are sealed under it: they are lost otherwise.
"""
OPERATOR = re.compile(r"[A-Za-z0-9_-]{1,64}")

keys = typer.Typer(no_args_is_help=True, help=ORDER)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the secret files.", file_okay=False)]
Ring = Annotated[Kind, typer.Argument(metavar="KIND", help=f"Which ring: {', '.join(KINDS)}.")]


@keys.command()
def new(
    folder: Folder,
    containers: Annotated[
        bool, typer.Option(help="Files that a container's own user can read, in a folder closed to other users.")
    ] = False,
    operators: Annotated[
        Path | None, typer.Option(help="Folder for operators.toml, with a first operator, whose key is operator.key.")
    ] = None,
) -> None:
    """Make all keys, passwords and database URLs that are not there yet."""
    make_secrets(folder, for_containers=containers)
    if operators is not None:
        make_first_operator(folder / "operator.key", operators / "operators.toml")
        make_invitations(operators.parent / "desk")
    console.print(f"All secrets are in {folder}.", markup=False, highlight=False, soft_wrap=True)


def make_invitations(closed: Path) -> None:
    """The folder that the desk shares with 'keys invite', in one that other users of this machine cannot enter.

    A container's user is another one than its owner, and writes there what browsers have made.
    """
    closed.mkdir(mode=0o700, parents=True, exist_ok=True)
    (closed / ".gitignore").write_text("*\n", encoding="utf-8")
    (closed / "invitations").mkdir(exist_ok=True)
    (closed / "invitations").chmod(0o777)


@keys.command()
def rotate(
    kind: Ring,
    folder: Folder,
    announce: Annotated[bool, typer.Option("--announce", help="Let it be read, but not used yet.")] = False,
) -> None:
    """Put a new key in front of a ring (or the announced one) and keep the old ones."""
    number = KeyRings(folder).rotate(kind, announce=announce)
    what = "is announced; restart the readers, then rotate again" if announce else "is in front; restart its users"
    console.print(f"Key {number} of the {kind} ring {what}.")


@keys.command()
def drop(
    kind: Ring, number: Annotated[int, typer.Argument(help="Number of the key, as 'list' shows it.")], folder: Folder
) -> None:
    """Forget an old key; whatever only it can verify or decrypt is lost."""
    KeyRings(folder).drop(kind, number)
    console.print(f"Key {number} of the {kind} ring is gone.")


@keys.command("list")
def show(folder: Folder) -> None:
    """Show the numbers of the keys, the one in use first."""
    for kind in KINDS:
        console.print(f"{kind}: {', '.join(map(str, KeyRings(folder).numbers(kind)))}", highlight=False)


@keys.command()
def jwks(folder: Folder) -> None:
    """Print the public halves of the tools role's keys as a JWK set, for the company's authorization server."""
    rings = KeyRings(folder)
    rings.numbers("tools")
    console.print(rings.public("tools").read_text(), markup=False, highlight=False, soft_wrap=True)


@keys.command()
def operator(
    name: Annotated[str, typer.Argument(help="The operator's name in the directory.")],
    role: Annotated[str, typer.Option(help="The role in which this operator decides.")] = "support",
    file: Annotated[Path | None, typer.Option(help="Where to write the private key; operator-NAME.key here.")] = None,
) -> None:
    """Make an operator's own key and print the entry for the operators' directory (LEVERFRAME_OPERATORS_FILE)."""
    if not OPERATOR.fullmatch(name):
        raise typer.BadParameter(f"expected letters, digits, _ or -, at most 64; got {name!r}")
    file = file or Path(f"operator-{name}.key")
    if file.exists():
        raise KeyRefused(f"{file} is there already; name another file with --file, or remove it")
    private, public = new_signing_key()
    write_private(file, private)
    console.print(entry(name, [role], public), end="", markup=False, highlight=False, soft_wrap=True)


for name, command in (("invite", invite), ("enrol", enrol), ("lost", lost)):
    keys.command(name)(command)
