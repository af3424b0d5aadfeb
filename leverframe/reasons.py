"""Why something could not be done, in words for people who are no engineers. Pure.

What an error itself says may name settings, classes or a system's own answer: that stands beside these words in the
ledger, for whoever runs Leverframe.
"""

from collections.abc import Mapping

TELL = "Tell whoever runs Leverframe"
OTHERWISE = f"something in Leverframe, or in how it is set up, is at fault. {TELL}"
NO_ANSWER = "there was no answer in time"
RIGHT = "the right to act for this user does not allow it, or has ended. Whoever still wants it asks for it anew"
SETUP = f"of how Leverframe is set up here. {TELL}"

REASONS: Mapping[str, str] = {
    "ModelUnavailable": "the model did not answer",
    "ModelRefused": f"the model does not take what it is asked, because {SETUP}",
    "MalformedAnswer": "what the model answered cannot be used",
    "UnknownPrompt": f"the question for the model could not be put together, because {SETUP}",
    "InvalidPrompt": f"the question for the model could not be put together, because {SETUP}",
    "PromptFailed": f"the question for the model could not be put together, because {SETUP}",
    "CapabilityRefused": RIGHT,
    "CapabilityExpired": RIGHT,
    "InShadow": "such actions run beside people here, and nothing of them is carried out",
    "Unreachable": "a system outside did not answer",
    "NotSent": "a system outside did not answer",
    "NotConnected": f"Leverframe has no access here to a system that is needed. {TELL}",
    "NotLooked": f"Leverframe has no access here to a system that is needed. {TELL}",
    "NotTheirs": f"a system outside told of somebody else than this user, and that was not used. {TELL}",
    "NotPinned": f"a system outside offers something else than was agreed on, and was not asked. {TELL}",
    "NotKnown": "it is not known what a system outside has done, and it must be looked up there",
    "NotApproved": f"nobody has approved exactly this. {TELL}",
    "BadArguments": f"what it was asked with does not fit. {TELL}",
    "OperationalError": "the database did not answer",
    "InterfaceError": "the database did not answer",
    "DatabaseRefused": f"the database did not take it. {TELL}",
    "KeyServiceUnreachable": f"what people's data are locked with cannot be had at the moment. {TELL}",
    "UnreadableAnswer": f"a part of Leverframe answered with something that cannot be used. {TELL}",
    "LookupError": f"something that it needs was not among what had been looked up. {TELL}",
    "UnknownTemplate": f"there is no such text. {TELL}",
}
"""By the name of the error."""


def reason(kind: str | None) -> str:
    """Why, for an error of that name: words that go on after a colon, without a dot at their end."""
    return REASONS.get(kind or "", OTHERWISE)


def reason_of(error: BaseException) -> str:
    """The same of an error itself, or of the nearest of those that it comes from."""
    return next((REASONS[one.__name__] for one in type(error).__mro__ if one.__name__ in REASONS), OTHERWISE)
