"""Say that a corrective action was done."""

from __future__ import annotations

from datetime import date

from contracts.ids import CapaId
from contracts.quality import CapaImplemented
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import changed_capa, today


class ImplementCapa(Command):
    """The window of observation begins on that day."""

    capa_id: CapaId
    implemented_on: date | None = None


async def implement_capa(command: ImplementCapa, tx: Transaction) -> CapaImplemented:
    async with changed_capa(command.capa_id, tx, command.expected_version) as capa:
        return capa.implement(command.implemented_on or today(), today=today())
