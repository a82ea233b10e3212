"""What can be read of nonconformances and corrective actions, from SQL straight into answers. For staff only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Column, ColumnElement, Row, Select, select
from sqlalchemy.engine import RowMapping

from contracts.ids import CapaId, CaseId, CustomerId, ItemId, LineId, LotId, NonconformanceId, OrderId
from contracts.service import Severity
from contracts.values import Quantity
from kit.auth import reads
from kit.database import Transaction
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.problems import RESPONSES
from kit.routing import Reading, tag
from quality.domain.capa import Attempt, CapaUnknown
from quality.domain.capa import Status as CapaStatus
from quality.domain.nonconformance import Decision, NonconformanceUnknown, Status
from quality.storage.capas import capa_of
from quality.storage.copies import Customers
from quality.storage.nonconformances import nonconformance_of
from quality.storage.tables import capas, cases, customers, items, nonconformances

router = APIRouter(tags=["quality"], responses=RESPONSES, dependencies=[reads()])


class ContainedLotAnswer(BaseModel):
    """A contained lot; the quantities are unknown until inventory has quarantined it."""

    lot_id: LotId
    lot_number: str
    quarantined: Quantity | None
    remaining: Quantity | None
    """What still needs a disposition."""


class NonconformanceAnswer(BaseModel):
    """Something that does not meet its requirement, and what was decided about it."""

    nonconformance_id: NonconformanceId
    version: int
    number: str
    title: str
    severity: Severity
    status: Status
    raised_on: date
    closed_because: str | None
    customer_id: CustomerId | None
    customer_name: str | None
    case_id: CaseId | None
    case_number: str | None
    order_id: OrderId | None
    line_id: LineId | None
    item_id: ItemId | None
    sku: str | None
    lot_ids: tuple[LotId, ...]
    """The lots under suspicion, as they were named."""
    contained: list[ContainedLotAnswer]
    decisions: tuple[Decision, ...]


class CapaAnswer(BaseModel):
    """A corrective action: cause, plan, implementation, proof, and what was tried before."""

    capa_id: CapaId
    version: int
    number: str
    nonconformance_id: NonconformanceId
    nonconformance_number: str
    title: str
    owner: str
    status: CapaStatus
    opened_on: date
    customer_id: CustomerId | None
    customer_name: str | None
    case_id: CaseId | None
    order_id: OrderId | None
    item_id: ItemId | None
    sku: str | None
    root_cause: str | None
    action: str | None
    metric: str | None
    window_days: int | None
    planned_on: date | None
    implemented_on: date | None
    observe_until: date | None
    due: bool
    """The window is over: somebody other than the owner is to verify it."""
    verifier: str | None
    verified_on: date | None
    attempts: tuple[Attempt, ...]


class WholeNonconformanceAnswer(NonconformanceAnswer):
    """A nonconformance with the corrective actions against it."""

    capas: list[CapaAnswer]


@router.get("/nonconformances")
async def list_nonconformances(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    item_id: UUID | None = None,
    lot_id: UUID | None = None,
    case_id: UUID | None = None,
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    status: Status | None = None,
    severity: Severity | None = None,
) -> Page[NonconformanceAnswer]:
    """Nonconformances by the time they were raised. `lot_id` finds suspected and contained lots."""
    table = nonconformances.c
    wanted: dict[Column[object], object | None] = {
        table.item_id: item_id,
        table.case_id: case_id,
        table.order_id: order_id,
        table.customer_id: await _remaining(tx, customer_id),
        table.status: status,
        table.severity: severity,
    }
    lot = [] if lot_id is None else [table.lots.contains([lot_id])]
    filtered = _nonconformances().where(*_equal(wanted), *lot)
    return await paged(tx, filtered, key=table.nonconformance_id, row=_paged_one, cursor=cursor, limit=limit)


@router.get("/nonconformances/{nonconformance_id}")
async def nonconformance_by_id(nonconformance_id: UUID, tx: Reading, response: Response) -> WholeNonconformanceAnswer:
    """A nonconformance with its corrective actions."""
    wanted = _nonconformances().where(nonconformances.c.nonconformance_id == nonconformance_id)
    row = (await tx.execute(wanted)).mappings().first()
    if row is None:
        raise NonconformanceUnknown(f"there is no nonconformance {nonconformance_id}")
    against = _capas().where(capas.c.nonconformance_id == nonconformance_id).order_by(capas.c.capa_id)
    found = (await tx.execute(against)).mappings()
    tag(response, row["version"])
    return WholeNonconformanceAnswer(**vars(_nonconformance(row)), capas=[_capa(each) for each in found])


@router.get("/capas")
async def list_capas(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    nonconformance_id: UUID | None = None,
    item_id: UUID | None = None,
    case_id: UUID | None = None,
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    status: CapaStatus | None = None,
    owner: str | None = None,
    due: bool = False,
) -> Page[CapaAnswer]:
    """Corrective actions by the time they were opened. With `due=true` those whose window is over, to be verified."""
    table = capas.c
    wanted: dict[Column[object], object | None] = {
        table.nonconformance_id: nonconformance_id,
        table.item_id: item_id,
        table.case_id: case_id,
        table.order_id: order_id,
        table.customer_id: await _remaining(tx, customer_id),
        table.status: status,
        table.owner: owner,
    }
    over = [table.status == CapaStatus.IMPLEMENTED.value, table.observe_until < _today()] if due else []
    filtered = _capas().where(*_equal(wanted), *over)
    return await paged(tx, filtered, key=table.capa_id, row=_paged_capa, cursor=cursor, limit=limit)


@router.get("/capas/{capa_id}")
async def capa_by_id(capa_id: UUID, tx: Reading, response: Response) -> CapaAnswer:
    row = (await tx.execute(_capas().where(capas.c.capa_id == capa_id))).mappings().first()
    if row is None:
        raise CapaUnknown(f"there is no corrective action {capa_id}")
    tag(response, row["version"])
    return _capa(row)


async def _remaining(tx: Transaction, customer_id: UUID | None) -> CustomerId | None:
    return None if customer_id is None else await Customers(tx).survivor_of(CustomerId(customer_id))


def _equal(wanted: Mapping[Column[object], object | None]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in wanted.items() if value is not None]


def _nonconformances() -> Select[tuple[object, ...]]:
    named = (
        nonconformances.outerjoin(customers, customers.c.customer_id == nonconformances.c.customer_id)
        .outerjoin(items, items.c.item_id == nonconformances.c.item_id)
        .outerjoin(cases, cases.c.case_id == nonconformances.c.case_id)
    )
    names = (customers.c.name.label("customer_name"), cases.c.number.label("case_number"), items.c.sku)
    return select(nonconformances, *names).select_from(named)


def _capas() -> Select[tuple[object, ...]]:
    named = (
        capas.join(nonconformances, nonconformances.c.nonconformance_id == capas.c.nonconformance_id)
        .outerjoin(customers, customers.c.customer_id == capas.c.customer_id)
        .outerjoin(items, items.c.item_id == capas.c.item_id)
    )
    number = nonconformances.c.number.label("nonconformance_number")
    return select(capas, number, customers.c.name.label("customer_name"), items.c.sku).select_from(named)


def _nonconformance(row: RowMapping) -> NonconformanceAnswer:
    found = nonconformance_of(row)
    lots = [
        ContainedLotAnswer(
            lot_id=lot.lot_id,
            lot_number=lot.lot_number,
            quarantined=lot.quantity,
            remaining=found.remaining(lot.lot_id),
        )
        for lot in found.contained
    ]
    names = {name: row[name] for name in ("customer_name", "case_number", "sku")}
    rest = {name: value for name, value in vars(found).items() if name != "contained"}
    return NonconformanceAnswer(contained=lots, **names, **rest)


def _capa(row: RowMapping) -> CapaAnswer:
    capa = capa_of(row)
    names = {name: row[name] for name in ("nonconformance_number", "customer_name", "sku")}
    return CapaAnswer(**vars(capa), **names, due=capa.window_is_over(_today()))


def _paged_one(row: Row[tuple[object, ...]]) -> NonconformanceAnswer:
    return _nonconformance(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _paged_capa(row: Row[tuple[object, ...]]) -> CapaAnswer:
    return _capa(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _today() -> date:
    return datetime.now(UTC).date()
