from dataclasses import dataclass
from datetime import datetime

from leverframe.local_time import in_words


@dataclass
class Asking:
    """The model is asked, and has not answered yet."""

    since: datetime
    until: datetime
    """Until when a model that is away is tried; then a person takes over."""
    late: bool = False
    """Whether operators are told of it by now."""

    @property
    def in_words(self) -> str:
        """For operators and the ledger."""
        return f"The model has not answered since {in_words(self.since)}; it is tried until {in_words(self.until)}."
