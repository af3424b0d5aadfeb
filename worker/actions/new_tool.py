"""The declaration of a tool for one operation of a system's API, from its OpenAPI document."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from worker.actions.declared import fields, of_user, pascal, queried, shapes, snake
from worker.actions.models import models
from worker.actions.new_action import ActionRefused, business_of, read, registered
from worker.actions.openapi import Document, DocumentRefused, Operation, check

ARGUMENTS, PLAIN = "tools.base.Arguments", "pydantic.BaseModel"
TIDIED = (("check", "--fix", "--select", "I,F401,UP"), ("format",))
"""As ruff is asked."""


SYSTEMS, LIST = "systems.py", "tools/__init__.py"
SYSTEMS, LIST = "systems.py", "tools/__init__.py"


@dataclass(frozen=True)
class Declared:
    """What is written."""

    name: str
    """Of the tool's module, and of the tool in it."""
    api: str
    """Source of what all tools of the system share."""
    tool: str
    """Source of the tool, which takes ``API`` from there."""


def declare(document: Document, operation_id: str, user: str = "", api: str = "api") -> Declared:
    """The declaration of an operation.

    ``GET`` is read. Everything else is destructive until the author says otherwise. ``user`` is the parameter that
    names the user who asks, if there is one; ``api`` the module that :attr:`Declared.api` will be.

    Raises :class:`~worker.actions.openapi.DocumentRefused`.
    """
    asked = document.operation(operation_id)
    reading = asked if asked.method == "GET" else document.read_at(asked.path)
    for one in (asked, *([reading] if reading else [])):
        check(one)
    name, system = snake(asked.name), pascal(document.title) or "System"
    if not name:
        raise DocumentRefused(f"{operation_id!r} cannot be a tool's name; expected words such as listOrders")
    about = {
        "title": re.sub(r"[^\w .-]+", "", document.title) or "the system",
        "system": system, "name": name, "tool": f"{snake(system)}.{name}", "api": api,
        "of": f"{snake(system)}.{_of(asked.path)}",
    }  # fmt: skip
    made = _read(document, asked, user) if asked.method == "GET" else _write(document, asked, reading, user)
    first = api.partition(".")[0]
    shared, own = _rendered("http_api.py.jinja", about), _rendered(made["template"], about | made)
    return Declared(name, _tidy(shared, first), _tidy(own, first))


def write_tool(declared: Declared, package: Path) -> list[Path]:
    """Write the declaration into a package that ``new-action`` made; returns what was written.

    Raises :class:`~worker.actions.new_action.ActionRefused` for a folder that is no such package, and where such a tool
    stands there already.
    """
    business = business_of(package)
    tool, systems, listed = (package / business / one for one in (f"tools/{declared.name}.py", SYSTEMS, LIST))
    if tool.exists():
        raise ActionRefused(f"there is {tool} already; nothing was written")
    imported = f"from {business}.tools.{declared.name} import {declared.name}"
    files = {tool: declared.tool}
    files[listed] = registered(read(listed, files), imported, [declared.name], "tool", listed)
    if not systems.exists():
        project = package / "pyproject.toml"
        (name,) = re.findall(r"^class (\w+)\(HttpSettings\)", declared.api, re.MULTILINE)
        entry = f'[project.entry-points."leverframe.systems"]\n{business} = "{business}.systems:{name}"\n'
        files[systems] = declared.api
        files[project] = f"{read(project, files).rstrip()}\n\n{entry}"
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)


def _of(path: str) -> str:
    """What a path is about, by its last word."""
    return next((snake(part) for part in reversed(path.split("/")) if snake(part) and "{" not in part), "things")


def _read(document: Document, asked: Operation, user: str) -> dict[str, str]:
    own = of_user(asked, user)
    if own.answer is None:
        raise DocumentRefused(f"{asked.name} answers with no JSON; expected a schema of what it tells")
    shape = shapes(document, own, own.answer)
    return {
        "template": "http_read.py.jinja",
        "models": models(shape.schemas, {**dict.fromkeys(shape.asked, PLAIN), shape.arguments: ARGUMENTS}),
        **_places(own, queried(asked, user)),
        "method": asked.method, "arguments": shape.arguments, "answer": shape.answer, "each": shape.each,
    }  # fmt: skip


def _write(document: Document, asked: Operation, reading: Operation | None, user: str) -> dict[str, str]:
    """``POST`` lets something new come to be, as far as anybody can tell; the others change what can be read."""
    own, creates = of_user(asked, user), asked.method == "POST"
    seen = of_user(reading, user) if reading and {*reading.parameters} <= {*asked.parameters} else None
    if seen and seen.answer and seen.answer.get("type") == "array":
        seen = None
    if not creates and seen is None:
        raise DocumentRefused(
            f"{asked.name} changes what no GET of the document reads; expected one at the same path or above it, with "
            "no parameters but its own, so that people see what stands there"
        )
    shape = shapes(document, own, seen.answer if seen else None)
    source = models(shape.schemas, {**dict.fromkeys({*shape.asked, shape.body}, PLAIN), shape.arguments: ARGUMENTS})
    takes, tells, sends = (fields(source, name) for name in (shape.arguments, shape.answer, shape.body))
    keys = {one for one, alias in takes.items() if alias in own.parameters}
    return {
        "template": "http_create.py.jinja" if creates else "http_change.py.jinja",
        "models": source,
        **_places(own, queried(asked, user)),
        "read_path": repr(seen.path) if seen else "",
        "read_query": repr(queried(seen, user)) if seen else "",
        "method": asked.method, "arguments": shape.arguments, "answer": shape.answer, "body": shape.body,
        "key": repr(tuple(name for name in own.parameters if name not in own.in_query)),
        "both": _set({*takes} & {*tells} - keys),
        "not_sent": _set({*takes} - {*sends}),
        "same": _same(asked), "conflicts": _conflicts(asked, tells, sends),
    }  # fmt: skip


def _places(own: Operation, query: dict[str, str]) -> dict[str, str]:
    return {"path": repr(own.path), "query": repr(query)}


def _set(names: set[str]) -> str:
    return f"{{{', '.join(map(repr, sorted(names)))}}}" if names else ""


def _same(asked: Operation) -> str:
    if "idempotency-key" in asked.headers:
        return "IdempotencyKey()"
    return "SentOnce()" if asked.method in ("POST", "PATCH") else "Repeatable()"


def _conflicts(asked: Operation, tells: dict[str, str], sends: dict[str, str]) -> str:
    if "if-match" in asked.headers or "412" in asked.statuses:
        return "IfMatch()"
    return "VersionField()" if "version" in {*tells.values()} & {*sends.values()} else "Compared()"


def _rendered(template: str, values: dict[str, str]) -> str:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "skeleton"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - it is Python that is written
        trim_blocks=True,
    )
    return templates.get_template(template).render(values)


def _tidy(source: str, first: str) -> str:
    """As the linter wants it; raises :class:`~worker.actions.openapi.DocumentRefused` for what is no Python."""
    # As it is for whoever runs the linter in their package.
    parties = f'lint.isort = {{known-first-party = ["{first}"], known-third-party = ["tools"]}}'
    for command in TIDIED:
        ruff = [
            sys.executable,
            "-m",
            "ruff",
            *command,
            "--quiet",
            "--isolated",
            "--line-length",
            "120",
            "--target-version",
            "py311",
            "--config",
            parties,
            "-",
        ]
        done = subprocess.run(ruff, input=source, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
        if done.returncode:
            raise DocumentRefused(f"no Python came of it; expected a checkout's 'make install': {done.stderr[-200:]}")
        source = done.stdout
    return source
