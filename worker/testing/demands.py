"""What is demanded of a business's package, in words: what the house's own tests demand of its reference business."""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.policy import InvalidPolicy, load_policy
from activities.replying import ENGLISH, FOLDER, template_file
from activities.texts import folders
from evals.cases import KINDS, Case, case_files, read_cases
from evals.jsonl import MalformedData
from leverframe.business import chosen
from leverframe.capability_uses import case_id
from leverframe.cases import case_act
from leverframe.contracts.case import Case as OpenCase
from machines.base import ActionMachine
from machines.registry import machines, registry
from machines.states import Ask, Dispatch, End
from machines.verify import UnsafeMachine
from tools.toolbox import toolbox
from worker.actions.text_check import TextMismatch, check_clauses, check_prompts
from worker.actions.tool_check import ToolMismatch, check_tools
from worker.testing.answers import cannot_be_written
from worker.testing.plain_words import technical
from worker.testing.rig import UNSCRIPTED, Rig
from worker.testing.waiting import until

LANGUAGES = (ENGLISH, *sorted(path.suffixes[0][1:] for path in FOLDER.glob("disclosure.*.md")))
"""Those in which the engine itself answers."""
ENOUGH = 40
"""Cases of an action, so that a share of right ones says something."""
CHANGEABLE = """
    SELECT n.nspname || '.' || c.relname AS name, a.attname AS changed, c.relrowsecurity AS kept_apart,
        EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'capture' AND tgenabled <> 'D') AS told
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('leverframe', 'pg_catalog', 'information_schema')
        AND a.attnum > 0 AND NOT a.attisdropped AND has_schema_privilege('leverframe_tools', n.oid, 'USAGE')
        AND has_column_privilege('leverframe_tools', c.oid, a.attnum, 'UPDATE')
    ORDER BY 1, 2"""


class Incomplete(AssertionError):
    """The package lacks something; the message lists all of it, a line each, with what was expected."""


def check_business(name: str, *, languages: Collection[str] = LANGUAGES, cases: int = ENOUGH) -> None:
    """Ask of a business that runs here all that its actions need.

    Machines that hold their proofs, tools that fit them, clauses and prompts that are there, replies in the
    ``languages`` (English among them), which name the same facts in each, and for each action so many evaluation
    ``cases`` of every kind, whose right answer can be written down and which stand in no prompt.

    Raises:
        Incomplete: listing everything that is missing.
    """
    if problems := list(_problems(name, languages, cases)):
        raise Incomplete("\n".join([f"the business {name!r} is not whole:", *problems]))


def _problems(name: str, languages: Collection[str], cases: int) -> Iterator[str]:
    if name not in chosen():
        yield f"- it does not run here, but {', '.join(chosen())}: expected leverframe_businesses = {name!r}"
        return
    try:
        own = {
            action: machine for action, machine in registry().machines.items() if registry().businesses[action] == name
        }
    except (UnsafeMachine, TypeError, ValueError, ImportError) as error:
        yield f"- its machines do not load: {error}"
        return
    if not own:
        yield "- it has no action: expected a machine in its entry point leverframe.machines"
    try:
        check_tools(own, toolbox())
        check_clauses(own, load_policy())
        check_prompts(own)
    except (ToolMismatch, TextMismatch, InvalidPolicy, ValueError) as error:
        yield f"- {error}"
    for action, machine in own.items():
        yield from _replies(action, machine, languages)
    yield from _cases(name, own, cases)


def _replies(action: str, machine: type[ActionMachine], languages: Collection[str]) -> Iterator[str]:
    ends = {state.reply for state in machine.states if isinstance(state, End)}
    for template in sorted(ends | {state.template for state in machine.states if isinstance(state, Ask)}):
        wanted: Counter[str] | None = None
        for language in (ENGLISH, *sorted({*languages} - {ENGLISH})):
            path = template_file(action, template, language)
            if path is None:
                ending = "" if language == ENGLISH else f".{language}"
                expected = f"replies/{action}/{template}{ending}.md"
                yield f"- {action} has no reply {template!r} in {language!r}: expected {expected}"
                continue
            try:
                named = Counter(_names(path))
            except TemplateSyntaxError as error:
                yield f"- {action}: {path.name} cannot be read as a template: {error}"
                continue
            # In whatever order a language names them.
            wanted = named if language == ENGLISH else wanted
            if wanted is not None and named != wanted:
                yield f"- {action}: {path.name} names other facts than {template}.md"


def _names(path: Path) -> list[str]:
    """What a template names of facts, tests and filters."""
    said, environment = path.read_text(encoding="utf-8"), Environment(autoescape=True)
    environment.parse(said)
    return [value for _, kind, value in environment.lex(said) if kind == "name"]


def _cases(name: str, own: Mapping[str, type[ActionMachine]], enough: int) -> Iterator[str]:
    try:
        found = [case for file in case_files() for case in read_cases(file) if case.action in own]
    except MalformedData as error:
        yield f"- a file of cases cannot be read: {error}"
        return
    for action in own:
        kinds = Counter(case.kind for case in found if case.action == action)
        if kinds.total() < enough:
            yield f"- {action} has {kinds.total()} evaluation cases: expected {enough} in texts/cases/{action}.jsonl"
        if enough and (missing := [kind for kind in KINDS if not kinds[kind]]):
            yield f"- {action} has no evaluation case of the kind {', '.join(missing)}"
    twice = Counter((case.action, case.text) for case in found) + Counter((case.action, case.id) for case in found)
    yield from (f"- {action} has two cases with {one!r}" for (action, one), count in twice.items() if count > 1)
    yield from (
        f"- case {case.id} of {case.action}: {problem}" for case in found for problem in cannot_be_written(case)
    )
    yield from _told(found, name)


def _told(cases: list[Case], name: str) -> Iterator[str]:
    """Cases that a prompt gives away measure nothing."""
    prompts = folders()[name].joinpath("prompts").glob("*.md") if name in folders() else ()
    for path in prompts:
        written = path.read_text(encoding="utf-8")
        yield from (f"- the prompt {path.name} holds the case {case.id}" for case in cases if case.text in written)


async def check_cases(rig: Rig, subject: str) -> None:
    """Ask of every action here that it becomes a case within a second where it hands over, and that it can be settled.

    Raises:
        Incomplete: naming the action, and what is missing.
    """
    rig.script[:] = [UNSCRIPTED]
    for action, machine in sorted(machines().items()):
        parts = list(machines()) if any(isinstance(state, Dispatch) for state in machine.states) else ()
        action_id = await rig.start("Please help me.", subject=subject, action=action, delegates=parts)
        ended = (await rig.result(action_id)).kind
        if ended != "handed_over":
            raise Incomplete(f"{action}: expected that it hands over where the model finds no step, and it is {ended}")
        after = time.monotonic()
        case = await _opened(rig, action_id)
        if (late := time.monotonic() - after) > 1:
            raise Incomplete(f"{action}: expected a case within a second, and it took {late:.1f}")
        if found := technical(f"{case.reason} {' '.join((*case.done, *case.undone))}"):
            raise Incomplete(f"{action}: expected words for people in its case, and found {', '.join(found)}")
        await rig.operator.cases.handle(case.case_id, "resolve", case_act("Called the customer."))
        if (told := [one["what"] for one in await rig.kinds(action_id, "case")]) != ["opened", "resolve"]:
            raise Incomplete(f"{action}: expected a case that was opened and settled, and the ledger has {told}")


async def _opened(rig: Rig, action_id: str) -> OpenCase:
    found: OpenCase = await until(lambda: rig.operator.cases.look(case_id(action_id)), lambda case: bool(case.story))
    return found


async def check_grants(owner: AsyncEngine, changes: Mapping[str, Collection[str]]) -> None:
    """Ask of a database that actions may change just the columns said, of each table (``crm.contracts``).

    ``owner`` is a login that sees all, as ``rig.owner``. Each of the tables must keep everybody to their own rows, and
    tell what is changed in it, as ``python -m worker protect`` makes it.

    Raises:
        Incomplete: listing what may be changed and should not be, or the other way round, and tables that do not so.
    """
    async with owner.connect() as connection:
        rows = [row._mapping for row in await connection.execute(text(CHANGEABLE))]
    may = {(str(row["name"]), str(row["changed"])) for row in rows}
    should = {(table, column) for table, columns in changes.items() for column in columns}
    problems = [
        *(f"- {table}.{column} may be changed by actions, and is not named" for table, column in sorted(may - should)),
        *(f"- {table}.{column} may not be changed by actions" for table, column in sorted(should - may)),
        *sorted({f"- {row['name']} keeps nobody to their own rows" for row in rows if not row["kept_apart"]}),
        *sorted({f"- {row['name']} does not tell what is changed in it" for row in rows if not row["told"]}),
    ]
    if problems:
        raise Incomplete("\n".join(["what actions may change is not as said (python -m worker protect):", *problems]))
