"""``python -m worker documents``: a folder of documents taken in, again, listed and forgotten."""

from pathlib import Path

from tests.support.command import command
from worker.testing.postgres import Database

RULES = "# Returns\n\nWhat is sent back within thirty days of its arrival is paid back in full, without a reason."


async def test_a_folder_is_taken_in_once_and_again_where_it_has_changed(database: Database, tmp_path: Path) -> None:
    environment = {"LEVERFRAME_OWNER_DATABASE_URL": database.owner_url}
    folder = tmp_path / "handbook"
    (folder / "de").mkdir(parents=True)
    (folder / "returns.md").write_text(RULES, encoding="utf-8")
    (folder / "de" / "versand.html").write_text(
        "<h1>Versand</h1><p>Die Lieferung innerhalb von Deutschland dauert zwei Tage und kostet nichts.</p>",
        encoding="utf-8",
    )
    (folder / "picture.png").write_bytes(b"not read")

    async def documents(*arguments: str | Path) -> tuple[int, str]:
        return await command("documents", *arguments, environment=environment)

    ingest = ("ingest", folder, "--owner", "Care", "--dated", "2026-11-02")
    assert (await documents("list"))[0] == 0
    code, told = await documents(*ingest)
    assert code == 0, told
    assert "de-versand: version 1, german; 1 new, 0 changed, 0 gone" in told
    assert "returns: version 1, english; 1 new" in told
    (folder / "returns.md").write_text(RULES.replace("thirty", "sixty"), encoding="utf-8")
    code, told = await documents(*ingest)
    assert "de-versand: version 1, german; 0 new, 0 changed, 0 gone" in told
    assert "returns: version 2, english; 0 new, 1 changed, 0 gone" in told
    code, told = await documents("list")
    assert "Care" in told
    assert "2026-11-02" in told
    assert (await documents("forget", "returns"))[1].startswith("returns: 2 versions are deleted")
    assert (await documents("forget", "returns"))[0] == 1


async def test_what_cannot_be_taken_in_is_said(database: Database, tmp_path: Path) -> None:
    environment = {"LEVERFRAME_OWNER_DATABASE_URL": database.owner_url}
    empty = tmp_path / "empty.md"
    empty.write_text("", encoding="utf-8")
    for arguments, words in (
        ((empty,), "there is no text in it"),
        ((empty, "--dated", "yesterday"), "is no day"),
        ((tmp_path / "nowhere.md",), "nowhere.md"),
    ):
        code, told = await command("documents", "ingest", *arguments, "--owner", "us", environment=environment)
        assert code != 0
        assert words in " ".join(told.split())
        assert "Traceback" not in told
