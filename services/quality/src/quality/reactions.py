"""Which event leads to what in the quality service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.event import Event, Recorded
from contracts.inventory import GoodsReceived, ItemRegistered, LotQuarantined
from contracts.quality import CapaFoundIneffective, NonconformanceContained, NonconformanceRaised
from contracts.service import CaseOpened, ComplaintFiled
from kit.context import current_event
from kit.database import Transaction
from kit.reactions import Reactions
from quality.commands.changed import changed_nonconformance
from quality.commands.find_capa_ineffective import find_ineffective_by_complaint
from quality.commands.raise_nonconformance import raise_for_complaint
from quality.storage.capas import Capas
from quality.storage.copies import Cases, Customers, Goods
from quality.storage.nonconformances import Nonconformances

reactions = Reactions()

E = TypeVar("E", bound=Event)


def named_in_complaint(filed: ComplaintFiled) -> list[UUID]:
    """The item stands for its corrective actions; the customer is locked so that it is not merged meanwhile."""
    return [filed.case_id, filed.customer_id, *([] if filed.item_id is None else [filed.item_id])]


def nonconformance_of(event: LotQuarantined) -> list[UUID]:
    return [] if event.nonconformance_id is None else [event.nonconformance_id]


def both_customers(event: CustomersMerged) -> tuple[UUID, UUID]:
    return (event.customer_id, event.survivor_id)


@reactions.to(ComplaintFiled, locks=named_in_complaint)
async def raise_nonconformance_for_complaint(
    filed: ComplaintFiled, tx: Transaction
) -> tuple[NonconformanceRaised | NonconformanceContained, ...]:
    return await raise_for_complaint(filed, current_event().time.date(), tx)


@reactions.to(ComplaintFiled, locks=named_in_complaint)
async def reopen_capas_after_repeat_complaint(
    filed: ComplaintFiled, tx: Transaction
) -> tuple[CapaFoundIneffective, ...]:
    return await find_ineffective_by_complaint(filed, current_event().time.date(), tx)


@reactions.to(LotQuarantined, locks=nonconformance_of)
async def take_over_quarantined_quantity(event: LotQuarantined, tx: Transaction) -> None:
    """A lot that inventory quarantined for reasons of its own is not ours to decide upon."""
    if event.nonconformance_id is None:
        return
    async with changed_nonconformance(event.nonconformance_id, tx) as found:
        found.confirm_quarantine(event)


@reactions.to(CustomerRegistered, CustomerProfileChanged)
async def remember_customer(event: CustomerRegistered | CustomerProfileChanged, tx: Transaction) -> None:
    await Customers(tx).remember(event)


@reactions.to(CustomersMerged, locks=both_customers)
async def move_findings_to_survivor(event: CustomersMerged, tx: Transaction) -> None:
    remains = await Customers(tx).merge(event.customer_id, event.survivor_id)
    await Nonconformances(tx).move_to(remains, event.customer_id)
    await Capas(tx).move_to(remains, event.customer_id)


@reactions.feed(CaseOpened)
async def remember_cases(batch: Sequence[Recorded], tx: Transaction) -> None:
    await Cases(tx).remember(_events(batch, CaseOpened))


@reactions.feed(ItemRegistered)
async def remember_items(batch: Sequence[Recorded], tx: Transaction) -> None:
    await Goods(tx).remember_items(_events(batch, ItemRegistered))


@reactions.feed(GoodsReceived)
async def remember_lots(batch: Sequence[Recorded], tx: Transaction) -> None:
    await Goods(tx).remember_lots(_events(batch, GoodsReceived))


def _events(batch: Sequence[Recorded], kind: type[E]) -> list[E]:
    return [event for recorded in batch if isinstance(event := recorded.event(), kind)]
