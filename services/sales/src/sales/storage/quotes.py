"""Quotes: one row each, with the current offer and the earlier revisions as documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import RowMapping

from contracts.ids import CustomerId, QuoteId
from kit.database import Transaction
from kit.storage import Rows
from sales.domain.quote import Quote, Status
from sales.storage.tables import quote_number, quotes

_COLUMNS = (
    "number", "opportunity_id", "customer_id", "offer", "customer_reference", "revision", "sent_on", "decided_on",
    "reason", "earlier",
)  # fmt: skip


_NEXT_NUMBER = select(quote_number.next_value())

_SET_ONCE = {"number", "opportunity_id"}
"""What no change of a quote touches: it is written when the quote is added."""


class Quotes:
    """The quotes of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, quotes, quotes.c.quote_id, "quote")

    async def get(self, quote_id: QuoteId, expected_version: int | None = None) -> Quote:
        """Raises NotFound, VersionMismatch."""
        return quote_of(await self.rows.load(quote_id, expected_version))

    async def add(self, quote: Quote) -> None:
        quote.version = await self.rows.add(quote.quote_id, _values(quote))

    async def save(self, quote: Quote) -> None:
        quote.version = await self.rows.save(quote.quote_id, quote.version, _changing(quote))

    async def next_number(self) -> str:
        return f"Q-{await self.tx.scalar(_NEXT_NUMBER):07d}"

    async def lapsed(self, today: date, limit: int) -> list[Quote]:
        """Sent quotes whose last day has passed, locked; those that someone else decides about now are left out."""
        late = select(quotes).where(quotes.c.status == Status.SENT.value, quotes.c.valid_until < today)
        found = await self.tx.execute(
            late.order_by(quotes.c.valid_until).limit(limit).with_for_update(skip_locked=True)
        )
        return [quote_of(row) for row in found.mappings()]

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names a merged customer now names the survivor."""
        values = {"customer_id": survivor_id, "version": quotes.c.version + 1}
        await self.tx.execute(update(quotes).where(quotes.c.customer_id == merged_id).values(values))


def quote_of(row: RowMapping) -> Quote:
    return Quote(
        quote_id=row["quote_id"],
        version=row["version"],
        status=Status(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(quote: Quote) -> Mapping[str, Any]:  # Any: column values
    return {
        "status": quote.status.value,
        "valid_until": quote.offer.valid_until,
        **{name: getattr(quote, name) for name in _COLUMNS},
    }


def _changing(quote: Quote) -> Mapping[str, Any]:  # Any: column values
    return {name: value for name, value in _values(quote).items() if name not in _SET_ONCE}
