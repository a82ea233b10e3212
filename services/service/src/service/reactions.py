"""Which event leads to what in the service service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.event import Event, Recorded
from contracts.inventory import ItemRegistered, ShipmentDispatched
from contracts.order import OrderPlaced
from contracts.quality import (
    CapaFoundIneffective,
    CapaImplemented,
    CapaOpened,
    CapaPlanned,
    CapaRootCauseIdentified,
    CapaVerifiedEffective,
    NonconformanceClosed,
    NonconformanceContained,
    NonconformanceDispositioned,
    NonconformanceRaised,
)
from kit.context import current_event
from kit.database import Transaction
from kit.reactions import Reactions
from service.commands.changed_case import changed_case
from service.domain.findings import QualityNews
from service.domain.shipped import shipped_units
from service.storage.cases import Cases
from service.storage.copies import Customers, Items, Orders
from service.storage.shipped import ShippedUnits

reactions = Reactions()

E = TypeVar("E", bound=Event)


def same_matter(news: QualityNews) -> list[UUID]:
    """All news that may be about one case name its nonconformance, or itself."""
    case_id = getattr(news, "case_id", None)
    return [news.nonconformance_id, *([] if case_id is None else [case_id])]


def both_customers(event: CustomersMerged) -> tuple[UUID, UUID]:
    return (event.customer_id, event.survivor_id)


@reactions.to(
    NonconformanceRaised,
    NonconformanceContained,
    NonconformanceDispositioned,
    NonconformanceClosed,
    CapaOpened,
    CapaRootCauseIdentified,
    CapaPlanned,
    CapaImplemented,
    CapaVerifiedEffective,
    CapaFoundIneffective,
    locks=same_matter,
)
async def show_on_case_what_quality_found(news: QualityNews, tx: Transaction) -> None:
    case_id = await Cases(tx).of_news(news)
    if case_id is None:
        return
    async with changed_case(case_id, tx) as case:
        case.hear(news, now=current_event().time)


@reactions.to(CustomerRegistered, CustomerProfileChanged)
async def remember_customer(event: CustomerRegistered | CustomerProfileChanged, tx: Transaction) -> None:
    await Customers(tx).remember(event)


@reactions.to(CustomersMerged, locks=both_customers)
async def move_cases_to_survivor(event: CustomersMerged, tx: Transaction) -> None:
    remains = await Customers(tx).merge(event.customer_id, event.survivor_id)
    await Cases(tx).move_to(remains, event.customer_id)


@reactions.feed(ShipmentDispatched)
async def remember_shipped_units(batch: Sequence[Recorded], tx: Transaction) -> None:
    units = [
        unit
        for recorded, event in zip(batch, _events(batch, ShipmentDispatched), strict=True)
        for unit in shipped_units(event, shipped_at=recorded.time)
    ]
    await ShippedUnits(tx).remember(units)


@reactions.feed(OrderPlaced)
async def remember_orders(batch: Sequence[Recorded], tx: Transaction) -> None:
    await Orders(tx).remember(_events(batch, OrderPlaced))


@reactions.feed(ItemRegistered)
async def remember_items(batch: Sequence[Recorded], tx: Transaction) -> None:
    await Items(tx).remember(_events(batch, ItemRegistered))


def _events(batch: Sequence[Recorded], kind: type[E]) -> list[E]:
    return [event for recorded in batch if isinstance(event := recorded.event(), kind)]
