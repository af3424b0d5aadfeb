"""The model's process: it holds no secret, and its end is nobody else's."""

from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tools.documents.meaning import DIMENSIONS, Meaning, MeaningUnknown


def process() -> Any:
    (found,) = [one for one in psutil.Process().children() if "meaning.py" in " ".join(one.cmdline())]
    return found


async def test_it_knows_no_variable_of_ours_and_another_one_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_DATABASE_URL", "postgresql://somebody:secret@db/shop")
    meaning = Meaning()
    first = await meaning.of("query", ["When does my parcel come?", "Wann kommt mein Paket?"])
    assert [len(vector) for vector in first] == [DIMENSIONS, DIMENSIONS]
    assert not [name for name in process().environ() if "LEVERFRAME" in name]
    process().kill()
    with pytest.raises(MeaningUnknown):
        await meaning.of("query", ["When does my parcel come?"])
    (again,) = await meaning.of("query", ["When does my parcel come?"])
    assert again == pytest.approx(first[0], abs=1e-5)
    await meaning.close()
    assert "meaning.py" not in str([one.cmdline() for one in psutil.Process().children()])
