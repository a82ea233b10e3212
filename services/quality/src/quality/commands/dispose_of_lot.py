"""Decide what becomes of a quarantined lot, or of a part of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.ids import LotId, NonconformanceId
from contracts.quality import Disposition, NonconformanceDispositioned
from contracts.values import Quantity
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import asking, changed_nonconformance, today


class DisposeOfLot(Command):
    """So many of the lot are used as they are, reworked, repaired, returned to the supplier or scrapped."""

    nonconformance_id: NonconformanceId
    lot_id: LotId
    quantity: Quantity
    disposition: Disposition
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    decided_on: date | None = None


async def dispose_of_lot(command: DisposeOfLot, tx: Transaction) -> NonconformanceDispositioned:
    async with changed_nonconformance(command.nonconformance_id, tx, command.expected_version) as found:
        return found.dispose(
            command.lot_id,
            command.quantity,
            command.disposition,
            command.reason,
            decided_by=asking(),
            decided_on=command.decided_on or today(),
        )
