"""Operators' passkeys: inviting somebody to make one, taking it into the directory, and revoking a lost one."""

from pathlib import Path
from typing import Annotated

import typer

from desk.web.invitations import VALID, Invitations
from leverframe.operators import InvalidOperators, Operators
from leverframe.passkeys import Passkey
from worker.cli.terminal import console
from worker.keys.rings import KeyRefused

Person = Annotated[str, typer.Argument(help="The operator's name in the directory.")]
Directory = Annotated[
    Path,
    typer.Option("--operators", envvar="LEVERFRAME_OPERATORS_FILE", help="The operators' directory.", dir_okay=False),
]
Folder = Annotated[
    Path,
    typer.Option(
        "--invitations", envvar="LEVERFRAME_DESK_INVITATIONS", help="Folder that the desk reads.", file_okay=False
    ),
]


def invite(
    person: Person,
    operators: Directory,
    invitations: Folder,
    site: Annotated[
        str, typer.Option(envvar="LEVERFRAME_DESK_SITE", help="Origin of the desk, such as https://desk.example.com.")
    ],
) -> None:
    """Print a link with which an operator makes a passkey for the desk, once."""
    if _directory(operators).named(person) is None:
        raise KeyRefused(f"{operators} has no [{person}]; add the entry first ('keys operator' prints one)")
    secret = Invitations(invitations).invite(person, site.rstrip("/"))
    console.print(f"{site.rstrip('/')}/enrol/{secret}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"Hand it to {person} alone, within {VALID.days} days. They will tell you a fingerprint; then: "
        f"python -m worker keys enrol {person} FINGERPRINT",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def enrol(
    person: Person,
    fingerprint: Annotated[str, typer.Argument(help="As the operator has told you, by telephone or face to face.")],
    operators: Directory,
    invitations: Folder,
) -> None:
    """Take the passkey that an operator has made into the directory, if it is the one with this fingerprint."""
    # A tenth of a second, which the start of every other command and worker would take longer.
    from desk.web.directory import take_in
    from desk.web.registering import NotRegistered, registered

    folder = Invitations(invitations)
    wanted, found = "".join(fingerprint.split()).lower(), list[str]()
    for name, one, answer in folder.made(person):
        try:
            passkey = registered(answer, one.person, one.site, name)
        except NotRegistered:
            continue
        found.append(passkey.fingerprint)
        if "".join(passkey.fingerprint.split()) == wanted:
            take_in(operators, person, passkey)
            folder.forget(name)
            console.print(f"{person} decides at {one.site} with this passkey from now on.", markup=False)
            return
    raise KeyRefused(
        f"{person} has made no passkey with this fingerprint; those that wait to be taken in have: "
        f"{'; '.join(found) or 'none waits'}. If {person} reads another one, the page or the link was tampered with"
    )


def lost(
    person: Person,
    passkey: Annotated[str, typer.Argument(help="Id of the passkey in the directory, or its beginning.")],
    operators: Directory,
) -> None:
    """Let an operator's passkey decide nothing any more; what it has signed can still be verified."""
    from desk.web.directory import revoke

    count = revoke(operators, person, passkey)
    if not count:
        known = ", ".join(one.id for one in _passkeys(operators, person)) or "none"
        raise KeyRefused(f"{person} has no passkey whose id begins with {passkey!r}; known: {known}")
    console.print(f"{count} passkey(s) of {person} decide nothing any more.", markup=False, highlight=False)


def _passkeys(operators: Path, person: str) -> tuple[Passkey, ...]:
    found = _directory(operators).named(person)
    return found.passkeys if found else ()


def _directory(operators: Path) -> Operators:
    try:
        return Operators.load(operators, "claimed")
    except InvalidOperators as error:
        raise KeyRefused(str(error)) from None
