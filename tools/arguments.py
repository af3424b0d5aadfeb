"""What tools take as arguments, where several take the same."""

from typing import Annotated

from pydantic import Field

OneLine = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""An id, or a line of an address: text without control characters.

The form of an id is not checked: an id of another form is nobody's, and a rule of the business says so by its name.
"""

ManyIds = Annotated[list[OneLine], Field(max_length=100)]
"""Ids, any of them as often as it is meant."""
