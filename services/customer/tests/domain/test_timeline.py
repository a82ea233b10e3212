"""The timeline: whose an event is, and how it reads."""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from contracts import customer, finance, inventory, order, quality, sales, service
from contracts.event import LOOP_IDS, Event, event_types
from contracts.ids import CustomerId, new_id
from customer.domain.telling import SHOWN_TO_CUSTOMERS, TOLD, Kind
from customer.domain.timeline import (
    EventNotTold,
    Known,
    TimelineEntry,
    customer_of,
    entry_of,
    ids_named_in,
    known_after,
    learned_from,
)

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
ANNAS, BERTS = CustomerId(new_id()), CustomerId(new_id())
EVENT = new_id()
ITEM, LINE, LOT, WAREHOUSE = new_id(), new_id(), new_id(), new_id()
IDS: dict[str, UUID] = {name: new_id() for name in LOOP_IDS}

EUROS = {"amount": "10.00", "currency": "EUR"}
THREE = {"value": "3", "unit": "C62"}
LINE_QUANTITY = {"line_id": LINE, "item_id": ITEM, "quantity": THREE}
SOLD = {"item_id": ITEM, "sku": "BOLT", "quantity": THREE, "unit_price": EUROS}
INVOICED = {**LINE_QUANTITY, "net": EUROS, "tax": EUROS}

FIELDS: dict[str, object] = {
    **IDS,
    **dict.fromkeys(("contact_id", "interaction_id", "lead_id", "hold_id", "release_id"), new_id()),
    **dict.fromkeys(("credit_note_id", "refund_id"), new_id()),
    **dict.fromkeys(("amount", "cancelled", "cost", "exposure", "gross", "invoice_open", "limit", "margin"), EUROS),
    **dict.fromkeys(("net", "open", "payment_unallocated", "revenue", "tax", "total"), EUROS),
    **dict.fromkeys(("due_on", "implemented_on", "issued_on", "observe_until", "ordered_on"), "2025-02-01"),
    **dict.fromkeys(("received_on", "valid_until"), "2025-02-01"),
    **dict.fromkeys(("happened_at", "since", "until"), "2025-02-01T08:00:00Z"),
    "action": "test steel",
    "assignee": "sam",
    "because": "PurchaseOrderDateChanged",
    "changes": [{"line_id": LINE, "before": THREE, "after": THREE}],
    "complete": True,
    "country": "DE",
    "currency": "EUR",
    "customer_id": ANNAS,
    "disposition": "use_as_is",
    "item_id": ITEM,
    "line_id": LINE,
    "lines": [LINE_QUANTITY],
    "lot_id": LOT,
    "lot_ids": [LOT],
    "lot_number": "L-1",
    "margin_percent": "50",
    "metric": "breaks",
    "name": "Anna AG",
    "number": "7",
    "owner": "olga",
    "quantity": THREE,
    "reason": "because",
    "reference": "R-1",
    "resolution": "sent a new one",
    "revision": 2,
    "role": "buyer",
    "root_cause": "wrong steel",
    "severity": "minor",
    "stage": "engaging",
    "superseded_by": 3,
    "survivor_id": BERTS,
    "title": "Bolts break",
    "verifier": "vera",
    "waiting_for": "stock",
    "waiting_on": "third_party",
    "warehouse_id": WAREHOUSE,
    "window_days": 30,
}
"""A dull value for each field of the events, by its name."""

ODD_FIELDS: dict[type[Event], dict[str, object]] = {
    customer.CustomerRegistered: {"kind": "organisation"},
    customer.CustomerProfileChanged: {"kind": "organisation"},
    customer.InteractionLogged: {"channel": "call"},
    sales.OpportunityStageChanged: {"before": "prospecting", "after": "engaging"},
    sales.OpportunityEstimated: {"expected_close_on": "2025-05-01"},
    sales.OpportunityWon: {"lines": [SOLD]},
    sales.QuotePrepared: {"lines": [SOLD]},
    order.OrderPlaced: {"lines": [{**SOLD, "line_id": LINE}], "channel": "phone"},
    order.OrderAmended: {"lines": [{**SOLD, "line_id": LINE}]},
    order.PromiseDateChanged: {"before": None, "after": "2025-04-01"},
    order.OrderHoldApplied: {"kind": "credit"},
    order.OrderHoldReleased: {"kind": "credit"},
    inventory.StockReserved: {"lines": [{**LINE_QUANTITY, "warehouse_id": WAREHOUSE}]},
    inventory.ShipmentDispatched: {"lines": [{**LINE_QUANTITY, "cost": EUROS}]},
    finance.CreditStateChanged: {"state": "watch"},
    finance.InvoiceIssued: {"lines": [INVOICED]},
    finance.CreditNoteIssued: {"lines": [INVOICED]},
    service.CaseOpened: {"kind": "return"},
}
"""Fields that differ from one event to the next although they have the same name."""


# Any: the value of a field is whatever JSON holds there.
def an_event(event_type: type[Event], **changes: Any) -> Event:
    fields = {**FIELDS, **ODD_FIELDS.get(event_type, {}), **changes}
    return event_type.model_validate({name: fields[name] for name in event_type.model_fields if name in fields})


def title_of(event: Event) -> str:
    return entry_of(event, event_id=EVENT, customer_id=ANNAS, recorded_at=NOW).title


def can_concern_a_customer(event_type: type[Event]) -> bool:
    """What the watcher finds is for our own people: a customer's token reads the timeline, too."""
    return event_type.service() != "insight" and not {"customer_id", *LOOP_IDS}.isdisjoint(event_type.model_fields)


def test_every_event_that_can_concern_a_customer_is_told_and_no_other() -> None:
    assert {each.__name__ for each in TOLD} == {
        each.__name__ for each in event_types().values() if can_concern_a_customer(each)
    }


READS: list[tuple[type[Event], str]] = [
    (customer.CustomerRegistered, "Registered as customer 7: Anna AG"),
    (customer.CustomerProfileChanged, "Profile: Anna AG, DE, EUR"),
    (customer.ContactAdded, "Contact named: buyer"),
    (customer.CustomersMerged, "A second record was merged into this customer"),
    (customer.InteractionLogged, "Talked: call"),
    (sales.LeadQualified, "Lead qualified: it became an opportunity"),
    (sales.OpportunityOpened, "Opportunity opened: Anna AG, 10.00 EUR, by olga"),
    (sales.OpportunityCustomerNamed, "Opportunity turned out to be this customer's"),
    (sales.OpportunityAssigned, "Opportunity given to olga"),
    (sales.OpportunityEstimated, "Opportunity estimated: 10.00 EUR, decided on 2025-05-01"),
    (sales.OpportunityStageChanged, "Opportunity moved from prospecting to engaging"),
    (sales.OpportunityWon, "Opportunity won: 10.00 EUR"),
    (sales.OpportunityLost, "Opportunity lost: because"),
    (sales.OpportunityReopened, "Opportunity reopened: engaging"),
    (sales.QuotePrepared, "Quote 7 revision 2 prepared: 10.00 EUR"),
    (sales.QuoteSent, "Quote 7 revision 2 sent: 10.00 EUR, until 2025-02-01"),
    (sales.QuoteSuperseded, "Quote revision 2 replaced by revision 3"),
    (sales.QuoteAccepted, "Quote 7 revision 2 accepted: 10.00 EUR"),
    (sales.QuoteRejected, "Quote revision 2 rejected: because"),
    (sales.QuoteExpired, "Quote revision 2 expired"),
    (order.OrderPlaced, "Order 7 placed by phone: 1 line, 10.00 EUR"),
    (order.StockRequested, "Stock asked for: 3 C62"),
    (order.StockReleaseRequested, "Stock to be given back: 3 C62"),
    (order.OrderConfirmed, "Order 7 confirmed: 10.00 EUR"),
    (order.PromiseDateChanged, "Promised day changed: no day, now 2025-04-01, by PurchaseOrderDateChanged"),
    (order.OrderHoldApplied, "Order on credit hold: because"),
    (order.OrderHoldReleased, "Order off credit hold: because"),
    (order.OrderAmendmentRequested, "Smaller order asked for: 3 C62 less"),
    (order.OrderAmended, "Order amended: 1 line changed, now 10.00 EUR"),
    (order.OrderAmendmentRejected, "Amendment not possible: because"),
    (order.OrderCancellationRequested, "Cancellation asked for: because"),
    (order.OrderCancelled, "Order cancelled in full: 10.00 EUR, because"),
    (order.ShipmentRequested, "Shipment asked for: 3 C62"),
    (order.OrderShipped, "Order shipped in full: 3 C62"),
    (order.OrderDelivered, "Order delivered in full"),
    (order.OrderClosed, "Order 7 closed"),
    (order.FulfilmentStuck, "Order waits too long for stock"),
    (inventory.StockReserved, "Stock reserved: 3 C62"),
    (inventory.StockBackordered, "Short: 3 C62"),
    (inventory.StockReleased, "Stock given back: 3 C62"),
    (inventory.StockAdjusted, "Stock adjusted by 3 C62: because"),
    (inventory.ShipmentPlanned, "Shipment planned: 3 C62"),
    (inventory.PickReleased, "Goods are being picked"),
    (inventory.ShipmentPacked, "Goods packed: 3 C62"),
    (inventory.ShipmentDispatched, "Goods on their way: 3 C62"),
    (inventory.DeliveryConfirmed, "Goods delivered"),
    (inventory.ShipmentCancelled, "Shipment called back: because"),
    (inventory.LotQuarantined, "Lot L-1 quarantined: 3 C62, because"),
    (inventory.LotReleased, "Lot L-1 released: 3 C62, because"),
    (finance.CreditExposureChecked, "Credit checked, because: 10.00 EUR of 10.00 EUR"),
    (finance.CreditLimitExceeded, "Credit limit exceeded: 10.00 EUR of 10.00 EUR"),
    (finance.CreditLimitCleared, "Credit free again, because: 10.00 EUR of 10.00 EUR"),
    (finance.CreditStateChanged, "Credit watch: 10.00 EUR of 10.00 EUR"),
    (finance.InvoiceIssued, "Invoice 7 issued: 10.00 EUR, due on 2025-02-01"),
    (finance.InvoiceOverdue, "Invoice overdue since 2025-02-01: 10.00 EUR open"),
    (finance.InvoicePaid, "Invoice paid: 10.00 EUR"),
    (finance.CreditNoteIssued, "Credit note 7 issued: 10.00 EUR, because"),
    (finance.PaymentReceived, "Payment received: 10.00 EUR, R-1"),
    (finance.PaymentAllocated, "Payment allocated: 10.00 EUR, 10.00 EUR of the invoice open"),
    (finance.RefundIssued, "Refund issued: 10.00 EUR, because"),
    (finance.OrderMarginComputed, "Margin of the order: 10.00 EUR on 10.00 EUR"),
    (service.CaseOpened, "Case 7 opened, return: Bolts break"),
    (service.ComplaintFiled, "Complaint filed in case 7, minor: Bolts break"),
    (service.CaseAssigned, "Case assigned to sam"),
    (service.CaseWaiting, "Case waits for the third party: because"),
    (service.CaseResolved, "Case resolved: sent a new one"),
    (service.CaseReopened, "Case reopened: because"),
    (service.CaseClosed, "Case closed"),
    (quality.NonconformanceRaised, "Nonconformance 7 raised, minor: Bolts break"),
    (quality.NonconformanceContained, "Nonconformance contained: 1 lot, because"),
    (quality.NonconformanceDispositioned, "Decided on 3 C62: use as is, because"),
    (quality.NonconformanceClosed, "Nonconformance closed"),
    (quality.CapaOpened, "Corrective action 7 opened: Bolts break, owner olga"),
    (quality.CapaRootCauseIdentified, "Root cause found: wrong steel"),
    (quality.CapaPlanned, "Corrective action planned: test steel, breaks over 30 days"),
    (quality.CapaImplemented, "Corrective action done, watched until 2025-02-01"),
    (quality.CapaVerifiedEffective, "Corrective action worked, checked by vera"),
    (quality.CapaFoundIneffective, "Corrective action did not work: because"),
]


def test_each_told_event_has_an_example_below_its_text() -> None:
    assert [each for each, _ in READS if READS.count((each, _)) > 1] == []
    assert {each for each, _ in READS} == set(TOLD)


@pytest.mark.parametrize(("event_type", "title"), READS)
def test_an_event_reads_as_a_sentence(event_type: type[Event], title: str) -> None:
    assert title_of(an_event(event_type)) == title


OTHERWISE: list[tuple[Event, str]] = [
    (an_event(order.OrderConfirmed, backordered=[LINE_QUANTITY]), "Order 7 confirmed: 10.00 EUR, on back-order: 3 C62"),
    (an_event(order.OrderShipped, complete=False), "Order shipped in part: 3 C62"),
    (an_event(order.StockRequested, lines=[LINE_QUANTITY, LINE_QUANTITY]), "Stock asked for: 6 C62"),
    (
        an_event(
            order.StockRequested, lines=[LINE_QUANTITY, {**LINE_QUANTITY, "quantity": {"value": "0.5", "unit": "KGM"}}]
        ),
        "Stock asked for: 3 C62 and 0.5 KGM",
    ),
    (an_event(order.StockRequested, lines=[]), "Stock asked for: nothing"),
    (an_event(inventory.StockBackordered, withdrawn=[LINE_QUANTITY]), "Short: 3 C62, taken back: 3 C62"),
    (an_event(inventory.ShipmentPlanned, split_from=new_id()), "Rest of a shipment planned: 3 C62"),
    (
        an_event(inventory.ShipmentDispatched, carrier="DHL", tracking_number="00340"),
        "Goods on their way: 3 C62, DHL, 00340",
    ),
    (an_event(inventory.ShipmentDispatched, carrier="DHL"), "Goods on their way: 3 C62, DHL"),
    (an_event(finance.CreditStateChanged, limit=None), "Credit watch: 10.00 EUR of no limit"),
    (
        an_event(finance.CreditStateChanged, limit={"amount": "0.00", "currency": "EUR"}),
        "Credit watch: 10.00 EUR of 0.00 EUR",
    ),
]


@pytest.mark.parametrize(("event", "title"), OTHERWISE)
def test_an_event_that_says_more_reads_otherwise(event: Event, title: str) -> None:
    assert title_of(event) == title


def test_an_entry_holds_kind_event_time_and_the_ids_of_the_loop() -> None:
    event = an_event(finance.PaymentAllocated)

    entry = entry_of(event, event_id=EVENT, customer_id=BERTS, recorded_at=NOW)

    assert entry == TimelineEntry(
        event_id=EVENT,
        customer_id=BERTS,
        kind=Kind.PAYMENT,
        service="finance",
        event="PaymentAllocated",
        title="Payment allocated: 10.00 EUR, 10.00 EUR of the invoice open",
        recorded_at=NOW,
        happened_on=date(2025, 3, 3),
        order_id=event.model_dump()["order_id"],
        invoice_id=event.model_dump()["invoice_id"],
        payment_id=event.model_dump()["payment_id"],
    )


@pytest.mark.parametrize("event_type", TOLD)
def test_an_entry_keeps_every_id_of_the_loop_that_its_event_names(event_type: type[Event]) -> None:
    event = an_event(event_type)

    entry = entry_of(event, event_id=EVENT, customer_id=ANNAS, recorded_at=NOW)

    assert {name: getattr(entry, name) for name in LOOP_IDS if getattr(entry, name)} == ids_named_in(event)


@pytest.mark.parametrize(
    "event_type",
    [
        customer.InteractionLogged,
        order.OrderPlaced,
        finance.InvoiceIssued,
        finance.PaymentReceived,
        quality.CapaImplemented,
    ],
)
def test_what_names_its_day_in_the_business_is_shown_with_it(event_type: type[Event]) -> None:
    entry = entry_of(an_event(event_type), event_id=EVENT, customer_id=ANNAS, recorded_at=NOW)

    assert (entry.happened_on, entry.recorded_at) == (date(2025, 2, 1), NOW)


def a_warehouse_opened() -> Event:
    return inventory.WarehouseOpened.model_validate({"warehouse_id": WAREHOUSE, "code": "N", "name": "North"})


def test_what_concerns_no_customer_is_not_told() -> None:
    event = a_warehouse_opened()

    with pytest.raises(EventNotTold):
        _ = entry_of(event, event_id=EVENT, customer_id=ANNAS, recorded_at=NOW)


def test_an_event_that_names_its_customer_is_the_customers() -> None:
    assert customer_of(an_event(order.OrderPlaced), {IDS["order_id"]: BERTS}) == ANNAS


WHOSE: list[tuple[Event, Known, CustomerId | None]] = [
    (an_event(inventory.StockReserved), {IDS["order_id"]: BERTS}, BERTS),
    (an_event(inventory.PickReleased), {IDS["shipment_id"]: BERTS}, BERTS),
    (an_event(inventory.LotQuarantined), {IDS["nonconformance_id"]: BERTS}, BERTS),
    (an_event(quality.CapaPlanned), {IDS["capa_id"]: BERTS}, BERTS),
    (an_event(quality.CapaPlanned), {IDS["capa_id"]: None, IDS["nonconformance_id"]: BERTS}, BERTS),
    (an_event(quality.NonconformanceRaised, customer_id=None), {IDS["case_id"]: BERTS}, BERTS),
    (an_event(sales.OpportunityLost, customer_id=None), {IDS["opportunity_id"]: BERTS}, BERTS),
    (an_event(sales.OpportunityOpened, customer_id=None), {}, None),
    (an_event(inventory.StockReserved), {}, None),
    (an_event(quality.CapaImplemented, customer_id=None), {}, None),
    (an_event(quality.CapaPlanned), {IDS["nonconformance_id"]: None}, None),
    (an_event(inventory.LotQuarantined, nonconformance_id=None), {}, None),
    (a_warehouse_opened(), {}, None),
]


@pytest.mark.parametrize(("event", "known", "expected"), WHOSE)
def test_another_event_is_whose_its_ids_are(event: Event, known: Known, expected: CustomerId | None) -> None:
    assert customer_of(event, known) == expected


def test_the_ids_of_an_event_are_its_customers_from_then_on() -> None:
    learned = learned_from(an_event(finance.InvoicePaid), ANNAS, {})

    assert learned == {IDS["order_id"]: ANNAS, IDS["invoice_id"]: ANNAS}


def test_what_was_nobodys_may_become_somebodys_but_never_changes_hands() -> None:
    event = an_event(finance.InvoicePaid)

    assert learned_from(event, ANNAS, {IDS["order_id"]: None, IDS["invoice_id"]: BERTS}) == {IDS["order_id"]: ANNAS}
    assert learned_from(event, None, {IDS["order_id"]: ANNAS}) == {IDS["invoice_id"]: None}
    assert learned_from(event, None, {IDS["order_id"]: None, IDS["invoice_id"]: BERTS}) == {}


CHAIN = [
    an_event(quality.CapaPlanned),
    an_event(quality.NonconformanceRaised, customer_id=None, order_id=None),
    an_event(service.CaseOpened, order_id=None),
]
"""A corrective action, known by its nonconformance, known by its case, known by its customer."""


@pytest.mark.parametrize("events", list(permutations(CHAIN)))
def test_in_which_order_events_arrive_makes_no_difference(events: tuple[Event, ...]) -> None:
    assert known_after(events, {}) == {
        IDS["case_id"]: ANNAS,
        IDS["nonconformance_id"]: ANNAS,
        IDS["capa_id"]: ANNAS,
    }


def test_what_no_event_ties_to_anybody_is_nobodys() -> None:
    assert known_after([an_event(inventory.StockReserved)], {}) == {IDS["order_id"]: None}


def test_customers_are_shown_nothing_of_our_margins_credit_or_quality() -> None:
    kinds = {TOLD[each].kind for each in SHOWN_TO_CUSTOMERS}

    assert kinds.isdisjoint({Kind.CREDIT, Kind.QUALITY, Kind.STOCK, Kind.OPPORTUNITY})
    assert SHOWN_TO_CUSTOMERS.isdisjoint(
        {finance.OrderMarginComputed, order.FulfilmentStuck, order.OrderHoldApplied, customer.InteractionLogged}
    )
