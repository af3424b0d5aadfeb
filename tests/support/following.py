"""A page of docs, followed to the letter: its commands are typed, and its files are written."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Place:
    """Where somebody follows the page."""

    checkout: Path
    """Stands for the checkout: commands are typed in it."""
    environment: dict[str, str]

    @property
    def package(self) -> Path:
        return self.checkout.parent / "gazette-actions"

    def type(self, commands: str) -> str:
        """Run commands as they are typed; returns what they print."""
        done = subprocess.run(
            ["bash", "-euc", commands],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-6000:]}{done.stderr[-4000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An environment of its own, with what is installed in this one: packages that are added are not installed here."""
    checkout = tmp_path_factory.mktemp("beside") / "leverframe"
    checkout.mkdir()
    own = checkout / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", own], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (shared,) = {path for path in sys.path if path.endswith(f"{version}/site-packages")}
    (own / "lib" / version / "site-packages" / "shared.pth").write_text(f"import site; site.addsitedir({shared!r})\n")
    return Place(checkout, os.environ | {"PATH": f"{own / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"})
