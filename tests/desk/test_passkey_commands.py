"""Inviting an operator to make a passkey, taking it in, and revoking a lost one, as commands."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from desk.web.invitations import Invitations, name_of
from desk.web.registering import asked
from leverframe.operators import Operators
from tests.support.authenticator import SITE, Authenticator
from worker.cli.app import app
from worker.keys.rings import KeyRefused

WRITTEN = '# The team\n[olga]\nroles = ["support"] # since May\n'


class Place:
    def __init__(self, folder: Path) -> None:
        self.directory, self.invitations = folder / "operators.toml", folder / "invitations"
        self.directory.write_text(WRITTEN)
        self.directory.chmod(0o640)

    def run(self, command: str, *arguments: str) -> str:
        options: Sequence[str] = ("--operators", str(self.directory), "--invitations", str(self.invitations))
        done = CliRunner().invoke(app, ["keys", command, *arguments, *(options[:2] if command == "lost" else options)])
        if isinstance(done.exception, KeyRefused):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    def make(self, link: str, device: Authenticator, person: str = "olga") -> None:
        """A browser follows the link and makes a passkey."""
        name = name_of(link.rpartition("/")[2])
        Invitations(self.invitations).keep(name, device.register(asked(person, SITE, name)))

    @property
    def operators(self) -> Operators:
        return Operators.load(self.directory, "signed")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_passkey_comes_in_by_its_fingerprint(place: Place) -> None:
    device = Authenticator()
    link = place.run("invite", "olga", "--site", SITE).splitlines()[0]
    assert link.startswith(f"{SITE}/enrol/")
    place.make(link, device)
    assert "decides at https://desk.example.com" in place.run("enrol", "olga", device.passkey.fingerprint)
    found = place.operators.by_passkey(device.id)
    assert found is not None
    assert (found[0].person, found[1]) == ("olga", device.passkey)
    # The rest of the file is as somebody wrote it, and so is who may read it.
    assert place.directory.read_text().startswith(WRITTEN)
    assert place.directory.stat().st_mode & 0o777 == 0o640
    assert list(place.invitations.iterdir()) == []


def test_another_fingerprint_takes_nothing_in(place: Place) -> None:
    """Whoever has taken over the desk can make a passkey of their own; the person reads another fingerprint then."""
    device, thief = Authenticator(), Authenticator("dGhpZWY")
    place.make(place.run("invite", "olga", "--site", SITE).splitlines()[0], thief)
    with pytest.raises(KeyRefused, match="no passkey with this fingerprint") as refused:
        place.run("enrol", "olga", device.passkey.fingerprint)
    assert thief.passkey.fingerprint in str(refused.value)
    assert place.directory.read_text() == WRITTEN


def test_what_was_made_for_somebody_else_or_another_site_is_not_taken_in(place: Place) -> None:
    device = Authenticator()
    link = place.run("invite", "olga", "--site", SITE).splitlines()[0]
    place.make(link, device, person="rita")
    with pytest.raises(KeyRefused, match="none waits"):
        place.run("enrol", "olga", device.passkey.fingerprint)
    with pytest.raises(KeyRefused, match=r"has no \[rita\]"):
        place.run("invite", "rita", "--site", SITE)


def test_an_invitation_is_used_once(place: Place) -> None:
    link = place.run("invite", "olga", "--site", SITE).splitlines()[0]
    place.make(link, Authenticator())
    with pytest.raises(FileExistsError):
        place.make(link, Authenticator("b3RoZXI"))
    assert Invitations(place.invitations).find(name_of(link.rpartition("/")[2])) is None


def test_a_lost_passkey_decides_nothing_any_more_and_stays_for_auditors(place: Place) -> None:
    device = Authenticator()
    place.make(place.run("invite", "olga", "--site", SITE).splitlines()[0], device)
    place.run("enrol", "olga", device.passkey.fingerprint)
    assert "1 passkey(s) of olga" in place.run("lost", "olga", device.id[:4])
    found = place.operators.by_passkey(device.id)
    assert found is not None
    assert found[1].revoked
    with pytest.raises(KeyRefused, match=f"known: {device.id}"):
        place.run("lost", "olga", "nothing-like-it")


def test_a_passkey_is_one_persons(place: Place) -> None:
    place.directory.write_text(WRITTEN + '[rita]\nroles = ["support"]\n')
    device = Authenticator()
    for person in ("olga", "rita"):
        place.make(place.run("invite", person, "--site", SITE).splitlines()[0], device, person)
    place.run("enrol", "olga", device.passkey.fingerprint)
    before = place.directory.read_text()
    with pytest.raises(ValueError, match=r"\[olga\] and \[rita\] share"):
        CliRunner().invoke(
            app,
            ["keys", "enrol", "rita", device.passkey.fingerprint, "--operators", str(place.directory),
             "--invitations", str(place.invitations)],
            catch_exceptions=False,
        )  # fmt: skip
    assert place.directory.read_text() == before
