from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from leverframe.errors import LeverframeError
from tools.shop.retail.fitting import problems
from tools.shop.retail.form import RetailData

FILE = "db.json"
TOLD = 5
"""How many problems of a file are told at once."""


class IllFormedData(LeverframeError, ValueError):
    """A data set is missing or cannot be used; the message says where, and what was expected."""


def read_retail(folder: Path) -> RetailData:
    """The data in ``folder/db.json``. Raises :class:`IllFormedData`."""
    file = folder / FILE
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise IllFormedData(
            f"{file} cannot be read ({error.strerror}); expected a folder with a file {FILE} that holds users, orders "
            "and products"
        ) from None
    try:
        data = RetailData.model_validate_json(raw)
    except ValidationError as error:
        told = [_told(".".join(map(str, item["loc"])), item["msg"]) for item in error.errors(include_input=False)]
        raise _ill_formed(file, told) from None
    if told := list(islice(problems(data), TOLD + 1)):
        raise _ill_formed(file, told)
    return data


def _told(where: str, what: str) -> str:
    return f"{where}: {what}" if where else what


def _ill_formed(file: Path, told: list[str]) -> IllFormedData:
    more = ["and more"] if len(told) > TOLD else []
    return IllFormedData("\n".join([f"{file} does not have the form of retail data:", *told[:TOLD], *more]))
