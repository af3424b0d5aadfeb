"""The keys command: rings are made once, exchanged without losing what waits, and never printed."""

import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from biscuit_auth import KeyPair, PrivateKey
from temporalio.api.common.v1 import Payload

from leverframe import sign_decision
from leverframe.capability import use_of, verify
from leverframe.codec import EncryptedPayloads
from leverframe.decision_signature import signed_by
from leverframe.errors import CapabilityRefused
from leverframe.keys import PayloadKeys, PublicKeys, SigningKeys
from leverframe.operators import Operators
from tests.support.command import completed
from tests.support.keys import capability
from tools.assertion_keys import AssertionKeys
from worker.keys.rings import KeyRings
from worker.testing.keys import TENANT

USE = use_of("read", "a-1", [], {})


def keys(*arguments: str | Path, code: int = 0) -> str:
    """The output of ``python -m worker keys``; no private key is ever in it."""
    done = completed("keys", *arguments, environment=os.environ)
    assert done.returncode == code, done.stderr
    assert not re.search("(ed25519|es256)-private", done.stdout + done.stderr)
    return " ".join((done.stdout + done.stderr).split())


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def signing(folder: Path, kind: str) -> SigningKeys:
    return SigningKeys.parse((folder / f"leverframe_{kind}_keys").read_text())


def public(folder: Path, kind: str) -> PublicKeys:
    return PublicKeys.parse((folder / f"leverframe_{kind}_public_keys").read_text())


def payload_keys(folder: Path) -> PayloadKeys:
    return PayloadKeys.parse((folder / "leverframe_payload_keys").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    KeyRings(tmp_path / "keys").make()
    return tmp_path / "keys"


def test_secrets_are_made_once_fit_together_and_are_this_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "secrets"
    keys("new", folder)
    made = contents(folder)
    (folder / "leverframe_scope_key").unlink()
    keys("new", folder)
    again = contents(folder)
    assert again.pop("leverframe_scope_key") != made.pop("leverframe_scope_key")
    assert again == made
    for role in ("tools", "approvals", "auditor", "sealer"):
        url = made["leverframe_database_url" if role == "tools" else f"leverframe_{role}_database_url"]
        assert f"//leverframe_{role}:{made[f'leverframe_{role}_password']}@" in url
    assert str(signing(folder, "issuer").public) == made["leverframe_issuer_public_keys"]
    assert str(signing(folder, "approvals").public) == made["leverframe_approvals_public_keys"]
    assert folder.stat().st_mode & 0o077 == 0
    readable = {file.name for file in folder.iterdir() if file.stat().st_mode & 0o077}
    assert readable == {
        ".gitignore",
        *(f"leverframe_{kind}_public_keys" for kind in ("issuer", "approvals", "seal", "tools")),
    }


def test_a_first_operator_is_made_once_and_has_every_role(tmp_path: Path) -> None:
    folder, directory = tmp_path / "secrets", tmp_path / "operators" / "operators.toml"
    keys("new", "--containers", folder, "--operators", directory.parent)
    key = (folder / "operator.key").read_text()
    assert (folder / "operator.key").stat().st_mode & 0o777 == 0o600
    (first,) = Operators.load(directory, "signed")
    assert (first.person, [str(one) for one in first.keys]) == (
        "operator",
        [str(KeyPair.from_private_key(PrivateKey(key)).public_key)],
    )
    assert {"support", "support_lead"} <= first.roles
    directory.write_text(directory.read_text() + '[olga]\nroles = ["support"]\n')
    keys("new", "--containers", folder, "--operators", directory.parent)
    assert len(list(Operators.load(directory, "signed"))) == 2
    assert (folder / "operator.key").read_text() == key


def test_containers_may_read_the_files_and_nobody_else_enters_the_folder(tmp_path: Path) -> None:
    keys("new", "--containers", tmp_path / "secrets")
    keys("rotate", "payload", tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "secrets").iterdir()} == {0o644}


def test_a_token_minted_before_the_rotation_counts_until_its_key_is_dropped(folder: Path) -> None:
    before = signing(folder, "issuer")
    token = capability("mia", action_id="a-1", issuer=before)
    assert keys("rotate", "issuer", folder) == "Key 2 of the issuer ring is in front; restart its users."
    new = capability("mia", action_id="a-1", issuer=signing(folder, "issuer"))
    for one in (token, new):
        claims = verify(one, public(folder, "issuer"), USE, tenant=TENANT, approvals=PublicKeys({}))
        assert claims.subject == "mia"
    with pytest.raises(CapabilityRefused):
        verify(new, before.public, USE, tenant=TENANT, approvals=PublicKeys({}))
    assert "issuer: 2, 1" in keys("list", folder)
    keys("drop", "issuer", "1", folder)
    with pytest.raises(CapabilityRefused):
        verify(token, public(folder, "issuer"), USE, tenant=TENANT, approvals=PublicKeys({}))


async def test_an_announced_payload_key_is_read_by_all_before_anybody_uses_it(folder: Path) -> None:
    old = EncryptedPayloads(payload_keys(folder))
    keys("rotate", "payload", folder, "--announce")
    announced = EncryptedPayloads(payload_keys(folder))
    keys("rotate", "payload", folder)
    rotated = EncryptedPayloads(payload_keys(folder))
    assert "payload: 2, 1" in keys("list", folder)
    said = Payload(data=b"hello")
    # Whoever was restarted and whoever was not yet read each other, at both steps.
    for writer, reader in ((old, announced), (announced, old), (announced, rotated), (rotated, announced)):
        assert await reader.decode(await writer.encode([said])) == [said]
    assert await rotated.decode(await old.encode([said])) == [said]


def test_an_announced_signing_key_does_not_sign_yet(folder: Path) -> None:
    keys("rotate", "approvals", folder, "--announce")
    assert signing(folder, "approvals").newest[0] == 1
    assert set(public(folder, "approvals")) == {1, 2}
    announced = str(public(folder, "approvals")[2])
    assert "announced already" in keys("rotate", "approvals", folder, "--announce", code=2)
    keys("rotate", "approvals", folder)
    assert signing(folder, "approvals").newest[0] == 2
    assert str(public(folder, "approvals")[2]) == announced


def test_the_key_in_use_is_never_dropped_and_mistakes_are_explained(folder: Path, tmp_path: Path) -> None:
    before = contents(folder)
    assert "key 1 of the issuer ring is the one in use; rotate first" in keys("drop", "issuer", "1", folder, code=2)
    assert "the payload ring has no key 7; it has 1" in keys("drop", "payload", "7", folder, code=2)
    assert "there is no issuer ring" in keys("rotate", "issuer", tmp_path / "elsewhere", code=2)
    assert "Invalid value" in keys("rotate", "everything", folder, code=2)
    assert contents(folder) == before


def test_an_operators_key_fits_the_directory_and_signs(tmp_path: Path) -> None:
    file = tmp_path / "olga.key"
    done = subprocess.run(
        [sys.executable, "-m", "worker", "keys", "operator", "olga", "--role", "leads", "--file", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    entry = tomllib.loads(done.stdout)["olga"]
    assert (entry["roles"], entry["names"], entry["principals"]) == (["leads"], ["olga"], [])
    assert file.stat().st_mode & 0o077 == 0
    decision = sign_decision(file.read_text(), action_id="a-1", digest="d" * 64, choice="approve")
    (key,) = PublicKeys.parse(f"1:{entry['keys'][0]}").values()
    assert decision.signature is not None
    now = datetime.now(UTC)
    assert signed_by(decision.signature, key, action_id="a-1", digest="d" * 64, choice="approve", amount=None, at=now)
    assert "is there already" in keys("operator", "olga", "--file", file, code=2)
    assert "expected letters, digits" in keys("operator", "olga]\n[rita", "--file", tmp_path / "x", code=2)


def test_the_tools_roles_public_halves_are_what_an_authorization_server_reads(folder: Path) -> None:
    """A token that the new key has signed is read with the set that was printed while it was only announced."""
    before = json.loads(keys("jwks", folder))["keys"]
    keys("rotate", "tools", folder, "--announce")
    printed = json.loads(keys("jwks", folder))
    keys("rotate", "tools", folder)
    assert printed["keys"][0]["kid"] == before[0]["kid"]
    assert all(key.keys() == {"kty", "crv", "x", "y", "alg", "use", "kid"} for key in printed["keys"])
    ring = AssertionKeys.parse((folder / "leverframe_tools_keys").read_text())
    number, key = ring.newest
    token = jwt.encode({"sub": "ann"}, key, "ES256", headers={"kid": number})
    assert number != before[0]["kid"]
    found = jwt.PyJWKSet.from_dict(printed)[number]
    assert jwt.decode(token, found, algorithms=["ES256"]) == {"sub": "ann"}
    assert "es256-private" not in repr(ring)
