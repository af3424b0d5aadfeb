"""A tool's declaration from an OpenAPI document: it loads, is typed, and is destructive at first."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_promised_names import PROMISED, imported
from worker.actions.new_action import ActionRefused, write_skeleton
from worker.actions.new_tool import declare, write_tool
from worker.actions.openapi import Document, DocumentRefused, load

ROOT = Path(__file__).parents[2]
CRM = ROOT / "docs" / "crm.yaml"
OPERATIONS = ("listSubscriptions", "getSubscription", "endSubscription", "setDelivery", "addNote")
READ = """
import json
from acme_actions.tools import TOOLS
print(json.dumps({tool.name: tool.effect for tool in TOOLS if tool.name.startswith("crm.")}))
"""


def document(**changes: Any) -> dict[str, Any]:
    """A small one, which can be spoilt."""
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
    thing = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
    own = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things"},
        "paths": {"/things/{id}": {"get": {"operationId": "getThing", "parameters": own, "responses": answer}}},
        "components": {"schemas": {"Thing": thing}},
    } | changes


def run(package: Path, *command: str) -> str:
    environment = os.environ | {"PYTHONPATH": f"{package}:{ROOT}", "MYPYPATH": f"{package}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=package, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_declarations_load_and_hold_what_linters_and_types_demand(tmp_path: Path) -> None:
    package = tmp_path / "acme-actions"
    write_skeleton("delivery_change", package)
    for operation in OPERATIONS:
        write_tool(declare(load(CRM), operation, "reader", "acme_actions.systems"), package)
    effects = json.loads(run(package, "timeit", "-n1", "-r1", READ).splitlines()[0])
    assert effects == {
        "crm.list_subscriptions": "read",
        "crm.get_subscription": "read",
        "crm.end_subscription": "destructive",
        "crm.set_delivery": "destructive",
        "crm.add_note": "destructive",
    }
    run(package, "ruff", "check", ".")
    run(package, "mypy", "--strict", "--follow-imports=silent", "acme_actions/tools", "acme_actions/systems.py")
    assert 'acme_actions = "acme_actions.systems:Crm"' in (package / "pyproject.toml").read_text()


def test_what_the_document_says_of_safeguards_is_declared() -> None:
    found = load(CRM)
    told = {name: declare(found, name, "reader").tool for name in OPERATIONS}
    assert 'path="/readers/{subject}/subscriptions"' in told["listSubscriptions"]
    assert (
        "reader" not in told["listSubscriptions"].partition("class ListSubscriptionsArguments")[2].partition("class")[0]
    )
    assert "same=Repeatable()" in told["setDelivery"]
    assert "conflicts=IfMatch()" in told["setDelivery"]
    assert 'reading=Reading(path="/subscriptions/{subscription_id}", answer=Subscription)' in told["setDelivery"]
    assert "conflicts=Compared()" in told["endSubscription"]
    assert "same=IdempotencyKey()" in told["addNote"]
    assert "max_length=500" in told["addNote"]


def test_what_is_made_takes_nothing_that_is_not_promised() -> None:
    for operation in OPERATIONS:
        made = declare(load(CRM), operation, api="acme_actions.systems")
        assert {*imported(made.tool), *imported(made.api)} <= PROMISED


def test_the_command_prints_or_writes(tmp_path: Path) -> None:
    asked = ("worker", "new-tool", "--openapi", str(CRM), "--operation", "setDelivery")
    assert 'set_delivery = changes(\n    "crm.set_delivery"' in run(ROOT, *asked)
    write_skeleton("delivery_change", tmp_path / "acme-actions")
    assert "tools/set_delivery.py" in run(ROOT, *asked, "--package", str(tmp_path / "acme-actions"))
    with pytest.raises(ActionRefused, match=r"set_delivery.py already; nothing was written"):
        write_tool(declare(load(CRM), "setDelivery"), tmp_path / "acme-actions")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no document; expected an object with 'openapi'"),
        ('{"swagger": "2.0"}', "no OpenAPI document of version 3.0, 3.1 or 3.2"),
        ('{"openapi": "4.0.0"}', "no OpenAPI document of version"),
        ("a: &a [*a, *a]", "no OpenAPI document"),
        ("\x00", "cannot be read"),
        ('{"openapi": "3.1.0"}', "there is no operation 'getThing'; the document has: none"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "api.yaml").write_text(content)
    with pytest.raises(DocumentRefused) as refused:
        declare(load(tmp_path / "api.yaml"), "getThing")
    assert says in str(refused.value)


def spoilt(**changes: Any) -> dict[str, Any]:
    return document(components={"schemas": {"Thing": {"type": "object", "properties": changes}}})


SMUGGLED = "x'); import os; os.system('true') #"


@pytest.mark.parametrize(
    "schema",
    [
        {SMUGGLED: {"type": "string"}},
        {"a": {"type": "string", "enum": [SMUGGLED, '"""', "\\"]}},
        {"a": {"type": "string", "default": SMUGGLED, "description": f'"""\n{SMUGGLED}', "example": SMUGGLED}},
        {"a": {"type": "string", "customTypePath": "os.system", "x-python-import": {"module": "os", "name": "system"}}},
        {"a": {"type": "string", "pattern": "(a+)+$"}},
        {"class": {"type": "string"}, "model_config": {"type": "string"}, "row": {"type": "string"}},
        {"a\nb": {"type": "object", "properties": {"__import__": {"type": "string"}}}},
    ],
    ids=range(7),
)
def test_a_document_smuggles_no_code_in(schema: dict[str, Any]) -> None:
    try:
        source = declare(Document(spoilt(**schema)), "getThing").tool
    except DocumentRefused:
        return
    made: dict[str, Any] = {}
    from tests.tools.http.contracts import API

    exec(source.replace("from api import API", ""), {"API": API, "__name__": "made"} | made)
    for word in ("os.system", "import os", "(a+)+"):
        assert not any(word in line and "Literal" not in line and "alias" not in line for line in source.splitlines())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"paths": {"/x/../y": {"get": {"operationId": "getThing", "responses": {}}}}}, "is no path template"),
        ({"paths": {"//evil.example.com/x": {"get": {"operationId": "getThing"}}}}, "is no path template"),
        ({"paths": {"/x/{id}": {"get": {"operationId": "getThing"}}}}, "the path names id, which is no parameter"),
        ({"paths": {"/x": {"get": {"operationId": "getThing"}}}}, "answers with no JSON"),
        ({"paths": {"/x": {"delete": {"operationId": "getThing"}}}}, "changes what no GET of the document reads"),
        ({"paths": {"/x": {"$ref": "#/paths/~1x"}}}, "leads to itself"),
        ({"paths": {"/x": {"$ref": "http://evil.example.com/x.yaml"}}}, "leads nowhere in this document"),
        ({"components": {"schemas": {"Thing": {"$ref": "file:///etc/passwd"}}}}, "leads nowhere"),
        ({"components": {}}, "leads nowhere in this document"),
    ],
)
def test_what_cannot_be_declared_is_said(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        declare(Document(document(**changes)), "getThing")
    assert says in str(refused.value)
