import asyncio
import logging
from contextlib import suppress

import typer
from sqlalchemy.exc import DBAPIError

from audit.seals.publishing import publisher
from audit.seals.sealer import Round, Sealer
from tools.scope import create_engine
from worker.cli.terminal import console, errors, run, stop_on_signals, use_running_stack
from worker.embedded.process import ServiceError
from worker.roles.isolation import close_to_others
from worker.roles.own_secrets import forget_secrets, refuse_secrets_beyond, secrets_of
from worker.settings.base import load
from worker.settings.seal import SealSettings
from worker.telemetry.logs import log_to_stderr

log = logging.getLogger(__name__)


def run_seal(every: float | None, publish: str | None) -> None:
    """Seal once, or every so many minutes until Ctrl-C; exit with 1 when a sealed chain has become shorter."""
    close_to_others()
    own = secrets_of((SealSettings,))
    refuse_secrets_beyond(own, "the seal command")
    use_running_stack(own)
    settings = load(SealSettings)
    forget_secrets()
    log_to_stderr()
    whole = run(_once(settings, publish) if every is None else _again_and_again(settings, every * 60, publish))
    if not whole:
        raise typer.Exit(1)


async def _once(settings: SealSettings, publish: str | None) -> bool:
    engine = create_engine(settings.sealer_database_url.get_secret_value())
    try:
        made = await Sealer(engine, settings.keys, publisher(publish) if publish else None).seal()
    except DBAPIError as error:
        raise ServiceError(f"The database does not answer as it should: {error.orig}") from error
    finally:
        await engine.dispose()
    for line in _wrong(made):
        errors.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(f"Made {made.seals[-1]}: {made.seals[-1].count} actions.", highlight=False)
    return not _wrong(made)


async def _again_and_again(settings: SealSettings, seconds: float, publish: str | None) -> bool:
    stop = stop_on_signals()
    engine = create_engine(settings.sealer_database_url.get_secret_value())
    sealer = Sealer(engine, settings.keys, publisher(publish) if publish else None)
    whole = True
    try:
        while not stop.is_set():
            try:
                made = await sealer.seal()
            except DBAPIError as error:
                log.warning("Nothing was sealed: the database does not answer as it should: %s", error.orig)
            else:
                for line in _wrong(made):
                    log.error(line)
                whole = whole and not made.fallen
                log.info("Made %s: %s actions.", made.seals[-1], made.seals[-1].count)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)
    finally:
        await engine.dispose()
    return whole


def _wrong(made: Round) -> list[str]:
    return [*map(str, made.fallen), *([made.unpublished] if made.unpublished else [])]
