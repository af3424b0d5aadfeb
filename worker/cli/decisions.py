"""Reading what operators decided on, with the auditor's login and a Temporal client."""

from evals.decisions import DecidedOn, Skipped, read_decisions
from worker.cli.audit import Auditing, auditing, read_audits
from worker.cli.terminal import errors, run
from worker.connection import connect
from worker.settings.base import load
from worker.settings.shared import PayloadSettings


def decided_on() -> list[DecidedOn]:
    """All decided proposals that can still be read; says which cannot."""
    with auditing() as access:
        found, skipped = run(_read(access))
    for one in skipped:
        errors.print(f"{one.action_id} is left out: {one.why}.", style="yellow", markup=False)
    return found


async def _read(access: Auditing) -> tuple[list[DecidedOn], list[Skipped]]:
    client = await connect(payload_keys=load(PayloadSettings).keys, people=access.people)
    return await read_decisions(await read_audits(access, None), client)
