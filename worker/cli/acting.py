"""``--role auditor``: a process that offers nothing but what reads, and holds no secret but the auditor's."""

import os
from enum import StrEnum

import typer
from typer.core import TyperCommand, TyperGroup

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
    if role is not None and isinstance(context.command, TyperGroup):
        os.environ[ROLE] = role.value
        refuse_secrets_beyond(secrets_of((AuditorSettings,)), f"the role {role.value}")
        context.command.commands = {
            name: command
            for name, command in context.command.commands.items()
            if isinstance(command, TyperCommand) and command.rich_help_panel == AUDITORS
        }
    return role
