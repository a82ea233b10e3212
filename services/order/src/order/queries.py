"""What can be read of orders, from SQL straight into answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import CustomerId, HoldId, InvoiceId, ItemId, LineId, OpportunityId, OrderId, QuoteId, ShipmentId
from contracts.lines import LineQuantity
from contracts.order import Channel, HoldKind
from contracts.values import Money
from kit.auth import requires
from kit.database import Transaction
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import STAFF, Principal, own_rows
from kit.problems import RESPONSES
from kit.routing import Reading, tag
from order.domain.fulfilment import Wait
from order.domain.line import LineProgress
from order.domain.order import Order
from order.domain.promise import Status
from order.storage.copies import Customers
from order.storage.orders import order_of
from order.storage.tables import orders

Reader = Annotated[Principal, requires(*STAFF, "customer")]
router = APIRouter(tags=["orders"], responses=RESPONSES)


class LineAnswer(BaseModel):
    """A line and where its quantity is, in the line's unit."""

    line_id: LineId
    item_id: ItemId
    sku: str
    description: str
    unit: str
    unit_price: Money
    tax_percent: Decimal
    ordered: Decimal
    pending: Decimal
    backordered: Decimal
    reserved: Decimal
    picking: Decimal
    shipped: Decimal
    cancelled: Decimal
    requested_on: date | None
    promised_on: date | None


class HoldAnswer(BaseModel):
    """Something that stands, or stood, in the order's way."""

    hold_id: HoldId
    kind: HoldKind
    reason: str
    stands: bool
    released_because: str | None


class DeliveryAnswer(BaseModel):
    """What became of one shipment."""

    shipment_id: ShipmentId
    lines: tuple[LineQuantity, ...]
    delivered: bool
    invoice_id: InvoiceId | None
    paid: bool


class FulfilmentAnswer(BaseModel):
    """What the order waits for, since when, and until when that is normal."""

    order_id: OrderId
    waiting_for: Wait
    since: datetime
    until: datetime | None
    stuck: bool


class OrderAnswer(BaseModel):
    """An order."""

    order_id: OrderId
    version: int
    number: str
    status: Status
    customer_id: CustomerId
    channel: Channel
    total: Money
    prepaid: bool
    customer_reference: str | None
    opportunity_id: OpportunityId | None
    quote_id: QuoteId | None
    ordered_on: date
    requested_on: date | None
    confirmed: bool
    lines: list[LineAnswer]
    holds: list[HoldAnswer]
    deliveries: list[DeliveryAnswer]
    fulfilment: FulfilmentAnswer


class LineProof(BaseModel):
    """Ordered, and the sum of where it is."""

    line_id: LineId
    ordered: Decimal
    accounted_for: Decimal
    holds: bool


class Proof(BaseModel):
    """That no quantity of the order was made or lost."""

    order_id: OrderId
    holds: bool
    lines: list[LineProof]


@router.get("/orders")
async def list_orders(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    customer_id: UUID | None = None,
    status: Status | None = None,
    opportunity_id: UUID | None = None,
    customer_reference: str | None = None,
    waiting_for: Wait | None = None,
) -> Page[OrderAnswer]:
    """Orders by the time they were placed. A customer sees its own; a merged customer's are its survivor's."""
    named = own_rows(reader) or (None if customer_id is None else CustomerId(customer_id))
    wanted: dict[ColumnElement[object], object | None] = {
        orders.c.customer_id: None if named is None else await Customers(tx).survivor_of(named),
        orders.c.status: status,
        orders.c.opportunity_id: opportunity_id,
        orders.c.customer_reference: customer_reference,
        orders.c.waiting_for: waiting_for,
    }
    filtered = select(orders).where(*(column == value for column, value in wanted.items() if value is not None))
    return await paged(tx, filtered, key=orders.c.order_id, row=_paged, cursor=cursor, limit=limit)


@router.get("/orders/{order_id}")
async def order_by_id(order_id: UUID, tx: Reading, reader: Reader, response: Response) -> OrderAnswer:
    row = await _row(tx, order_id, reader)
    tag(response, row["version"])
    return _answer(row)


@router.get("/orders/{order_id}/fulfilment")
async def fulfilment_of_order(order_id: UUID, tx: Reading, reader: Reader) -> FulfilmentAnswer:
    """What the order waits for, since when, until when."""
    return _fulfilment(await _row(tx, order_id, reader))


@router.get("/orders/{order_id}/proof")
async def proof_of_order(order_id: UUID, tx: Reading, reader: Reader) -> Proof:
    """Per line: ordered = pending + asked + backordered + reserved + picking + shipped + cancelled."""
    order = order_of(await _row(tx, order_id, reader))
    lines = [
        LineProof(
            line_id=line.line_id,
            ordered=line.ordered,
            accounted_for=line.open + line.shipped + line.cancelled,
            holds=line.is_conserved,
        )
        for line in order.lines
    ]
    return Proof(order_id=order.order_id, holds=all(line.holds for line in lines), lines=lines)


async def _row(tx: Transaction, order_id: UUID, reader: Principal) -> RowMapping:
    found = (await tx.execute(select(orders).where(orders.c.order_id == order_id))).mappings().first()
    own = own_rows(reader)
    if found is None or (own is not None and found["customer_id"] != await Customers(tx).survivor_of(own)):
        raise NotFound(f"there is no order {order_id}")
    return found


def _paged(row: Row[tuple[object, ...]]) -> OrderAnswer:
    return _answer(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _answer(row: RowMapping) -> OrderAnswer:
    order = order_of(row)
    return OrderAnswer(
        total=order.total,
        status=order.status,
        lines=[_line(order, line) for line in order.lines],
        holds=[HoldAnswer(stands=hold.stands, **vars(hold)) for hold in order.holds],
        deliveries=[DeliveryAnswer(**vars(each)) for each in order.deliveries],
        fulfilment=_fulfilment(row),
        **{name: row[name] for name in _PLAIN},
    )


def _line(order: Order, line: LineProgress) -> LineAnswer:
    return LineAnswer(
        **line.line.model_dump(include={"line_id", "item_id", "sku", "description", "tax_percent"}),
        unit=line.line.quantity.unit,
        unit_price=line.line.unit_price,
        ordered=line.ordered,
        pending=line.pending + line.asked,
        backordered=line.backordered,
        reserved=line.reserved,
        picking=line.picking,
        shipped=line.shipped,
        cancelled=line.cancelled,
        requested_on=order.requested_on,
        promised_on=line.promised_on,
    )


def _fulfilment(row: RowMapping) -> FulfilmentAnswer:
    return FulfilmentAnswer(
        order_id=row["order_id"],
        waiting_for=Wait(row["waiting_for"]),
        since=row["waiting_since"],
        until=row["waiting_until"],
        stuck=row["told_stuck"],
    )


_PLAIN = (
    "order_id", "version", "number", "customer_id", "channel", "prepaid", "customer_reference", "opportunity_id",
    "quote_id", "ordered_on", "requested_on", "confirmed",
)  # fmt: skip
