"""Tools on a customer's addresses at Vendure: read and changed in the customer's session at the shop's side."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from tools.arguments import OneLine
from tools.base import Arguments, Nothing
from tools.errors import ToolRefused
from tools.http.answers import Told, changed
from tools.http.changing import Change, changes
from tools.http.reading import Reading, reads
from tools.http.safeguards import Compared, Repeatable
from vendure_orders.documents import ADDRESSES, CHANGE_ADDRESS
from vendure_orders.systems import CHANGES, READS_ADDRESSES, SHOP


class Known(Told):
    """An address, without what stands in it: that is nothing for a model."""

    id: str
    defaultShippingAddress: bool | None


class Addresses(Told):
    addresses: tuple[Known, ...]


class Address(Told):
    """The one to which the shop sends by itself; empty where there is none."""

    id: str
    streetLine1: str
    streetLine2: str | None
    postalCode: str | None
    city: str | None

    @model_validator(mode="before")
    @classmethod
    def of_all(cls, told: Any) -> Any:
        """From Vendure's own form."""
        if not isinstance(told, list):
            return told
        found = [one for one in told if isinstance(one, dict) and one.get("defaultShippingAddress")]
        return found[0] if found else {"id": "", "streetLine1": "", "streetLine2": "", "postalCode": "", "city": ""}


class NewAddress(Arguments):
    id: OneLine
    street: OneLine
    postcode: OneLine
    city: OneLine


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True)

    id: str
    street_line1: str
    street_line2: str
    postal_code: str
    city: str


class Changed(Told):
    """The address that the answer speaks of."""

    id: str


def becomes(asked: NewAddress, now: Address) -> Address:
    if not now.id or now.id != asked.id:
        raise ToolRefused("That is not the address to which the shop sends.", READS_ADDRESSES.rule)
    to = {"streetLine1": asked.street, "streetLine2": "", "postalCode": asked.postcode, "city": asked.city}
    return changed(now, {**to})


list_addresses = reads(
    "vendure.addresses", READS_ADDRESSES, Reading(path=SHOP, document=ADDRESSES, answer=Addresses), Nothing
)
change_address = changes(
    "vendure.change_address",
    CHANGES,
    Change(
        method="POST",
        path=SHOP,
        document=CHANGE_ADDRESS,
        of="vendure.addresses",
        arguments=NewAddress,
        key=("id",),
        reading=Reading(path=SHOP, document=ADDRESSES, within="addresses", answer=Address),
        becomes=becomes,
        body=lambda asked, _: Asked(
            id=asked.id, street_line1=asked.street, street_line2="", postal_code=asked.postcode, city=asked.city
        ),
        same=Repeatable(),
        conflicts=Compared(),
        receipt=Changed,
    ),
)
