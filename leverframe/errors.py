class LeverframeError(Exception):
    """Base of everything that the SDK raises on purpose."""


class InvalidRequest(LeverframeError, ValueError):
    """The input was refused before anything started; the message says what was expected."""


class RequestConflict(LeverframeError):
    """The same request id was used before for something else; use a new id."""


class UnknownAction(LeverframeError, LookupError):
    """There is no action with that id."""


class Refused(LeverframeError):
    """A decision or an answer was refused; the message is in plain words for the person who sent it."""


class ActionFailed(LeverframeError):
    """The action ended without an outcome (for example terminated by an administrator)."""


class InvalidKeys(LeverframeError, ValueError):
    """A key ring could not be read; the message says what was expected and quotes no key."""


class CapabilityRefused(LeverframeError):
    """A capability does not allow what was asked of it; the message quotes neither token nor key."""
