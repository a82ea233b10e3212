"""The ledger of goods and the receipts: written once, in one statement, and never changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert

from contracts.inventory import GoodsReceived
from inventory.domain.goods_receipt import GoodsReceipt
from inventory.domain.ledger import Movement
from inventory.storage.tables import goods_receipts
from kit.bulk import Write, write_rows
from kit.database import Transaction
from kit.later import Insert


class Ledger:
    """What came and went."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def write(self, entries: Sequence[Movement]) -> None:
        await write_rows(self.tx, self.writing(entries))

    def writing(self, entries: Sequence[Movement]) -> Write:
        """What `write` writes, to be written together with something else."""
        return _WRITE, [_row(entry) for entry in entries]

    async def keep(self, receipt: GoodsReceipt, received: GoodsReceived) -> None:
        """The receipt as it was booked."""
        values = {
            "goods_receipt_id": receipt.goods_receipt_id,
            "warehouse_id": receipt.warehouse_id,
            "received_on": receipt.received_on,
            "purchase_order_id": receipt.purchase_order_id,
            "supplier": receipt.supplier,
            "lines": received.lines,
            "complete": received.complete,
        }
        _ = await self.tx.execute(insert(goods_receipts).values(values))


def _row(entry: Movement) -> tuple[object, ...]:
    return (
        entry.item_id,
        entry.warehouse_id,
        entry.lot_id,
        entry.kind.value,
        entry.quantity.value,
        entry.quantity.unit,
        entry.cost.amount,
        entry.cost.currency,
        entry.reason,
        entry.because_of,
        entry.moved_at,
    )


_WRITE = Insert("""
INSERT INTO movements (item_id, warehouse_id, lot_id, kind, quantity, unit, cost, currency, reason, because_of,
                       moved_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::text[], $7::numeric[],
                     $8::text[], $9::text[], $10::uuid[], $11::timestamptz[])
""")
