"""Transfer stock between warehouses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.errors import Malformed
from contracts.ids import ItemId, LotId, WarehouseId
from contracts.inventory import AvailabilityChanged, StockAdjusted
from contracts.values import Quantity
from inventory.commands.sharing import Shared, share_out_goods
from inventory.domain.issuing import LotNotHere, LotsRunShort
from inventory.domain.ledger import entries_of_transfer
from inventory.domain.lot import Lot
from inventory.storage.ledger import Ledger
from inventory.storage.lots import Lots
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock


class NothingMoves(Malformed):
    """A transfer goes from one warehouse to another."""


class TransferStock(Command):
    """Only what is available moves; the oldest lots, unless one is named. Serials are named with their lot.

    The part that moves is a lot of its own in the other warehouse, of the same number, age and cost.
    """

    item_id: ItemId
    from_warehouse_id: WarehouseId
    to_warehouse_id: WarehouseId
    quantity: Quantity
    lot_id: LotId | None = None
    serials: tuple[str, ...] = ()
    reason: Annotated[str, Field(min_length=1, max_length=300)] = "transfer between warehouses"


TransferTold = StockAdjusted | Shared | AvailabilityChanged


async def transfer_stock(command: TransferStock, tx: Transaction) -> tuple[TransferTold, ...]:
    if command.from_warehouse_id == command.to_warehouse_id:
        raise NothingMoves("name two different warehouses")
    await lock(tx, [command.item_id])
    stock = await Stock.load(tx, [command.item_id])
    stock.items[command.item_id].must_count(command.quantity)
    stock.level(command.item_id, command.from_warehouse_id).lose(command.quantity)
    stock.level(command.item_id, command.to_warehouse_id).receive(command.quantity)
    lots = Lots(tx)
    here = await lots.in_stock([command.item_id], command.from_warehouse_id)
    moves = [
        (lot, lot.move(part, command.to_warehouse_id, command.reason, command.serials))
        for lot, part in _choice(command, here)
    ]
    now = datetime.now(UTC)
    await lots.save_all(lot for lot, _ in moves)
    await lots.add_all([arrived for _, (_, _, arrived) in moves])
    await Ledger(tx).write([entry for _, (less, more, _) in moves for entry in entries_of_transfer(less, more, now)])
    adjusted = [event for _, (less, more, _) in moves for event in (less, more)]
    return (*adjusted, *await share_out_goods(tx, stock), *await stock.save())


def _choice(command: TransferStock, here: Sequence[Lot]) -> list[tuple[Lot, Quantity]]:
    """Which lots give how much: the named one, or else the oldest."""
    if command.lot_id is not None:
        for lot in here:
            if lot.lot_id == command.lot_id:
                return [(lot, command.quantity)]
        raise LotNotHere(f"lot {command.lot_id} is not a lot of this item in that warehouse; name another")
    missing, choice = command.quantity, list[tuple[Lot, Quantity]]()
    for lot in sorted(here, key=lambda lot: (lot.received_on, lot.lot_id)):
        part = min(missing, lot.usable)
        if part.is_positive:
            choice.append((lot, part))
            missing -= part
    if missing:
        raise LotsRunShort(f"{missing} are missing in released lots; transfer less")
    return choice
