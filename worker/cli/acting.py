"""``--role auditor``: a process that offers nothing but what reads, and holds no secret but the auditor's."""

import os
from enum import StrEnum

import typer

from worker.cli.commands import Commands
from worker.cli.terminal import ROLE
from worker.roles.own_secrets import refuse_secrets_beyond, secrets_of
from worker.settings.audit import AuditorSettings

AUDITORS = "Auditors"
"""Panel of the commands that read: they are offered to the auditor's role, and no others."""


class Acting(StrEnum):
    """As whom the commands run, where not as anybody who may use this machine."""

    AUDITOR = "auditor"


def act_as(context: typer.Context, role: Acting | None) -> Acting | None:
    """Take the role on: raises SettingsError with anybody else's secrets at hand."""
    if role is not None and isinstance(context.command, Commands):
        os.environ[ROLE] = role.value
        refuse_secrets_beyond(secrets_of((AuditorSettings,)), f"the role {role.value}")
        context.command.offer_only(AUDITORS)
    return role
