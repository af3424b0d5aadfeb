"""The page on a business of one's own, followed to the letter: from nothing to an approved plan in its own database."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from tests.support.following import Place
from worker.actions.new_action import ActionRefused, write_skeleton
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import Database, empty_database, libpq, run_sql, secrets_of

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "your-own-business.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```(\w+) ?(\S*)\n(.*?)```", PAGE, re.DOTALL)
KIOSK = "kiosk's own password"
READERS = """INSERT INTO crm.subscriptions VALUES ('S1', 'ann', 'Gazette', 'daily'), ('S2', 'bob', 'Gazette', 'daily');
    CREATE ROLE kiosk LOGIN PASSWORD '{password}'; GRANT USAGE ON SCHEMA crm TO kiosk;
    GRANT SELECT, INSERT, UPDATE, DELETE ON crm.subscriptions TO kiosk;"""
APPROVED = '''
"""The same on the newspaper's own database, as the page's commands have left it."""

import json
import os

from temporalio.testing import WorkflowEnvironment

from worker.testing.postgres import Database
from worker.testing.rig import Rig, open_rig, propose


async def test_a_plan_is_approved_in_the_newspapers_own_database(temporal: WorkflowEnvironment) -> None:
    async with open_rig(Rig, temporal, Database(**json.loads(os.environ["GAZETTE"]))) as rig:
        rig.script[:] = [propose("change", subscription_id="S1", delivery="weekend", clause="DELIVERY-CHANGE")]
        status = await rig.waiting("Only at the weekend, please.", subject="ann", action="delivery_change")
        assert [row.table for call in status.plan.calls for row in call.changes] == ["crm.subscriptions"]
        await rig.operator.approve(status.action_id, status.plan.code)
        assert (await rig.result(status.action_id)).kind == "done"
'''


@pytest.fixture
def gazette(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Database]:
    """The newspaper's database, as it was before anybody had heard of Leverframe."""
    table = tmp_path / "gazette.sql"
    table.write_text("\n".join(text for _, name, text in STEPS if name == "tests/gazette.sql"))
    readers = tmp_path / "readers.sql"
    readers.write_text(READERS.format(password=KIOSK.replace("'", "''")))
    with empty_database(postgres) as database:
        run_sql(database, table, readers)
        yield database
        with psycopg.connect(libpq(database.owner_url), autocommit=True) as owner:
            owner.execute("DROP OWNED BY kiosk; DROP ROLE kiosk")


def settings(database: Database) -> dict[str, str]:
    """What the page's commands are told of the database."""
    given = secrets_of(database)
    passwords = {name: getattr(given, name).get_secret_value() for name in type(given).model_fields}
    where = psycopg.conninfo.conninfo_to_dict(libpq(database.owner_url))
    return {
        "LEVERFRAME_OWNER_DATABASE_URL": database.owner_url,
        **{f"LEVERFRAME_{name.upper()}": value for name, value in passwords.items()},
        "PGHOST": str(where["host"]),
        "PGUSER": str(where["user"]),
        "PGDATABASE": str(where["dbname"]),
        "GAZETTE": json.dumps(asdict(database)),
    }


def at_the_kiosk(database: Database) -> list[tuple[str, str]]:
    """The application goes on: it takes and drops a subscription, and sees everybody's."""
    url = psycopg.conninfo.make_conninfo(libpq(database.owner_url), user="kiosk", password=KIOSK)
    with psycopg.connect(url, autocommit=True) as kiosk:
        kiosk.execute("INSERT INTO crm.subscriptions VALUES ('S3', 'cem', 'Gazette', 'daily')")
        kiosk.execute("UPDATE crm.subscriptions SET paper = 'Courier' WHERE subscription_id = 'S3'")
        kiosk.execute("DELETE FROM crm.subscriptions WHERE subscription_id = 'S3'")
        return kiosk.execute("SELECT subscription_id, delivery FROM crm.subscriptions ORDER BY 1").fetchall()


def test_followed_to_the_letter_the_page_leads_to_an_approved_plan(place: Place, gazette: Database) -> None:
    place.environment.update(settings(gazette))
    assert at_the_kiosk(gazette) == [("S1", "daily"), ("S2", "daily")]
    *before, (kind, _, last) = STEPS
    assert kind == "sh"
    for kind, name, text in before:
        if kind != "sh":
            assert name.startswith("tests/") or (place.package / name).is_file(), f"the skeleton has no {name}"
            (place.package / name).write_text(text, encoding="utf-8")
            continue
        exported = re.findall(r"^export (\w+)=(\S+)$", text, re.MULTILINE)
        place.environment.update(exported)
        place.type(text)
    # Once more, in the database that the page's commands have prepared.
    (place.package / "tests" / "test_gazette.py").write_text(APPROVED, encoding="utf-8")
    place.type(last)
    assert at_the_kiosk(gazette) == [("S1", "weekend"), ("S2", "daily")]
    with psycopg.connect(libpq(gazette.owner_url)) as owner:
        found = owner.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname !~ '^pg_|^information_'")
        assert {name for (name,) in found} == {"crm", "leverframe"}


def test_the_page_needs_less_than_200_lines_of_the_reader() -> None:
    written = sum(len(text.splitlines()) for kind, name, text in STEPS if kind != "sh")
    assert written < 200


def test_two_skeletons_in_one_package_are_proven_and_green_at_once(place: Place) -> None:
    package = place.checkout.parent / "acme-actions"
    for name in ("plan_change", "card_add"):
        place.type(f"python -m worker new-action {name} --package {package}")
    place.type(f"python -m pip install --quiet --no-deps --no-build-isolation --no-index -e {package}")
    listed = place.type("LEVERFRAME_BUSINESSES=acme_actions python -m worker machines")
    assert {"plan_change", "card_add"} <= {*re.findall(r"\w+", listed)}
    assert "order_return" not in listed
    place.type(f"LEVERFRAME_BUSINESSES=acme_actions python -m worker machines --docs --into {package}/docs")
    assert "stateDiagram" in (package / "docs" / "card_add.md").read_text(encoding="utf-8")
    assert "3 passed" in place.type(f"python -m pytest -q {package}")


@pytest.mark.parametrize("name", ["x", "Order", "order-return", "../x_y", "a_" * 30, ""])
def test_a_name_that_is_none_writes_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ActionRefused, match="is no name of an action; expected words such as plan_change"):
        write_skeleton(name, tmp_path / "acme-actions")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["machines", "tools", "worker", "json", "shop", "Acme", "1st", "acme actions"])
def test_a_package_that_would_hide_another_is_not_made(package: str, tmp_path: Path) -> None:
    with pytest.raises(ActionRefused, match="cannot be a package's name; expected one of your own"):
        write_skeleton("plan_change", tmp_path / package)
    assert list(tmp_path.iterdir()) == []


def test_what_stands_there_is_neither_overwritten_nor_half_added_to(tmp_path: Path) -> None:
    package = tmp_path / "acme-actions"
    write_skeleton("plan_change", package)

    def refused(name: str, says: str) -> None:
        before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
        with pytest.raises(ActionRefused, match=says):
            write_skeleton(name, package)
        assert {path: path.read_bytes() for path in package.rglob("*") if path.is_file()} == before

    refused("plan_change", "plan_change.py already; nothing was written")
    (package / "acme_actions" / "tools" / "__init__.py").write_text("TOOLS = ()\n")
    refused("card_add", "the line '# A new tool goes above this line.' is missing")
    (package / "acme_actions" / "tools" / "__init__.py").unlink()
    refused("card_add", "there is no .*tools/__init__.py, as a package has that new-action made")
    (package / "pyproject.toml").unlink()
    refused("card_add", "is there, and no package: expected a folder with pyproject.toml, or none")
