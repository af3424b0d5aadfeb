"""Businesses are packages: what is installed is not yet active, and what is chosen must be there, once."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from activities.guards.proposal import limits
from activities.policy import InvalidPolicy, load_policy
from activities.prompts.prompt import InvalidPrompt, load_prompt
from activities.replying import write
from activities.texts import folders
from leverframe import business
from leverframe.business import CHOICE, UnknownBusiness
from leverframe.contracts.names import ROLES, Role
from machines.registry import registry
from tools.errors import NotConnected
from tools.open_actions import OpenActions
from tools.toolbox import toolbox
from worker.cli.app import app
from worker.cli.terminal import ROLE
from worker.keys.secret_files import make_secrets
from worker.roles.activities import outside
from worker.roles.own_secrets import forget_secrets, refuse_others_secrets, without_secrets
from worker.roles.workers import load_roles
from worker.settings.base import SettingsError
from worker.testing.keys import APPROVALS, ISSUER

MACHINES = """
from machines.base import ActionMachine
from machines.states import End, Screen

class Greeting(ActionMachine):
    action = "@ACTION"
    screening = Screen(initial=True)
    stopped, withdrawn = End("blocked", "blocked"), End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")
    passed = screening.to(handed_over)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)
    withdraw = withdrawn.from_(screening)

MACHINES = (Greeting,)
"""
TOOLS = """
from tools.base import Nothing, CallContext, Result, tool

@tool("@TOOL", effect="read")
async def greet(call: CallContext, arguments: Nothing) -> Result:
    return Result()

TOOLS = (greet,)
"""
SYSTEMS = """
from contextlib import asynccontextmanager
from pydantic import SecretStr
from tools.systems import Systems

class Letters:
    MISSING = "no letters can be sent; set LEVERFRAME_@POST_TOKEN"

    def __init__(self, url):
        self.url, self.open = url, True

class @Post(Systems):
    token: SecretStr | None = None
    url: str = "https://post.example"

    @asynccontextmanager
    async def connected(self):
        letters = [Letters(self.url)] if self.token else []
        yield letters
        for one in letters:
            one.open = False
"""
CLAUSE = "## CLAUSE\nversion: 1\nwords: hello\n\nGreetings are answered.\n"
PROMPT = "---\nid: PROMPT\nversion: 1\n---\n[system]\nGreet.\n[user]\nx\n"
COMMANDS = """
def add_commands(app):
    @app.command()
    def greet(): print("Hello.")

    @app.command()
    def run(): print("Not the engine's.")
"""
EXPLODES = "raise SystemExit('code of a package ran that was not to run')\n"
ENTRIES = "\n".join(
    f"[leverframe.{part}]\nBUSINESS = PACKAGE.{part}{name}"
    for part, name in (
        ("machines", ":MACHINES"),
        ("tools", ":TOOLS"),
        ("systems", ":SYSTEMS"),
        ("texts", ""),
        ("tables", ""),
        ("commands", ":add_commands"),
    )
)
TOOLS_SETTINGS = {
    "LEVERFRAME_DATABASE_URL": "postgresql+psycopg://tools@db/acme",
    "LEVERFRAME_SCOPE_KEY": "ab" * 32,
    "LEVERFRAME_ISSUER_PUBLIC_KEYS": str(ISSUER.public),
    "LEVERFRAME_APPROVALS_PUBLIC_KEYS": str(APPROVALS.public),
}
ACTIONS = OpenActions(None, "p")  # type: ignore[arg-type]
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package that brings a business, as pip would."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(package: str, whose: str = "", systems: str = "", **files: str) -> None:
        whose = whose or package
        contents = {
            "machines.py": MACHINES.replace("@ACTION", f"{whose}_greeting"),
            "tools.py": TOOLS.replace("@TOOL", f"{whose}.greet"),
            "systems.py": SYSTEMS.replace("@POST", f"{whose.upper()}POST").replace("@Post", systems or f"{whose}Post"),
            "texts/policies/all.md": CLAUSE.replace("CLAUSE", f"{whose.upper()}-HELLO"),
            f"texts/prompts/{whose}_greeting.md": PROMPT.replace("PROMPT", f"{whose}_greeting"),
            f"texts/replies/{whose}_greeting/done.md": "Done.",
            "texts/proposal_limits.toml": f'version = "3"\n[actions.{whose}_greeting]\nentries = 2\n',
        } | {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
        about = tmp_path / f"{package}-1.5.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n", encoding="utf-8")
        entries = ENTRIES.replace("BUSINESS", whose).replace("PACKAGE", package)
        entries = entries.replace("SYSTEMS", systems or f"{whose}Post")
        (about / "entry_points.txt").write_text(entries, encoding="utf-8")
        for name, text in contents.items():
            path = tmp_path / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    yield install
    for name in [name for name in sys.modules if name.partition(".")[0] in ("acme", "hostile")]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read of the businesses of the other tests counts for nobody here."""
    for read in (folders, load_policy, load_prompt, limits):
        monkeypatch.setattr(f"{read.__module__}.{read.__name__}", read.__wrapped__)
    for place in ("activities.policy.clauses", "activities.guards.proposal"):
        monkeypatch.setattr(f"{place}.folders", folders.__wrapped__)


def test_without_a_choice_the_reference_shop_runs_and_nothing_else(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("hostile", machines_dot_py=EXPLODES)
    monkeypatch.delenv(CHOICE, raising=False)
    assert business.chosen() == ("shop",)
    assert set(registry.__wrapped__().businesses.values()) == {"shop"}


def test_without_a_choice_that_runs_which_leverframe_brings_whatever_its_name(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install("acme")
    about = (tmp_path / "acme-1.5.dist-info").rename(tmp_path / "leverframe-1.5.dist-info")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: leverframe\nVersion: 1.5\n", encoding="utf-8")
    monkeypatch.delenv(CHOICE, raising=False)
    assert business.chosen() == ("acme",)


def test_no_package_passes_itself_off_as_the_reference(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("hostile", whose="shop", machines_dot_py=EXPLODES)
    monkeypatch.delenv(CHOICE, raising=False)
    with pytest.raises(UnknownBusiness, match="several packages bring the business 'shop': hostile, leverframe"):
        business.chosen()


def test_what_is_chosen_runs_and_nothing_else(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme")
    monkeypatch.setenv(CHOICE, " acme ")
    assert registry.__wrapped__().businesses == {"acme_greeting": "acme"}
    tools = toolbox.__wrapped__()
    assert {tools.whose(name) for name in tools.names} == {"acme", ""}
    assert [path.parent.name for path in folders.__wrapped__().values()] == ["acme"]
    assert business.build("7") == "7+acme-1.5"
    monkeypatch.setenv(CHOICE, "shop,acme")
    assert {*registry.__wrapped__().businesses.values()} == {"shop", "acme"}
    assert business.build("") == ""


def test_a_package_that_is_installed_but_not_chosen_adds_nothing(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a line of its code runs, whatever it names its parts."""
    install("hostile", __init___dot_py=EXPLODES, machines_dot_py=EXPLODES, tools_dot_py=EXPLODES)
    monkeypatch.setenv(CHOICE, "shop")
    assert {*registry.__wrapped__().businesses.values()} == {"shop"}
    assert not [name for name in toolbox.__wrapped__().names if name.startswith("hostile")]
    assert folders.__wrapped__().keys() == {"shop"}
    assert "hostile" not in sys.modules


def test_a_package_cannot_pass_itself_off_as_another_business(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("hostile", whose="shop", machines_dot_py=EXPLODES)
    monkeypatch.setenv(CHOICE, "shop")
    with pytest.raises(UnknownBusiness, match="several packages bring the business 'shop': hostile, leverframe"):
        registry.__wrapped__()


def test_a_name_that_is_not_installed_is_refused_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "shop,acmee")
    with pytest.raises(UnknownBusiness, match=r"no business 'acmee' \(LEVERFRAME_BUSINESSES\); installed are: .*shop"):
        toolbox.__wrapped__()


def test_commands_of_a_business_run_where_they_are_asked_for_alone(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command begins each role's process, which holds what no business's code should come near."""
    install("acme", commands_dot_py=COMMANDS)
    monkeypatch.setenv(CHOICE, "acme")
    said = CliRunner().invoke(app, ["run", "--help"]).output
    assert "Run the workers of some roles" in said
    assert "acme" not in sys.modules
    assert CliRunner().invoke(app, ["greet"]).output == "Hello.\n"
    listed = CliRunner().invoke(app, ["--help"]).output
    assert " greet " in listed
    assert " demo " not in listed
    # A name of the engine's stays the engine's, and what only reads the ledger runs nobody else's code.
    assert "no such role: acme" in CliRunner().invoke(app, ["run", "--roles", "acme"]).output
    monkeypatch.setenv(ROLE, "auditor")
    offered = CliRunner().invoke(app, ["--role", "auditor", "--help"]).output
    assert " audit " in offered
    assert " greet " not in offered


def test_where_texts_are_no_code_runs(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards and the llm role read a business's texts, and hold nothing that its code should come near."""
    install("acme", __init___dot_py=EXPLODES, machines_dot_py=EXPLODES, texts____init___dot_py=EXPLODES)
    monkeypatch.setenv(CHOICE, "acme")
    assert load_policy.__wrapped__().clauses.keys() == {"ACME-HELLO"}
    assert load_prompt.__wrapped__("acme_greeting").version == 1
    assert write("acme_greeting", "done", {}).startswith("Done.")
    assert limits.__wrapped__().version == "1+acme-3"
    assert "acme" not in sys.modules


def test_each_business_has_its_own_words_for_what_all_say(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme", texts__replies___shared__handed_over_dot_md="Acme will call you.")
    monkeypatch.setenv(CHOICE, "acme,shop")
    assert write("acme_greeting", "handed_over", {}).startswith("Acme will call you.")
    assert "Acme" not in write("order_return", "handed_over", {})


@pytest.mark.parametrize(
    ("files", "load", "words"),
    [
        ({"machines_dot_py": MACHINES.replace("@ACTION", "order_return")}, registry, "'order_return' of acme is there"),
        ({"tools_dot_py": TOOLS.replace("@TOOL", "orders.list")}, toolbox, "two tools named orders.list"),
        (
            {"texts__policies__all_dot_md": CLAUSE.replace("CLAUSE", "MODIFY-LISTED")},
            load_policy,
            "MODIFY-LISTED is there twice",
        ),
        ({"texts__proposal_limits_dot_toml": 'version = "1"\n[actions.order_return]\n'}, limits, "order_return"),
    ],
)
def test_a_name_is_one_businesss_alone(
    install: Install, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], load: Callable[[], object], words: str
) -> None:
    install("acme", **files)
    monkeypatch.setenv(CHOICE, "shop,acme")
    with pytest.raises((ValueError, InvalidPolicy), match=words):
        load.__wrapped__()  # type: ignore[attr-defined]


def test_a_prompt_is_one_businesss_alone(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme", texts__prompts__order_return_dot_md=PROMPT.replace("PROMPT", "order_return"))
    monkeypatch.setenv(CHOICE, "shop,acme")
    with pytest.raises(InvalidPrompt, match="2 businesses have a prompt 'order_return'"):
        load_prompt.__wrapped__("order_return")


def test_clauses_near_to_what_was_said_are_those_of_the_own_business(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme")
    monkeypatch.setenv(CHOICE, "acme,shop")
    policy = load_policy.__wrapped__()
    said = "hello, I want to cancel my order"
    assert [clause.id for clause in policy.nearest(said, "acme")] == ["ACME-HELLO"]
    assert "ACME-HELLO" not in {clause.id for clause in policy.nearest(said, "shop")}


SYSTEM_SECRETS = ("LEVERFRAME_ACMEPOST_TOKEN", "leverframe_acmepost_token", "LEVERFRAME_ACMEPOST_ANYTHING_ELSE")


async def test_tools_reach_the_systems_that_their_business_brings(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme")
    monkeypatch.setenv(CHOICE, "acme")
    monkeypatch.setenv("LEVERFRAME_ACMEPOST_TOKEN", "of the post")
    monkeypatch.setenv("LEVERFRAME_ACMEPOST_URL", "https://elsewhere.example")
    for name, value in TOOLS_SETTINGS.items():
        monkeypatch.setenv(name, value)
    (brought,) = load_roles(["tools"]).systems
    letters = sys.modules["acme.systems"].Letters
    async with outside(ACTIONS, [brought]) as reached:
        client = reached.reach(letters)
        assert (client.url, client.open) == ("https://elsewhere.example", True)
        assert reached.reach(OpenActions) is ACTIONS
    assert not client.open
    monkeypatch.delenv("LEVERFRAME_ACMEPOST_TOKEN")
    async with outside(ACTIONS, load_roles(["tools"]).systems) as reached:
        with pytest.raises(NotConnected, match="set LEVERFRAME_ACMEPOST_TOKEN"):
            reached.reach(letters)


def test_a_bad_setting_of_a_system_is_told_in_words(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme", systems_dot_py=SYSTEMS.replace("@Post", "acmePost").replace("url: str =", "url: int ="))
    monkeypatch.setenv(CHOICE, "acme")
    monkeypatch.setenv("LEVERFRAME_ACMEPOST_URL", "nowhere")
    for name, value in TOOLS_SETTINGS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="LEVERFRAME_ACMEPOST_URL cannot be used: input should be a valid integer"):
        load_roles(["tools"])


@pytest.mark.parametrize("role", [role for role in ROLES if role != "tools"])
@pytest.mark.parametrize("name", SYSTEM_SECRETS)
def test_no_other_role_may_hold_what_is_for_a_businesss_systems(
    install: Install, monkeypatch: pytest.MonkeyPatch, role: Role, name: str
) -> None:
    """None of the business's code runs there to find out."""
    install("acme", __init___dot_py=EXPLODES)
    monkeypatch.setenv(CHOICE, "acme")
    monkeypatch.setenv(name, "of the post")
    told = rf"{role} must not hold: {name.upper()} \(the systems of acme\)"
    with pytest.raises(SettingsError, match=told):
        refuse_others_secrets([role])
    assert name not in without_secrets(os.environ)
    forget_secrets()
    assert name not in os.environ


def test_settings_of_a_business_that_is_not_chosen_are_nothing(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme", __init___dot_py=EXPLODES)
    monkeypatch.setenv(CHOICE, "shop")
    monkeypatch.setenv("LEVERFRAME_ACMEPOST_TOKEN", "of the post")
    refuse_others_secrets(["tools"])
    refuse_others_secrets(["guards"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Stripe", "begins? with LEVERFRAME_STRIPE_, as LEVERFRAME_STRIPE_ does already"),
        ("Stripe_Cards", "begins? with LEVERFRAME_STRIPE_CARDS_, as LEVERFRAME_STRIPE_ does already"),
        ("Model", "LEVERFRAME_MODEL_API_KEY, .*LEVERFRAME_MODEL_URL does already: expected another name"),
        ("Approvals", "LEVERFRAME_APPROVALS_KEYS"),
    ],
)
@pytest.mark.parametrize("role", ["guards", "tools"])
def test_settings_of_systems_can_be_taken_for_nobody_elses(
    install: Install, monkeypatch: pytest.MonkeyPatch, name: str, words: str, role: Role
) -> None:
    install("acme", systems=name)
    monkeypatch.setenv(CHOICE, "shop,acme")
    with pytest.raises(SettingsError, match=words):
        refuse_others_secrets([role])


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ("acmePost = 7", SettingsError, "'acme' is 'acme.systems:acmePost': expected a subclass of tools.systems.Sys"),
        ("class acmePost: pass", SettingsError, "expected a subclass"),
        (SYSTEMS.replace("@Post", "Other") + "acmePost = Other", SettingsError, "under its own name"),
        (
            SYSTEMS.replace("@Post", "acmePost").replace("SecretStr |", "SecretStr |", 1).replace(
                "= None", "= Field(None, alias='LEVERFRAME_APPROVALS_KEYS')"
            ).replace("import SecretStr", "import Field, SecretStr"),
            TypeError,
            "acmePost: expected no alias of token; all are read from LEVERFRAME_ACMEPOST_",
        ),
    ],
    ids=["a number", "a class", "another name", "an alias"],
)  # fmt: skip
def test_systems_that_are_none_are_refused_in_words(
    install: Install, monkeypatch: pytest.MonkeyPatch, source: str, error: type[Exception], words: str
) -> None:
    install("acme", systems_dot_py=source)
    monkeypatch.setenv(CHOICE, "acme")
    with pytest.raises(error, match=words):
        refuse_others_secrets(["tools"])


def test_keys_makes_an_empty_file_for_each_secret_of_a_system(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install("acme")
    monkeypatch.setenv(CHOICE, "acme")
    make_secrets(tmp_path / "secrets")
    made = {path.name for path in (tmp_path / "secrets").iterdir() if not path.read_text()}
    of_the_engine = {"leverframe_token_client_secret", "leverframe_desk_oidc_client_secret"}
    assert made == {"leverframe_acmepost_token"} | of_the_engine
