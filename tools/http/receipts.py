"""What of an answer goes to the ledger: what the tool declares, and nothing of a person. Pure."""

from pydantic import JsonValue

from leverframe.contracts.plan import Row
from leverframe.naming import named
from tools.errors import NotKnown
from tools.http.answers import Told, row, understood


def receipt(told: JsonValue, model: type[Told], stands: Row) -> Row:
    """The declared fields of an answer, which agrees with what ``stands`` in the plan.

    Raises:
        Unreachable: when it is not of the declared form.
        NotKnown: when it speaks of something else than what was asked for. What it did there, a person must find out.
    """
    if not model.model_fields:
        return {}
    said = row(understood(told, model))
    if other := sorted(name for name in said.keys() & stands.keys() if said[name] != stands[name]):
        raise NotKnown(
            f"the system answered with something else than what was asked for ({', '.join(map(named, other))})"
        )
    return said
