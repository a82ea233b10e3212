"""Which event leads to what in the sales service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from contracts import finance, inventory, order, quality, service
from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.event import Event, Recorded
from contracts.finance import CreditStateChanged
from contracts.ids import CustomerId
from contracts.inventory import AvailabilityChanged, ItemRegistered
from kit.database import Transaction
from kit.reactions import Reactions
from sales.domain.follow_up import entry_of
from sales.domain.happening import Entry
from sales.storage.copies import Catalogue, Credit, Customers, Stock
from sales.storage.follow_ups import FollowUps
from sales.storage.leads import Leads
from sales.storage.opportunities import Opportunities
from sales.storage.quotes import Quotes

E = TypeVar("E", bound=Event)

reactions = Reactions()

FOLLOWED: tuple[type[Event], ...] = (
    order.OrderPlaced, order.OrderConfirmed, order.OrderHoldApplied, order.OrderHoldReleased, order.OrderAmended,
    order.OrderAmendmentRejected, order.OrderCancelled, order.OrderShipped, order.OrderDelivered, order.OrderClosed,
    order.PromiseDateChanged, order.FulfilmentStuck,
    inventory.StockBackordered, inventory.ShipmentDispatched, inventory.DeliveryConfirmed,
    finance.InvoiceIssued, finance.InvoiceOverdue, finance.InvoicePaid, finance.CreditNoteIssued,
    finance.PaymentReceived, finance.PaymentAllocated, finance.RefundIssued, finance.OrderMarginComputed,
    service.ComplaintFiled, service.CaseResolved, service.CaseReopened, service.CaseClosed,
    quality.NonconformanceRaised, quality.NonconformanceContained, quality.NonconformanceDispositioned,
    quality.NonconformanceClosed, quality.CapaOpened, quality.CapaRootCauseIdentified, quality.CapaPlanned,
    quality.CapaImplemented, quality.CapaVerifiedEffective, quality.CapaFoundIneffective,
)  # fmt: skip
"""What a salesperson wants to know of a won opportunity."""


def both_records(merged: CustomersMerged) -> tuple[CustomerId, CustomerId]:
    return (merged.customer_id, merged.survivor_id)


@reactions.to(CustomerRegistered, CustomerProfileChanged)
async def remember_customer(event: CustomerRegistered | CustomerProfileChanged, tx: Transaction) -> None:
    await Customers(tx).remember(event)


@reactions.to(CustomersMerged, locks=both_records)
async def move_sales_to_survivor(merged: CustomersMerged, tx: Transaction) -> None:
    """Opportunities before quotes: a quote that is being prepared is seen when its opportunity was waited for."""
    survivor_id = await Customers(tx).merge(merged.customer_id, merged.survivor_id)
    await Leads(tx).move_to(survivor_id, merged.customer_id)
    await Opportunities(tx).move_to(survivor_id, merged.customer_id)
    await Quotes(tx).move_to(survivor_id, merged.customer_id)


@reactions.to(ItemRegistered)
async def remember_item(event: ItemRegistered, tx: Transaction) -> None:
    await Catalogue(tx).remember(event)


@reactions.feed(AvailabilityChanged)
async def remember_availability(told: Sequence[Recorded], tx: Transaction) -> None:
    await Stock(tx).remember(_read(told, AvailabilityChanged))


@reactions.feed(CreditStateChanged)
async def remember_credit_state(told: Sequence[Recorded], tx: Transaction) -> None:
    await Credit(tx).remember(_read(told, CreditStateChanged))


@reactions.feed(*FOLLOWED)
async def follow_up_opportunities(told: Sequence[Recorded], tx: Transaction) -> None:
    await FollowUps(tx).keep([entry for each in told if (entry := _entry(each)) is not None])


def _entry(told: Recorded) -> Entry | None:
    event = told.event()
    return None if event is None else entry_of(event, event_id=told.id, at=told.time)


def _read(told: Sequence[Recorded], kind: type[E]) -> list[E]:
    events = (each.event() for each in told)
    return [event for event in events if isinstance(event, kind)]
