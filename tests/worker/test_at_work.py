"""An action is found from its first second, whoever looks for it, and what it does is told."""

from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from leverframe import Leverframe
from tests.support.keys import capability
from tests.support.rig import MIA, open_rig
from tests.worker.operator_screen import worker
from worker.embedded.temporal import temporal_server
from worker.testing.keys import ISSUER
from worker.testing.postgres import Database
from worker.testing.rig import PSEUDONYMS
from worker.testing.scripted_model import Hang
from worker.testing.servers import CONVERTER
from worker.testing.waiting import until


async def test_an_action_is_found_from_its_first_second(database: Database, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(temporal_server(tmp_path))
        environment = WorkflowEnvironment.from_client(await Client.connect(server.address, data_converter=CONVERTER))
        rig = await stack.enter_async_context(open_rig(environment, database, model_timeout=1))
        own = {
            "LEVERFRAME_AUDITOR_DATABASE_URL": database.auditor_url,
            "LEVERFRAME_STATE_DIR": str(tmp_path),
            "LEVERFRAME_ANSWER_WITHIN": "3",
            "COLUMNS": "400",
        }

        async def told(*command: str) -> tuple[int, str]:
            return await worker(rig, server, *command, **own)

        # Nobody has taken this one up.
        lonely = await Leverframe(rig.client, PSEUDONYMS, "elsewhere", ISSUER.public, rig.people).start(
            "order_cancellation", request_id=uuid4().hex, capability=capability(MIA), text="cancel my lamp"
        )
        for command in (("audit", lonely), ("pending", "--all")):
            code, output = await told(*command)
            assert (code, lonely in output, "begun 20" in output) == (0, True, True), output
        assert await told("audit", f"{lonely}0") == (1, f"The ledger knows no action {lonely}0.\n")

        rig.script[:] = [Hang()]
        action_id = await rig.start()
        await rig.until(action_id, lambda status: status.model_since is not None)
        ways = ("audit", action_id), ("show", action_id), ("pending", "--all")
        for command in ways:
            code, output = await told(*command)
            assert (code, action_id in output) == (0, True), output
            assert "with the model since 20" in output
            assert "tried until 20" in output

        async def tries() -> int:
            return len(rig.model.requests)

        await until(tries, lambda found: found > 2)
        for command in ways:
            _, output = await told(*command)
            assert "asking the model was tried" in output
            assert "in vain: the model did not answer" in output
            # Why in its own words is for whoever runs it.
            assert ("no whole answer within 1 s" in output) == (command[0] == "audit")
        await rig.withdraw(action_id)
        await rig.result(action_id)
        assert "with the model since" not in (await told("show", action_id))[1]
