"""Quarantine lots: by hand, or because quality contains a nonconformance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field

from contracts.ids import LotId, NonconformanceId
from contracts.inventory import AvailabilityChanged, LotQuarantined
from contracts.values import Quantity
from inventory.commands.withdrawing import WithdrawalTold, tell_withdrawn, withdraw_reservations
from inventory.domain.lot import Lot
from inventory.storage.lots import Lots
from inventory.storage.stock import Key, Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock

QuarantineTold = LotQuarantined | WithdrawalTold | AvailabilityChanged


class QuarantineLot(Command):
    """Nothing of the lot may be promised or picked until it is released or scrapped."""

    lot_id: LotId
    reason: Annotated[str, Field(min_length=1, max_length=300)]


async def quarantine_lot(command: QuarantineLot, tx: Transaction) -> tuple[QuarantineTold, ...]:
    lots = Lots(tx)
    await lock(tx, [await lots.item_of(command.lot_id)])
    lot = await lots.get(command.lot_id, command.expected_version)
    return await _set_aside(tx, [lot], command.reason, None)


async def contain_lots(
    tx: Transaction, lot_ids: Sequence[LotId], reason: str, nonconformance_id: NonconformanceId
) -> tuple[QuarantineTold, ...]:
    """Quarantine lots and what of them was moved to other warehouses; each is answered, with zero if nothing is left.

    The caller holds the locks of their items as far as it knows them.
    """
    lots = Lots(tx)
    await lock(tx, {lot.item_id for lot in (await lots.named(lot_ids)).values()})
    return await _set_aside(tx, await lots.families(lot_ids), reason, nonconformance_id)


async def _set_aside(
    tx: Transaction, lots: Sequence[Lot], reason: str, nonconformance_id: NonconformanceId | None
) -> tuple[QuarantineTold, ...]:
    stock = await Stock.load(tx, {lot.item_id for lot in lots})
    told = [lot.quarantine(reason, nonconformance_id) for lot in lots]
    changed = [lot for lot, each in zip(lots, told, strict=True) if each.quantity]
    wanted = _by_place((lot, each.quantity) for lot, each in zip(lots, told, strict=True) if each.quantity)
    withdrawn = await withdraw_reservations(tx, stock, wanted, reason)
    for key, quantity in wanted.items():
        stock.level(*key).quarantine(quantity)
    await Lots(tx).save_all(changed)
    return (*told, *await tell_withdrawn(tx, stock, withdrawn), *await stock.save())


def _by_place(parts: Iterable[tuple[Lot, Quantity]]) -> dict[Key, Quantity]:
    wanted: dict[Key, Quantity] = {}
    for lot, quantity in parts:
        key = (lot.item_id, lot.warehouse_id)
        wanted[key] = wanted[key] + quantity if key in wanted else quantity
    return wanted
