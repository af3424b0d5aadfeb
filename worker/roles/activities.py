"""What each role does, with what it holds for it: connections, pools and clients, closed on leaving.

What a role needs is imported only where it runs: a process of one role starts sooner and reaches less.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from temporalio.client import Client

from leverframe.one_tenant import only
from leverframe.subject_keys import SubjectKeys
from worker.roles.concurrency import APPROVALS_CONCURRENCY, TOOLS_CONNECTIONS
from worker.settings.base import SettingsError
from worker.settings.guards import GuardSettings
from worker.settings.notifications import NotificationSettings
from worker.settings.shared import WorkerSettings
from worker.settings.tenants import TenantSettings

if TYPE_CHECKING:
    from activities.model_endpoint import Routes
    from tools.assertion_keys import AssertionKeys, AuthorizationServer
    from tools.open_actions import OpenActions
    from tools.outside import Outside, System
    from tools.systems import Systems

Activity = Callable[..., Awaitable[object]]


@asynccontextmanager
async def guarding(settings: GuardSettings | None) -> AsyncIterator[list[Activity]]:
    from activities.policy import load_policy
    from activities.policy.retrieving import Retrieving
    from activities.replying import reply
    from activities.screening import Screening

    retrieving = Retrieving(load_policy())
    if settings is None or not settings.guard_url or not settings.guard_model:
        yield [Screening(retrieving).screen, reply, retrieving.retrieve]
        return
    from activities.second_opinion import GuardModel, SecondOpinion

    key = settings.guard_api_key.get_secret_value()
    opinion = SecondOpinion(GuardModel(settings.guard_url, settings.guard_model, key, settings.guard_timeout))
    try:
        yield [Screening(retrieving, opinion.screen).screen, reply, retrieving.retrieve]
    finally:
        await opinion.close()


@asynccontextmanager
async def proposing(routes: "Routes") -> AsyncIterator[list[Activity]]:
    from activities.proposing import Proposing

    model = Proposing(routes)
    try:
        yield [model.propose]
    finally:
        await model.close()


@asynccontextmanager
async def of_tenants(
    tenants: Sequence[TenantSettings],
    one: Callable[[TenantSettings], AbstractAsyncContextManager[list[Activity]]],
) -> AsyncIterator[list[Activity]]:
    """What a role does for each of several tenants, with adapters of its own for each."""
    from activities.tenants import Served, for_tenants

    async with AsyncExitStack() as held:
        yield for_tenants(
            [Served(each.name, await held.enter_async_context(one(each)), each.businesses) for each in tenants]
        )


@asynccontextmanager
async def approving(client: Client, of: TenantSettings) -> AsyncIterator[list[Activity]]:
    from activities.approving import Approving
    from activities.judging_cases import Judging
    from activities.withdrawing import Withdrawing
    from leverframe.capability import Verifier
    from leverframe.operators import InvalidOperators
    from leverframe.operators_file import OperatorsFile
    from tools.approvals import ApprovalRecord
    from tools.scope import create_engine

    settings = of.of_approvals
    try:
        operators = OperatorsFile(settings.operators_file, settings.approver_trust)
    except InvalidOperators as error:
        raise SettingsError(f"LEVERFRAME_OPERATORS_FILE (tenant {of.name!r}): {error}") from None
    engine = create_engine(settings.approvals_database_url.get_secret_value(), pool_size=APPROVALS_CONCURRENCY)
    desk = Approving(
        client,
        keys=settings.keys,
        issuers=settings.issuers,
        record=ApprovalRecord(engine),
        operators=operators,
        tenant=of.name,
    )
    verifier = Verifier(settings.issuers, settings.keys.public, of.name)
    try:
        yield [
            desk.judge,
            Judging(client, verifier, operators, settings.keys).judge_case,
            Withdrawing(verifier).withdrawal,
        ]
    finally:
        await engine.dispose()


@asynccontextmanager
async def calling(
    client: Client, of: TenantSettings, common: WorkerSettings, people: SubjectKeys | None, several: bool = False
) -> AsyncIterator[list[Activity]]:
    from activities.admitting import Admitting
    from activities.calling import CallingActivities
    from activities.recording import RecordingActivities
    from activities.settling import Settling
    from tools.admission import UserLimits
    from tools.open_actions import OpenActions
    from tools.scope import ScopedSessions, create_engine
    from tools.toolbox import toolbox

    settings = of.of_tools
    engine = create_engine(settings.database_url.get_secret_value(), pool_size=TOOLS_CONNECTIONS, ping=False)
    sessions = ScopedSessions(engine, settings.scope_key.get_secret_value(), people)
    verifier = settings.verifier(of.name)
    recording = RecordingActivities(sessions, verifier, bool(of.limits))
    actions = OpenActions(only(client, of.name) if several else client, common.task_queue_prefix)
    try:
        async with outside(actions, of.systems, settings.authorization) as reached:
            tools = CallingActivities(sessions, toolbox(), verifier, reached, partial(common.mode_of, tenant=of.name))
            admitting = Admitting(sessions, verifier, of.limits or UserLimits())
            yield [tools.preview, tools.call, recording.record, admitting.admit, Settling(sessions, verifier).settle]
    finally:
        await engine.dispose()


@asynccontextmanager
async def notifying(settings: NotificationSettings | None) -> AsyncIterator[list[Activity]]:
    from activities.notifying import Notifying, Webhook, tell_nobody

    if settings is None or settings.notifications_url is None or settings.notifications_secret is None:
        yield [tell_nobody]
        return
    secrets = settings.notifications_secret.get_secret_value()
    webhook = Webhook(settings.notifications_url, secrets, settings.notifications_timeout, settings.ui_url)
    teller = Notifying(webhook)
    try:
        yield [teller.notify]
    finally:
        await teller.close()


@asynccontextmanager
async def outside(
    actions: "OpenActions",
    systems: Iterable["Systems"],
    authorization: "tuple[AuthorizationServer, AssertionKeys] | None" = None,
) -> AsyncIterator["Outside"]:
    """What the tools may reach besides the database."""
    from tools.documents.meaning import Meaning
    from tools.outside import Outside
    from tools.token_exchange import TokenExchange

    async with AsyncExitStack() as held:
        # Begun where a passage is first looked for.
        meaning = Meaning()
        held.push_async_callback(meaning.close)
        clients: list[System] = [actions, meaning]
        if authorization:
            tokens = TokenExchange(*authorization)
            held.push_async_callback(tokens.close)
            clients.append(tokens)
        for one in systems:
            clients += await held.enter_async_context(one.connected())
        yield Outside(*clients)
