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


class NotificationRefused(LeverframeError, ValueError):
    """A request to the webhook is no notification of Leverframe's, or an old one; the message quotes no secret."""


class CapabilityRefused(LeverframeError):
    """A capability does not allow what was asked of it; the message quotes neither token nor key."""


class CapabilityExpired(CapabilityRefused):
    """A capability would allow what was asked of it, but that its time is over."""


class InShadow(CapabilityRefused):
    """An action in shadow was to change something; nothing was run."""


class Undecryptable(LeverframeError):
    """A payload was encrypted under a key that is not known here, or was changed since."""


class KeyDestroyed(Undecryptable):
    """The key of the person whom it is about was destroyed: nobody can read it any more."""


class KeyUnknown(Undecryptable):
    """Its key is not known here, though it may be elsewhere."""


class KeyAwaited(KeyUnknown):
    """Its key is not known here yet: whoever wrote it holds a key of this ring too, and a newer one."""


class KeyServiceUnreachable(LeverframeError):
    """The service that holds the people's keys gives no answer that can be used; trying again may help."""


class NoAnswer(LeverframeError):
    """No answer came in time. What was sent may count all the same: look at the action before sending it again."""

    def __init__(self, message: str, action_id: str | None = None, awaited: str | None = None) -> None:
        super().__init__(message)
        self.action_id = action_id
        """Which action to look at; ``None`` where it is about none."""
        self.awaited = awaited
        """Whose worker the action waits for, where none takes up its tasks; else ``None``."""


class ServerUnreachable(NoAnswer):
    """The Temporal server does not answer; trying again may help. Whether it took what was sent is not known."""


class ServerRefused(LeverframeError):
    """The Temporal server does not take the request, which counts for nothing; the message says why."""
