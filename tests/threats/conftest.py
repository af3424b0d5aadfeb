from pathlib import Path

import pytest

from tests.threats.support import OPERATORS


@pytest.fixture
def operators(tmp_path: Path) -> Path:
    """The directory of those who may decide."""
    file = tmp_path / "operators.toml"
    file.write_text(OPERATORS)
    return file
