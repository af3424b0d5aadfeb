"""The first operator of an installation: a key of their own, and the directory of operators that knows it."""

import json
from collections.abc import Iterable
from pathlib import Path

from biscuit_auth import KeyPair, PrivateKey

from leverframe.operators import ANYBODY
from worker.keys.rings import new_signing_key, write_private

NAME = "operator"
OPERATOR_KEY = "LEVERFRAME_OPERATOR_KEY"
"""Environment variable that names the file with the private key with which commands sign where nothing else is said."""
READABLE = 0o644
"""The directory holds public halves alone."""


def make_first_operator(key: Path, directory: Path, *, claimed: bool = False, mode: int = READABLE) -> None:
    """Make the private key and the directory where they are not there yet; one that is there is left as it is.

    The first operator has every role in which somebody decides here. A plan that two people must approve needs another.
    With ``claimed``, whoever else claims a name has all roles too, unverified. ``mode`` is that of the directory.
    """
    if not key.exists():
        write_private(key, new_signing_key()[0])
    if not directory.exists():
        public = KeyPair.from_private_key(PrivateKey(key.read_text().strip())).public_key
        directory.parent.mkdir(parents=True, exist_ok=True)
        roles = sorted(deciding_roles())
        anybody = f'["{ANYBODY}"]\nroles = {json.dumps(roles)}\n' if claimed else ""
        write_private(directory, entry(NAME, roles, str(public)) + anybody, mode)


def deciding_roles() -> set[str]:
    """All roles in which somebody decides, at first or once a plan has escalated."""
    # Only here: no role's process needs the machines for its keys.
    from machines.registry import machines
    from machines.states import Confirm

    states = [state for machine in machines().values() for state in machine.states if isinstance(state, Confirm)]
    return {role for state in states for role in (state.role, state.escalate_to) if role}


def entry(name: str, roles: Iterable[str], public: str) -> str:
    """A person's entry in the operators' directory."""
    told = {"roles": list(roles), "principals": [], "names": [name], "keys": [public]}
    return "\n".join([f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())]) + "\n"
