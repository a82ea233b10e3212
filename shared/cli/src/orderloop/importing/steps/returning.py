"""What customers gave back: a credit note on the invoice of the sale."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

from orderloop.http import Json
from orderloop.importing.journal import Did
from orderloop.importing.matching import wholly_taken_back
from orderloop.importing.records import Return
from orderloop.importing.steps.ordering import line_id, order_id
from orderloop.importing.troubles import RowRefused
from orderloop.importing.work import Work


async def import_returns(work: Work) -> None:
    """All but those of orders that were cancelled as a whole before they left."""
    cancelled = wholly_taken_back(work.batch)

    async def credited(back: Return) -> Did:
        return await _credit(work, back)

    returns = [back for back in work.batch.returns.values() if back.order not in cancelled]
    await work.each("credit notes", "return", returns, credited)


async def _credit(work: Work, back: Return) -> Did:
    line = line_id(work, back.order, back.line)
    if work.journal.did("shipping", back.order) is None:
        raise RowRefused("its order was not shipped, so that there is nothing to credit", back.order)
    invoice_id = await _invoice_with(work, order_id(work, back.order), line, back.quantity)
    body = {
        "lines": [{"line_id": line, "quantity": work.quantity(back.item, back.quantity)}],
        "reason": back.reason,
    }
    path = f"/invoices/{invoice_id}/credit-notes"
    answer = await work.send("finance", path, body, of=("return", back.key))
    return {"credit_note_id": answer.body["credit_note_id"]}


async def _invoice_with(work: Work, order: str, line: str, quantity: Decimal) -> str:
    """The invoice that charges that much on the line; waits until finance has heard of the shipment."""
    until = time.monotonic() + work.news_seconds
    while True:
        async for invoice in work.services.every("finance", "/invoices", order_id=order):
            if _charges(invoice, line, quantity):
                return invoice["invoice_id"]
        if time.monotonic() > until:
            raise RowRefused("no invoice charges that quantity", f"order {order}, line {line}")
        await asyncio.sleep(0.5)


def _charges(invoice: Json, line: str, quantity: Decimal) -> bool:
    return any(
        each["line_id"] == line and Decimal(str(each["quantity"]["value"])) >= quantity for each in invoice["lines"]
    )
