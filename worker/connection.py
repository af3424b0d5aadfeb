from collections.abc import Mapping, Sequence

from temporalio.client import Client, Interceptor

from leverframe import ServerUnreachable
from leverframe.codec import data_converter
from leverframe.keys import PayloadKeys
from leverframe.one_tenant import OneTenant
from leverframe.reaching import reach
from leverframe.subject_keys import SubjectKeys


async def connect(
    interceptors: Sequence[Interceptor] = (),
    environment: Mapping[str, str] | None = None,
    identity: str | None = None,
    payload_keys: PayloadKeys | None = None,
    people: SubjectKeys | None = None,
    tenant: str | None = None,
) -> Client:
    """A client as Temporal's standard environment configures it (``TEMPORAL_ADDRESS``, ...).

    ``environment`` is read instead of this process's variables; ``identity`` is what the client claims to
    be. With ``payload_keys`` whatever it sends is encrypted, with ``people`` under the key of the person whom it is
    about. With ``tenant`` no other tenant's actions are there for it. Raises :class:`~leverframe.ServerUnreachable`.
    """
    converter = data_converter(payload_keys, people)
    if tenant:
        interceptors = (*interceptors, OneTenant(tenant))
    try:
        return await reach(converter, environment=environment, identity=identity, interceptors=interceptors)
    except ServerUnreachable as error:
        raise ServerUnreachable(f"{error}, or start one with 'make up'.") from error
