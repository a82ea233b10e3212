"""Keep lots from spreading what is wrong with them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.ids import ItemId, LotId, NonconformanceId
from contracts.quality import NonconformanceContained
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import changed_nonconformance
from quality.storage.copies import Goods


class ContainLots(Command):
    """These lots are to be quarantined; inventory answers how much of each there is. The same again changes nothing."""

    nonconformance_id: NonconformanceId
    lot_ids: Annotated[tuple[LotId, ...], Field(min_length=1, max_length=100)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    item_id: ItemId | None = None


async def contain_lots(command: ContainLots, tx: Transaction) -> NonconformanceContained | None:
    item_id = await Goods(tx).item_of(command.lot_ids, command.item_id)
    async with changed_nonconformance(command.nonconformance_id, tx, command.expected_version) as found:
        return found.contain(command.lot_ids, command.reason, item_id=item_id)
