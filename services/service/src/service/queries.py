"""What can be read of cases and shipped goods, from SQL straight into answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Column, ColumnElement, Row, Select, select
from sqlalchemy.engine import RowMapping

from contracts.ids import CaseId, CustomerId, ItemId, LineId, LotId, OrderId, ShipmentId
from contracts.service import CaseKind, Severity
from contracts.values import Quantity
from kit.auth import reads, requires
from kit.database import Transaction
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import STAFF, Principal, own_rows
from kit.problems import RESPONSES
from kit.routing import Reading, tag
from service.domain.case import SETTLED, CaseUnknown, HistoryEntry, Priority, Status
from service.domain.findings import CorrectiveAction, Finding
from service.storage.copies import Customers
from service.storage.shipped import belongs_to, carries, now_of, with_customers
from service.storage.tables import cases, customers, items, orders, shipped_units

Reader = Annotated[Principal, requires(*STAFF, "customer")]
router = APIRouter(tags=["cases"], responses=RESPONSES)

NOTED = "noted"
"""What the history calls a note; notes are for staff."""


class CaseAnswer(BaseModel):
    """A case, without what happened to it."""

    case_id: CaseId
    version: int
    number: str
    external_reference: str | None
    customer_id: CustomerId
    customer_name: str | None
    kind: CaseKind
    title: str
    description: str
    priority: Priority
    severity: Severity
    status: Status
    assignee: str | None
    waiting_reason: str | None
    resolution: str | None
    order_id: OrderId | None
    order_number: str | None
    line_id: LineId | None
    item_id: ItemId | None
    sku: str | None
    lot_ids: tuple[LotId, ...]
    serial: str | None
    nothing_named_because: str | None
    opened_at: datetime
    resolved_at: datetime | None
    closes_at: datetime | None
    reopen_until: datetime | None
    closed_at: datetime | None


class WholeCaseAnswer(CaseAnswer):
    """A case with its history, and with what quality found and did about it."""

    history: tuple[HistoryEntry, ...]
    findings: tuple[Finding, ...]
    actions: tuple[CorrectiveAction, ...]


class ShippedUnitAnswer(BaseModel):
    """So many of one lot (or of no lot) that left the house for an order line."""

    shipment_id: ShipmentId
    order_id: OrderId
    line_id: LineId
    item_id: ItemId
    sku: str | None
    customer_id: CustomerId
    customer_name: str | None
    quantity: Quantity
    lot_id: LotId | None
    lot_number: str | None
    serials: tuple[str, ...]
    shipped_at: datetime


@router.get("/cases")
async def list_cases(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    customer_id: UUID | None = None,
    order_id: UUID | None = None,
    item_id: UUID | None = None,
    status: Status | None = None,
    kind: CaseKind | None = None,
    priority: Priority | None = None,
    assignee: str | None = None,
    number: str | None = None,
    external_reference: str | None = None,
) -> Page[CaseAnswer]:
    """Cases by the time they came in. A customer sees its own; a merged customer's are its survivor's."""
    named = own_rows(reader) or (None if customer_id is None else CustomerId(customer_id))
    wanted: dict[Column[object], object | None] = {
        cases.c.customer_id: None if named is None else await Customers(tx).survivor_of(named),
        cases.c.order_id: order_id,
        cases.c.item_id: item_id,
        cases.c.status: status,
        cases.c.kind: kind,
        cases.c.priority: priority,
        cases.c.assignee: assignee,
        cases.c.number: number,
        cases.c.external_reference: external_reference,
    }
    filtered = _cases(_SHORT).where(*_equal(wanted))
    return await paged(tx, filtered, key=cases.c.case_id, row=_case, cursor=cursor, limit=limit)


@router.get("/worklist", dependencies=[reads()])
async def worklist(
    tx: Reading, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT, assignee: str | None = None
) -> Page[CaseAnswer]:
    """Cases that somebody has to look at: the most urgent first, the oldest first among the same."""
    open_ones = _cases([*_SHORT, cases.c.urgency]).where(cases.c.status.not_in([each.value for each in SETTLED]))
    filtered = open_ones.where(*_equal({cases.c.assignee: assignee}))
    return await paged(tx, filtered, key=(cases.c.urgency, cases.c.case_id), row=_case, cursor=cursor, limit=limit)


@router.get("/cases/{case_id}")
async def case_by_id(case_id: UUID, tx: Reading, reader: Reader, response: Response) -> WholeCaseAnswer:
    """A case with all that happened to it. What staff noted is shown to staff only."""
    own = own_rows(reader)
    row = await _row(tx, case_id, None if own is None else await Customers(tx).survivor_of(own))
    tag(response, row["version"])
    answer = WholeCaseAnswer(**row)
    if own is None:
        return answer
    return answer.model_copy(update={"history": tuple(each for each in answer.history if each.what != NOTED)})


@router.get("/shipped-units")
async def list_shipped_units(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    customer_id: UUID | None = None,
    order_id: UUID | None = None,
    line_id: UUID | None = None,
    shipment_id: UUID | None = None,
    item_id: UUID | None = None,
    lot_id: UUID | None = None,
    serial: str | None = None,
) -> Page[ShippedUnitAnswer]:
    """What was shipped: what a complaint can be about, and who has pieces of a lot. A customer sees its own."""
    named = own_rows(reader) or (None if customer_id is None else CustomerId(customer_id))
    wanted: dict[Column[object], object | None] = {
        shipped_units.c.order_id: order_id,
        shipped_units.c.line_id: line_id,
        shipped_units.c.shipment_id: shipment_id,
        shipped_units.c.item_id: item_id,
        shipped_units.c.lot_id: lot_id,
    }
    conditions = _equal(wanted)
    if named is not None:
        conditions.append(belongs_to(await Customers(tx).survivor_of(named)))
    if serial is not None:
        conditions.append(carries(serial))
    filtered = _units().where(*conditions)
    return await paged(tx, filtered, key=shipped_units.c.unit_id, row=_unit, cursor=cursor, limit=limit)


def _equal(wanted: dict[Column[object], object | None]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in wanted.items() if value is not None]


def _cases(columns: list[Column[object]]) -> Select[tuple[object, ...]]:
    """Cases with the names of what they are about."""
    named = (
        cases.outerjoin(customers, customers.c.customer_id == cases.c.customer_id)
        .outerjoin(orders, orders.c.order_id == cases.c.order_id)
        .outerjoin(items, items.c.item_id == cases.c.item_id)
    )
    names = (customers.c.name.label("customer_name"), orders.c.number.label("order_number"), items.c.sku)
    return select(*columns, *names).select_from(named)


async def _row(tx: Transaction, case_id: UUID, of: CustomerId | None) -> RowMapping:
    wanted = _cases([*_SHORT, cases.c.history, cases.c.findings, cases.c.actions]).where(cases.c.case_id == case_id)
    found = (await tx.execute(wanted)).mappings().first()
    if found is None or of not in (None, found["customer_id"]):
        raise CaseUnknown(f"there is no case {case_id}")
    return found


def _units() -> Select[tuple[object, ...]]:
    named = with_customers.outerjoin(items, items.c.item_id == shipped_units.c.item_id)
    names = (now_of.label("owner_id"), customers.c.name.label("customer_name"), items.c.sku)
    return select(shipped_units, *names).select_from(named)


def _case(row: Row[tuple[object, ...]]) -> CaseAnswer:
    return CaseAnswer(**row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _unit(row: Row[tuple[object, ...]]) -> ShippedUnitAnswer:
    found = row._mapping  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)
    return ShippedUnitAnswer(
        customer_id=found["owner_id"],
        quantity=Quantity(value=found["quantity"], unit=found["unit"]),
        **{name: found[name] for name in _PLAIN},
    )


_PLAIN = (
    "shipment_id", "order_id", "line_id", "item_id", "sku", "customer_name", "lot_id", "lot_number", "serials",
    "shipped_at",
)  # fmt: skip
_SHORT: list[Column[object]] = [column for column in cases.c if column.name in CaseAnswer.model_fields]
