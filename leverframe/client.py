"""The SDK: what a business service uses to start actions and to wait for their outcomes."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Self

from pydantic import ValidationError
from temporalio.client import Client, Interceptor

from leverframe.calls import Calls
from leverframe.codec import data_converter
from leverframe.contracts import names
from leverframe.contracts.decision import Choice, Decision, Receipt
from leverframe.contracts.feedback import Thumb
from leverframe.contracts.people import Did
from leverframe.contracts.plan import Plan
from leverframe.contracts.status import Outcome, Status
from leverframe.contracts.why import Why
from leverframe.contracts.withdrawal import Withdrawal
from leverframe.decision_signature import genuine, unsigned
from leverframe.errors import InvalidKeys, InvalidRequest
from leverframe.following_up import FOLLOWED, FollowUp
from leverframe.giving_feedback import GIVEN, GivenFeedback
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys, PublicKeys
from leverframe.one_tenant import OneTenant
from leverframe.pending import Pending, nearest_first, open_query, waiting_query
from leverframe.pseudonym import Pseudonyms, subject_of
from leverframe.reaching import reach
from leverframe.server_answers import STARTED, WITHIN, answered
from leverframe.starting import Starter, expected, refuse_erased, refuse_unknown, send
from leverframe.status_sentences import Language, sentence
from leverframe.subject_keys import SubjectKeys
from leverframe.telling_what_people_did import TOLD, WhatPeopleDid
from leverframe.watching import Until, ending, happenings, reached

FOREVER = timedelta(days=3650).total_seconds()


class Leverframe:
    """Starts actions, tells where they stand, and takes answers and decisions."""

    def __init__(
        self,
        client: Client,
        pseudonyms: Pseudonyms | None = None,
        task_queue_prefix: str = "leverframe",
        issuer_keys: PublicKeys | None = None,
        people: SubjectKeys | None = None,
        within: float = WITHIN,
    ) -> None:
        """``pseudonyms`` and ``issuer_keys`` (the public halves) are needed to start actions only.

        ``people`` are the keys that ``client`` encrypts with, if it does so under a key for each person; ``within`` is
        how many seconds each call has for its answer.
        """
        self._client = client
        self._pseudonyms = pseudonyms
        self._issuer_keys = issuer_keys
        self._people = people
        self._within = within
        self._calls = Calls(client, within)
        self._queue = names.task_queue("workflows", task_queue_prefix)

    @classmethod
    async def connect(
        cls,
        *,
        pseudonym_key: str | bytes | None = None,
        issuer_keys: str | None = None,
        payload_keys: str | None = None,
        key_service: str | None = None,
        key_service_token: str | None = None,
        identity: str | None = None,
        task_queue_prefix: str = "leverframe",
        interceptors: Sequence[Interceptor] = (),
        tenant: str | None = None,
        within: float = WITHIN,
    ) -> Self:
        """Connect as the standard Temporal environment says (``TEMPORAL_ADDRESS``, profiles, TLS, API key).

        Args:
            pseudonym_key: at least 16 bytes, the same in all services that start actions; needed for ``start``.
            issuer_keys: public keys of the issuer, as ``2:ed25519/…,1:ed25519/…``; needed for ``start``.
            payload_keys: keys that the workers encrypt payloads with, as ``2:<64 hex>,1:…``; without, nothing encrypted
                can be read.
            key_service: address of the service that holds a key for each person, where the workers use one.
            key_service_token: what that service asks for.
            identity: the name under which decisions are sent; shown as unverified unless the server authenticates it.
            task_queue_prefix: as configured for the workers.
            interceptors: for example OpenTelemetry's, so that the action's trace is linked with the caller's.
            tenant: whose service this is, where several share a deployment: no other's actions are there for it, and a
                capability of another one is refused.
            within: seconds that each call has for its answer; what was sent may count all the same after that.

        Raises:
            InvalidRequest: when the pseudonym key is too short.
            InvalidKeys: when a key ring cannot be read, or the key service comes without payload keys or token.
            ServerUnreachable: when no server answers.
        """
        pseudonyms = Pseudonyms(pseudonym_key) if pseudonym_key else None
        people = SubjectKeys(KeyService(key_service, key_service_token or "")) if key_service else None
        if people and not payload_keys:
            raise InvalidKeys("a key service is of no use without the payload keys; pass payload_keys too")
        client = await reach(
            data_converter(PayloadKeys.parse(payload_keys) if payload_keys else None, people),
            identity=identity,
            interceptors=(*interceptors, *([OneTenant(tenant)] if tenant else [])),
            within=within,
        )
        issuers = PublicKeys.parse(issuer_keys) if issuer_keys else None
        return cls(client, pseudonyms, task_queue_prefix, issuers, people, within)

    async def start(self, action: str, *, request_id: str, capability: str, text: str, shadow: bool = False) -> str:
        """Start an action and return its id. The same request started twice is one action.

        Whose data it may touch and who asks stands in the capability, which the business's issuer has signed
        (:func:`leverframe.capability.mint`). It is bound to this one action before it leaves this process.

        Args:
            action: which action, for example ``contract_end``.
            request_id: the caller's own id of this request, 1 to 128 characters.
            capability: a token for this action and one user; it should outlive the longest wait for people.
            text: what the user wants, in their own words, 1 to 4,000 characters.
            shadow: only to see what it would come to, beside people: nothing is done, and nobody is asked or told.

        Raises:
            InvalidRequest: bad input, a capability that does not hold, or an erased user, before anything starts; or an
                action that those who run them do not know, with the ones that they do.
            KeyServiceUnreachable: trying again may help.
            NoAnswer: it is not known whether it was started; trying again with the same request id is safe.
            RequestConflict: the request id was used before, for another text or requester.
        """
        asked = Starter.given(self._pseudonyms, self._issuer_keys).ask(action, request_id, capability, text, shadow)
        request = asked.request
        await refuse_erased(self._people, request.pseudonym)
        async with self._calls.answered(asked.action_id, STARTED):
            await send(self._client, asked, self._queue)
        await refuse_unknown(self._client, asked.action_id, self._within)
        return asked.action_id

    async def status(self, action_id: str) -> Status:
        """Where an action stands, as whoever runs it says; of its plan rely on :meth:`plan`.

        Raises UnknownAction, NoAnswer, KeyServiceUnreachable (try again), or ActionFailed when it cannot say (a person
        was erased).
        """
        return await self._calls.ask(action_id, "status", Status)

    async def plan(self, action_id: str) -> Plan | None:
        """The plan that waits for a decision, if any, found :func:`~leverframe.decision_signature.genuine`.

        Raises Refused when it is not: show it to nobody, and decide nothing. Else as :meth:`status` does.
        """
        plan = (await self.status(action_id)).plan
        return genuine(action_id, plan) if plan is not None else None

    async def why(self, action_id: str) -> Why:
        """Why an action stands there, as whoever runs it says; raises as :meth:`status` does.

        One that runs on a version without this raises ActionFailed.
        """
        return await self._calls.ask(action_id, "why", Why)

    async def result(self, action_id: str, within: float | None = None) -> Outcome:
        """Wait for an action's end: for people, if need be, and for as long as that takes, or ``within`` seconds.

        Raises:
            UnknownAction: there is none.
            NoAnswer: it has not ended in time, or it cannot go on: its worker is gone, or its next step fails.
            KeyServiceUnreachable: it goes on by itself when that service is back; try again.
            ActionFailed: it ended without an outcome.
            KeyDestroyed: its outcome cannot be read any more.
        """
        return await ending(self._client, action_id, within or FOREVER, self._within)

    async def outcome(self, action_id: str) -> Outcome | None:
        """How an action has ended; ``None`` while it has not. Raises as :meth:`result` does."""
        async with self._calls.answered(action_id):
            if (await self._calls.handle(action_id).describe()).close_time is None:
                return None
        return await self.result(action_id, self._within)

    async def sentence(self, action_id: str, language: Language = "en") -> str:
        """Where an action stands, in words for its user; raises as :meth:`status` and :meth:`outcome` do."""
        return sentence(await self.status(action_id), await self.outcome(action_id), language)

    async def wait(self, action_id: str, until: Until = "waiting", within: float | None = None) -> Status:
        """Where an action stands once it is there (:data:`leverframe.Until`) or has ended, without polling.

        Raises as :meth:`status` does, and NoAnswer when it is not there ``within`` seconds.
        """
        unknown = "so it is not known when {action_id} will be there"
        async with answered(self._client, within or FOREVER, unknown, action_id):
            async for running in happenings(self._calls.handle(action_id)):
                status = await self.status(action_id)
                if not running or reached(status, until):
                    return status
        raise AssertionError("the last time it has ended")

    async def reply(self, action_id: str, text: str) -> Receipt:
        """The user's answer to the open question. Raises Refused, UnknownAction or NoAnswer."""
        return await self._calls.update(action_id, "reply", text)

    async def follow_up(self, action_id: str, *, request_id: str, capability: str, text: str) -> str:
        """Have people read what the user writes after the end, in a case; returns its id. Sent twice it is read once.

        Raises as :meth:`start`, and Refused where it has not ended, ended long ago, or too much was written already.
        """
        await refuse_erased(self._people, subject_of(action_id) or "")
        starter = Starter.given(self._pseudonyms, self._issuer_keys)
        follow = FollowUp.of(self._client, starter, self._queue, action_id, request_id, text)
        async with self._calls.answered(action_id, FOLLOWED):
            return await follow.send(capability)

    async def feedback(self, action_id: str, thumb: Thumb, *, capability: str, text: str = "") -> None:
        """What the user thinks of an action that has ended: ``up`` or ``down``, and up to 1,000 characters of why.

        The same given twice counts once, and the last of at most three counts. Raises as :meth:`follow_up` does.
        """
        await refuse_erased(self._people, subject_of(action_id) or "")
        starter = Starter.given(self._pseudonyms, self._issuer_keys)
        async with self._calls.answered(action_id, GIVEN):
            await GivenFeedback(self._client, starter, self._queue, action_id, thumb, text).send(capability)

    async def people_did(self, action_id: str, did: Did, *, capability: str) -> None:
        """What people did about the request of an action that has ended, in shadow or not; the last one counts.

        Raises as :meth:`follow_up` does, and Refused for what its machine does not know.
        """
        await refuse_erased(self._people, subject_of(action_id) or "")
        starter = Starter.given(self._pseudonyms, self._issuer_keys)
        async with self._calls.answered(action_id, TOLD):
            await WhatPeopleDid(self._client, starter, self._queue, action_id, did).send(capability)

    async def approve(self, action_id: str, code: str, note: str = "", amount: str | None = None) -> Receipt:
        """Approve the plan with this code, its amount if needed.

        Raises Refused, InvalidRequest, UnknownAction, or NoAnswer: whether it counts is not known then.
        """
        return await self._calls.update(action_id, "approve", unsigned(code, note, amount))

    async def reject(self, action_id: str, code: str, note: str = "") -> Receipt:
        """Reject the plan with this confirmation code. Raises as :meth:`approve` does."""
        return await self._calls.update(action_id, "reject", unsigned(code, note))

    async def decide(self, action_id: str, choice: Choice, decision: Decision) -> Receipt:
        """Send a decision as :func:`leverframe.sign_decision` makes it. Raises as :meth:`approve` does."""
        return await self._calls.update(action_id, choice, decision)

    async def signal(self, action_id: str, choice: Choice, decision: Decision) -> None:
        """Send a decision as a signal. Raises UnknownAction, Refused when there is none to decide on, or NoAnswer.

        Where the Temporal server signs its callers in, only a signal carries who sent it; the history says so of an
        update of nobody. What came of it shows in :meth:`status`.
        """
        await self._calls.signal(action_id, choice, decision)

    async def withdraw(self, action_id: str, capability: str) -> Receipt:
        """End the action without doing anything more; a write under way is finished first.

        Only for whom the user's issuer has given a ``capability`` for such an action, as for :meth:`start`; whom it
        names as the requester stands in the ledger. Raises as :meth:`approve` does.
        """
        try:
            sent = Withdrawal(capability=capability)
        except ValidationError as error:
            raise InvalidRequest(expected(error)) from None
        return await self._calls.update(action_id, names.WITHDRAW, sent)

    def pending(self, awaiting: str | None = None, users: bool = True) -> AsyncIterator[Pending]:
        """Open actions that wait for somebody, the nearest deadline first.

        With ``awaiting``, for that role (or ``user``) only; without ``users``, for operators only. However many wait,
        the first ones are there at once. Raises InvalidRequest, and in the loop ServerUnreachable or ServerRefused.
        """
        return nearest_first(self._client, waiting_query(awaiting, users), self._within)

    def all_open(self) -> AsyncIterator[Pending]:
        """All open actions as :meth:`pending` gives them, those too that wait for nobody, which have no deadline."""
        return nearest_first(self._client, open_query(), self._within)
