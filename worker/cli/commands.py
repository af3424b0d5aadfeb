"""The commands that there are: the engine's own, and those that businesses bring."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from leverframe import business


class Commands(TyperGroup):
    """Runs code of a business only where one of its commands, or the list of all, is asked for.

    Each role's process is begun by a command of the engine, and holds what no business's code should come near.
    """

    _whole = False

    def offer_only(self, panel: str) -> None:
        """Of the engine's own commands those of a panel, and no others."""
        self._whole = True
        self.commands = {
            name: command
            for name, command in self.commands.items()
            if isinstance(command, TyperCommand) and command.rich_help_panel == panel
        }

    def list_commands(self, ctx: Any) -> list[str]:
        self._add_theirs()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self._add_theirs()
        return super().get_command(ctx, cmd_name)

    def _add_theirs(self) -> None:
        if self._whole:
            return
        self._whole = True
        theirs = typer.Typer()
        for _, entry in business.parts("commands"):
            entry.load()(theirs)
        for name, command in get_group(theirs).commands.items():
            # A name of the engine's stays the engine's.
            self.commands.setdefault(name, command)
