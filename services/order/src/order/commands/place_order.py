"""Place an order: for a won opportunity, or straight from a shop, an EDI message or a phone call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import CustomerId, ItemId, LineId, OpportunityId, QuoteId, new_id
from contracts.lines import OrderLine, Percent
from contracts.order import Channel, OrderPlaced
from contracts.values import Money, Quantity
from kit.database import Transaction
from kit.executor import Command
from kit.held import Row
from order.domain.line import LineInAnotherUnit, LineProgress
from order.domain.order import Order
from order.storage.copies import Customers, Items
from order.storage.orders import Orders


class WantedLine(BaseModel):
    """So many of an item at a price per unit, net of tax."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: ItemId
    quantity: Quantity
    unit_price: Money
    tax_percent: Percent = Decimal(0)
    description: Annotated[str, Field(max_length=300)] = ""


class PlaceOrder(Command):
    """An order of a customer. `customer_reference` is the customer's own order number: it comes once per customer."""

    customer_id: CustomerId
    lines: tuple[WantedLine, ...]
    channel: Channel = "phone"
    prepaid: bool = False
    customer_reference: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    ordered_on: date | None = None
    requested_on: date | None = None
    opportunity_id: OpportunityId | None = None
    quote_id: QuoteId | None = None


async def place_order(command: PlaceOrder, tx: Transaction) -> OrderPlaced:
    orders = Orders(tx)
    customer_id = await Customers(tx).resolve(command.customer_id)
    known = await Items(tx).known(line.item_id for line in command.lines)
    order = Order(
        number=await orders.next_number(),
        customer_id=customer_id,
        channel=command.channel,
        lines=[LineProgress.of(line) for line in order_lines(command.lines, known)],
        prepaid=command.prepaid,
        opportunity_id=command.opportunity_id,
        quote_id=command.quote_id,
        customer_reference=command.customer_reference,
        ordered_on=command.ordered_on or datetime.now(UTC).date(),
        requested_on=command.requested_on,
    )
    placed = order.place()
    await orders.add(order)
    return placed


def order_lines(wanted: Sequence[WantedLine], known: Mapping[ItemId, Row]) -> list[OrderLine]:
    """Lines with an id of their own and what is known of their items. Raises LineInAnotherUnit."""
    return [_order_line(line, known[line.item_id]) for line in wanted]


def _order_line(wanted: WantedLine, item: Row) -> OrderLine:
    if wanted.quantity.unit != item["unit"]:
        raise LineInAnotherUnit(
            f"{item['sku']} is counted in {item['unit']}, not in {wanted.quantity.unit}; convert it"
        )
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=wanted.item_id,
        sku=item["sku"],
        description=wanted.description or item["description"],
        quantity=wanted.quantity,
        unit_price=wanted.unit_price,
        tax_percent=wanted.tax_percent,
    )
