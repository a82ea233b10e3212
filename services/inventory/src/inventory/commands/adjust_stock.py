"""Adjust stock after a count: more was found, or less."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import LotId
from contracts.inventory import AvailabilityChanged, StockAdjusted
from contracts.values import Quantity
from inventory.commands.sharing import share_out_goods
from inventory.commands.withdrawing import WithdrawalTold, tell_withdrawn, withdraw_reservations
from inventory.domain.ledger import entry_of_adjustment
from inventory.domain.lot import Lot
from inventory.storage.ledger import Ledger
from inventory.storage.lots import Lots
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock

Reason = Annotated[str, Field(min_length=1, max_length=300)]


class AdjustStock(Command):
    """So many more of a lot are there than we knew of, or less when the quantity is negative.

    When more was promised than is left, the newest orders lose their reservations and wait again.
    """

    lot_id: LotId
    quantity: Quantity
    reason: Reason
    serials: tuple[str, ...] = ()


AdjustmentTold = StockAdjusted | WithdrawalTold | AvailabilityChanged


async def adjust_stock(command: AdjustStock, tx: Transaction) -> tuple[AdjustmentTold, ...]:
    lots = Lots(tx)
    item_id = await lots.item_of(command.lot_id)
    await lock(tx, [item_id])
    lot = await lots.get(command.lot_id, command.expected_version)
    stock = await Stock.load(tx, [item_id])
    found = command.quantity.is_positive
    adjusted, told = await (_find(command, tx, lot, stock) if found else _lose(command, tx, lot, stock))
    await lots.save(lot)
    await Ledger(tx).write([entry_of_adjustment(adjusted, datetime.now(UTC))])
    return (adjusted, *told, *await stock.save())


async def _find(
    command: AdjustStock, tx: Transaction, lot: Lot, stock: Stock
) -> tuple[StockAdjusted, tuple[WithdrawalTold, ...]]:
    stock.items[lot.item_id].must_count(command.quantity)
    adjusted = lot.find(command.quantity, command.reason, command.serials)
    stock.level(lot.item_id, lot.warehouse_id).receive(command.quantity)
    return adjusted, await share_out_goods(tx, stock)


async def _lose(
    command: AdjustStock, tx: Transaction, lot: Lot, stock: Stock
) -> tuple[StockAdjusted, tuple[WithdrawalTold, ...]]:
    quantity = Quantity.zero(command.quantity.unit) - command.quantity
    stock.items[lot.item_id].must_count(quantity)
    adjusted = lot.lose(quantity, command.reason, command.serials)
    here = (lot.item_id, lot.warehouse_id)
    withdrawn = await withdraw_reservations(tx, stock, {here: quantity}, command.reason)
    stock.level(*here).lose(quantity)
    return adjusted, await tell_withdrawn(tx, stock, withdrawn)
