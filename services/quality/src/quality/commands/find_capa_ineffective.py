"""Say that a corrective action has not worked; by hand, or because of a complaint."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.ids import CapaId
from contracts.quality import CapaFoundIneffective
from contracts.service import ComplaintFiled
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import changed_capa, today
from quality.storage.capas import Capas


class FindCapaIneffective(Command):
    """It happened again, or the check failed: the search for the cause starts anew, what was tried is kept."""

    capa_id: CapaId
    reason: Annotated[str, Field(min_length=1, max_length=500)]


async def find_capa_ineffective(command: FindCapaIneffective, tx: Transaction) -> CapaFoundIneffective:
    async with changed_capa(command.capa_id, tx, command.expected_version) as capa:
        return capa.find_ineffective(command.reason, today=today())


async def find_ineffective_by_complaint(
    filed: ComplaintFiled, filed_on: date, tx: Transaction
) -> tuple[CapaFoundIneffective, ...]:
    """A repeat inside the window says it by itself, for every action about the item that is being watched."""
    if filed.item_id is None:
        return ()
    capas = Capas(tx)
    reopened: list[CapaFoundIneffective] = []
    for capa in await capas.watched(filed.item_id, filed_on):
        if (event := capa.hear_complaint(filed, filed_on=filed_on)) is not None:
            await capas.put(capa)
            reopened.append(event)
    return tuple(reopened)
