"""What was read out of a text, kept while one question about the facts is answered, and for nobody any longer.

A text is read many times over for one question, and may be a person's whose data are erased a moment later.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

_READ: ContextVar[dict[Hashable, object] | None] = ContextVar("read", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within it every reader reads the same text once; after it nothing of any text is kept."""
    if _READ.get() is not None:
        yield
        return
    token = _READ.set({})
    try:
        yield
    finally:
        _READ.reset(token)


def once(reader: Callable[Given, Result]) -> Callable[Given, Result]:
    """A pure function of texts whose result is remembered within :func:`remembering`; it must not be changed."""

    @wraps(reader)
    def read(*given: Given.args, **named: Given.kwargs) -> Result:
        known = _READ.get()
        if known is None:
            return reader(*given, **named)
        key = reader, given, *named.items()
        if key not in known:
            known[key] = reader(*given, **named)
        found: Result = known[key]  # type: ignore[assignment]
        return found

    return read
