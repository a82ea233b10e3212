"""Open a corrective action against what a nonconformance showed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.ids import NonconformanceId
from contracts.quality import CapaOpened
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import today
from quality.domain.capa import Capa
from quality.storage.capas import Capas
from quality.storage.nonconformances import Nonconformances


class OpenCapa(Command):
    """It must not happen again: the owner finds out why. `owner` is the name that the owner's token carries."""

    nonconformance_id: NonconformanceId
    title: Annotated[str, Field(min_length=1, max_length=200, examples=["Sockets must hold the bulb"])]
    owner: Annotated[str, Field(min_length=1, max_length=100, examples=["olga"])]
    opened_on: date | None = None


async def open_capa(command: OpenCapa, tx: Transaction) -> CapaOpened:
    found = await Nonconformances(tx).get(command.nonconformance_id)
    capas = Capas(tx)
    capa = Capa.against(
        found,
        number=await capas.next_number(),
        title=command.title,
        owner=command.owner,
        opened_on=command.opened_on or today(),
    )
    opened = capa.open()
    await capas.put(capa)
    return opened
