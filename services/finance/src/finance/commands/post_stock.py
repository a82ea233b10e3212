"""Post what stock that came in, was found or was lost is worth."""

from __future__ import annotations

from contracts.inventory import GoodsReceived, StockAdjusted
from finance.commands.booking import day_of_event
from finance.domain import postings
from finance.storage import journal
from kit.database import Transaction


async def post_receipt(received: GoodsReceived, tx: Transaction) -> None:
    entry = postings.for_receipt(received, day_of_event())
    await journal.post(tx, [] if entry is None else [entry])


async def post_adjustment(adjusted: StockAdjusted, tx: Transaction) -> None:
    entry = postings.for_adjustment(adjusted, day_of_event())
    await journal.post(tx, [] if entry is None else [entry])
