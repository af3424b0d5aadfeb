"""What the attempts at one decision cost, kept from try to try: a worker may be killed between two of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from temporalio import activity

from activities.model_answer import Completion
from activities.model_endpoint import ModelEndpoint
from activities.model_server import NoAnswer
from leverframe.contracts.proposal import Account

LOST = "its worker ended before there was an answer"
"""Why an attempt failed of which nothing more is known; what the server had to do for it is not known either."""
MOST = 100
"""Kinds of attempts that are kept."""


class Attempt:
    """One request: nothing is known of its cost until the server has said so."""

    def __init__(self, endpoint: ModelEndpoint, most_read: int) -> None:
        self._endpoint = endpoint
        self._most_read = most_read
        self._said = ""
        self.read = self.written = 0

    def answered(self, completion: Completion) -> None:
        """Take over what the server says; of tokens no more than there can have been."""
        read, written = completion.tokens
        self.read, self.written = min(read, self._most_read), min(written, self._endpoint.max_tokens)
        self._said = completion.model if completion.model and completion.model != self._endpoint.model else ""

    @property
    def micros(self) -> int:
        return self._endpoint.micros(self.read, self.written)

    def account(self, failed: str = "") -> Account:
        endpoint = self._endpoint
        return Account(
            endpoint=endpoint.name,
            model=endpoint.model,
            revision=endpoint.revision,
            said=self._said,
            input_tokens=self.read,
            output_tokens=self.written,
            micros=self.micros,
            currency=endpoint.currency,
            failed=failed[:400],
        )


class Accounts:
    """Attempts of the same kind are added up: a model that is away for an hour is tried a hundred times."""

    def __init__(self, before: Sequence[Any] = ()) -> None:
        """``before``: what the last try has told."""
        self._kinds: dict[tuple[str, ...], Account] = {}
        for each in before[:MOST]:
            try:
                self._add(Account.model_validate(each))
            except ValidationError:
                continue  # An older worker's try, which told nothing.

    @property
    def all(self) -> tuple[Account, ...]:
        return tuple(self._kinds.values())[:MOST]

    def told(self) -> list[dict[str, Any]]:
        """The same for Temporal to keep."""
        return [account.model_dump(mode="json") for account in self.all]

    def tell(self) -> None:
        """Have Temporal keep it for the next try."""
        activity.heartbeat(*self.told())

    @contextmanager
    def attempt(self, endpoint: ModelEndpoint, most_read: int) -> Iterator[Attempt]:
        """Count an attempt: as lost until it has ended, in whichever way."""
        attempt = Attempt(endpoint, most_read)
        lost = attempt.account(LOST)
        self._add(lost)
        self.tell()
        try:
            yield attempt
        except NoAnswer as error:
            self._remove(lost)
            self._add(attempt.account(str(error)))
            raise
        self._remove(lost)
        self._add(attempt.account())

    def _add(self, account: Account) -> None:
        kind = _kind(account)
        before = self._kinds.get(kind)
        self._kinds[kind] = _sum(before, account) if before else account

    def _remove(self, lost: Account) -> None:
        before = self._kinds.pop(_kind(lost))
        if before.times > lost.times:
            self._kinds[_kind(lost)] = before.model_copy(update={"times": before.times - lost.times})


def _kind(account: Account) -> tuple[str, ...]:
    return account.endpoint, account.model, account.revision, account.said, account.currency, account.failed


def _sum(one: Account, other: Account) -> Account:
    counts = ("times", "input_tokens", "output_tokens", "micros")
    added = {name: getattr(one, name) + getattr(other, name) for name in counts}
    return one.model_copy(update=added)
