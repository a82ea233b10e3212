"""What becomes of quarantined goods: they are good again, or gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import LotId, NonconformanceId
from contracts.inventory import AvailabilityChanged, LotReleased, StockAdjusted
from contracts.quality import Disposition
from contracts.values import Quantity
from inventory.commands.sharing import Shared, share_out_goods
from inventory.domain.ledger import entry_of_adjustment
from inventory.storage.ledger import Ledger
from inventory.storage.lots import Lots
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock

Reason = Annotated[str, Field(min_length=1, max_length=300)]
DispositionTold = LotReleased | StockAdjusted | Shared | AvailabilityChanged


class DisposeLot(Command):
    """So much of what is quarantined is good again (use_as_is, rework, repair), or gone (scrap, return_to_supplier).

    Without a quantity it is all that is quarantined.
    """

    lot_id: LotId
    disposition: Disposition
    quantity: Quantity | None = None
    reason: Reason
    serials: tuple[str, ...] = ()
    nonconformance_id: NonconformanceId | None = None


class ReleaseLot(Command):
    """So much of what is quarantined is good; without a quantity, all of it."""

    lot_id: LotId
    quantity: Quantity | None = None
    reason: Reason


class ScrapLot(Command):
    """So much of what is quarantined is thrown away; without a quantity, all of it."""

    lot_id: LotId
    quantity: Quantity | None = None
    reason: Reason
    serials: tuple[str, ...] = ()


async def dispose_lot(command: DisposeLot, tx: Transaction) -> tuple[DispositionTold, ...]:
    lots = Lots(tx)
    item_id = await lots.item_of(command.lot_id)
    await lock(tx, [item_id])
    lot = await lots.get(command.lot_id, command.expected_version)
    stock = await Stock.load(tx, [item_id])
    quantity = lot.quarantined if command.quantity is None else command.quantity
    told = lot.dispose(command.disposition, quantity, command.reason, command.nonconformance_id, command.serials)
    level = stock.level(item_id, lot.warehouse_id)
    if isinstance(told, StockAdjusted):
        await Ledger(tx).write([entry_of_adjustment(told, datetime.now(UTC))])
        level.scrap(quantity)
    else:
        level.clear(quantity)
    await lots.save(lot)
    return (told, *await share_out_goods(tx, stock), *await stock.save())


async def release_lot(command: ReleaseLot, tx: Transaction) -> tuple[DispositionTold, ...]:
    return await dispose_lot(_as_disposition(command, "use_as_is"), tx)


async def scrap_lot(command: ScrapLot, tx: Transaction) -> tuple[DispositionTold, ...]:
    return await dispose_lot(_as_disposition(command, "scrap"), tx)


def _as_disposition(command: ReleaseLot | ScrapLot, disposition: Disposition) -> DisposeLot:
    return DisposeLot(
        lot_id=command.lot_id,
        disposition=disposition,
        quantity=command.quantity,
        reason=command.reason,
        serials=command.serials if isinstance(command, ScrapLot) else (),
        expected_version=command.expected_version,
    )
