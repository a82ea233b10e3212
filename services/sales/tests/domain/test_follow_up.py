"""The follow-up tells a salesperson what became of an opportunity's order, whatever the order of arrival."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import customer, finance, inventory, order, quality, service
from contracts.event import Event
from contracts.ids import (
    CapaId,
    CaseId,
    CreditNoteId,
    CustomerId,
    HoldId,
    InvoiceId,
    ItemId,
    LineId,
    LotId,
    NonconformanceId,
    OpportunityId,
    OrderId,
    PaymentId,
    PurchaseOrderId,
    RefundId,
    ReleaseId,
    ShipmentId,
    WarehouseId,
    new_id,
)
from contracts.lines import LineQuantity, OrderLine
from contracts.values import Money, Quantity
from sales.domain.follow_up import STATES, FollowUp, entry_of
from sales.domain.happening import Entry, Kind

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = date(2026, 5, 4)
CUSTOMER, OPPORTUNITY, ORDER = CustomerId(new_id()), OpportunityId(new_id()), OrderId(new_id())
HOLD, SHIPMENT, INVOICE, PAYMENT = HoldId(new_id()), ShipmentId(new_id()), InvoiceId(new_id()), PaymentId(new_id())
CASE, NONCONFORMANCE, CAPA = CaseId(new_id()), NonconformanceId(new_id()), CapaId(new_id())
ITEM, LINE, LOT, RELEASE = ItemId(new_id()), LineId(new_id()), LotId(new_id()), ReleaseId(new_id())


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def placed(order_id: OrderId = ORDER, opportunity_id: OpportunityId | None = OPPORTUNITY) -> order.OrderPlaced:
    line = OrderLine(line_id=LINE, item_id=ITEM, sku="RACK", quantity=Quantity.pieces(1), unit_price=euros("100.00"))
    return order.OrderPlaced(
        order_id=order_id,
        customer_id=CUSTOMER,
        number="O-1",
        channel="quote",
        lines=(line,),
        total=euros("100.00"),
        opportunity_id=opportunity_id,
        ordered_on=DAY,
    )


def confirmed(*backordered: LineQuantity) -> order.OrderConfirmed:
    return order.OrderConfirmed(
        order_id=ORDER, customer_id=CUSTOMER, number="O-1", total=euros("100.00"), backordered=backordered
    )


def amended() -> order.OrderAmended:
    return order.OrderAmended(
        order_id=ORDER, customer_id=CUSTOMER, lines=placed().lines, changes=(), total=euros("80.00")
    )


def amendment_rejected() -> order.OrderAmendmentRejected:
    return order.OrderAmendmentRejected(order_id=ORDER, customer_id=CUSTOMER, release_id=RELEASE, reason="on its way")


def cancelled(*, complete: bool = True) -> order.OrderCancelled:
    return order.OrderCancelled(
        order_id=ORDER,
        customer_id=CUSTOMER,
        lines=(),
        total=euros("0.00" if complete else "60.00"),
        cancelled=euros("100.00" if complete else "40.00"),
        reason="no need",
        complete=complete,
    )


def shipped(*, complete: bool) -> order.OrderShipped:
    return order.OrderShipped(order_id=ORDER, customer_id=CUSTOMER, shipment_id=SHIPMENT, lines=(), complete=complete)


def delivered(*, complete: bool) -> order.OrderDelivered:
    return order.OrderDelivered(order_id=ORDER, customer_id=CUSTOMER, shipment_id=SHIPMENT, complete=complete)


def closed() -> order.OrderClosed:
    return order.OrderClosed(order_id=ORDER, customer_id=CUSTOMER, number="O-1", opportunity_id=OPPORTUNITY)


def stuck() -> order.FulfilmentStuck:
    return order.FulfilmentStuck(
        order_id=ORDER, customer_id=CUSTOMER, waiting_for="stock", since=NOON, until=NOON + timedelta(days=1)
    )


def held(hold_id: HoldId = HOLD) -> order.OrderHoldApplied:
    return order.OrderHoldApplied(
        order_id=ORDER, customer_id=CUSTOMER, hold_id=hold_id, kind="credit", reason="limit exceeded"
    )


def let_go(hold_id: HoldId = HOLD) -> order.OrderHoldReleased:
    return order.OrderHoldReleased(order_id=ORDER, customer_id=CUSTOMER, hold_id=hold_id, kind="credit", reason="paid")


def backordered(expected_on: date | None) -> inventory.StockBackordered:
    short = inventory.Backorder(line_id=LINE, item_id=ITEM, quantity=Quantity.pieces(3), expected_on=expected_on)
    return inventory.StockBackordered(order_id=ORDER, lines=(short,))


def promised(after: date | None) -> order.PromiseDateChanged:
    return order.PromiseDateChanged(
        order_id=ORDER, customer_id=CUSTOMER, line_id=LINE, before=DAY, after=after, because="supplier is late"
    )


def dispatched(carrier: str | None = None, tracking_number: str | None = None) -> inventory.ShipmentDispatched:
    return inventory.ShipmentDispatched(
        shipment_id=SHIPMENT,
        order_id=ORDER,
        customer_id=CUSTOMER,
        warehouse_id=WarehouseId(new_id()),
        lines=(),
        carrier=carrier,
        tracking_number=tracking_number,
    )


def arrived() -> inventory.DeliveryConfirmed:
    return inventory.DeliveryConfirmed(shipment_id=SHIPMENT, order_id=ORDER, customer_id=CUSTOMER)


def invoiced(invoice_id: InvoiceId = INVOICE, gross: str = "100.00") -> finance.InvoiceIssued:
    return finance.InvoiceIssued(
        invoice_id=invoice_id,
        number="I-1",
        order_id=ORDER,
        customer_id=CUSTOMER,
        shipment_id=SHIPMENT,
        lines=(),
        net=euros(gross),
        tax=euros("0.00"),
        gross=euros(gross),
        issued_on=DAY,
        due_on=date(2026, 6, 3),
    )


def overdue(invoice_id: InvoiceId = INVOICE) -> finance.InvoiceOverdue:
    return finance.InvoiceOverdue(
        invoice_id=invoice_id, order_id=ORDER, customer_id=CUSTOMER, open=euros("40.00"), due_on=date(2026, 6, 3)
    )


def invoice_paid(invoice_id: InvoiceId = INVOICE) -> finance.InvoicePaid:
    return finance.InvoicePaid(invoice_id=invoice_id, order_id=ORDER, customer_id=CUSTOMER, gross=euros("100.00"))


def credited(gross: str = "25.00") -> finance.CreditNoteIssued:
    return finance.CreditNoteIssued(
        credit_note_id=CreditNoteId(new_id()),
        number="N-1",
        invoice_id=INVOICE,
        order_id=ORDER,
        customer_id=CUSTOMER,
        lines=(),
        gross=euros(gross),
        reason="scratched",
    )


def cash_received(order_id: OrderId | None = ORDER) -> finance.PaymentReceived:
    return finance.PaymentReceived(
        payment_id=PAYMENT,
        customer_id=CUSTOMER,
        amount=euros("60.00"),
        reference="bank 1",
        received_on=DAY,
        order_id=order_id,
    )


def allocated(order_id: OrderId = ORDER, invoice_id: InvoiceId = INVOICE) -> finance.PaymentAllocated:
    return finance.PaymentAllocated(
        payment_id=PAYMENT,
        invoice_id=invoice_id,
        order_id=order_id,
        customer_id=CUSTOMER,
        amount=euros("60.00"),
        invoice_open=euros("40.00"),
        payment_unallocated=euros("0.00"),
    )


def refunded(order_id: OrderId | None = ORDER) -> finance.RefundIssued:
    return finance.RefundIssued(
        refund_id=RefundId(new_id()),
        payment_id=PAYMENT,
        order_id=order_id,
        customer_id=CUSTOMER,
        amount=euros("15.00"),
        reason="cancelled",
    )


def margin() -> finance.OrderMarginComputed:
    return finance.OrderMarginComputed(
        order_id=ORDER,
        customer_id=CUSTOMER,
        opportunity_id=OPPORTUNITY,
        revenue=euros("100.00"),
        cost=euros("70.00"),
        margin=euros("30.00"),
        margin_percent=Decimal(30),
    )


def complaint(case_id: CaseId = CASE, order_id: OrderId | None = ORDER) -> service.ComplaintFiled:
    return service.ComplaintFiled(
        case_id=case_id,
        customer_id=CUSTOMER,
        number="K-1",
        title="rust",
        severity="major",
        order_id=order_id,
        line_id=LINE,
        item_id=ITEM,
    )


def resolved(case_id: CaseId = CASE) -> service.CaseResolved:
    return service.CaseResolved(case_id=case_id, customer_id=CUSTOMER, resolution="replaced", order_id=ORDER)


def reopened() -> service.CaseReopened:
    return service.CaseReopened(case_id=CASE, customer_id=CUSTOMER, reason="rust again")


def case_closed() -> service.CaseClosed:
    return service.CaseClosed(case_id=CASE, customer_id=CUSTOMER)


def raised(order_id: OrderId | None = ORDER) -> quality.NonconformanceRaised:
    return quality.NonconformanceRaised(
        nonconformance_id=NONCONFORMANCE,
        number="NC-1",
        title="rust",
        severity="major",
        case_id=CASE,
        order_id=order_id,
    )


def contained() -> quality.NonconformanceContained:
    return quality.NonconformanceContained(
        nonconformance_id=NONCONFORMANCE, customer_id=CUSTOMER, item_id=ITEM, lot_ids=(LOT,), reason="rust"
    )


def dispositioned() -> quality.NonconformanceDispositioned:
    return quality.NonconformanceDispositioned(
        nonconformance_id=NONCONFORMANCE,
        customer_id=CUSTOMER,
        item_id=ITEM,
        lot_id=LOT,
        quantity=Quantity.pieces(4),
        disposition="return_to_supplier",
        reason="bad steel",
    )


def nonconformance_closed() -> quality.NonconformanceClosed:
    return quality.NonconformanceClosed(nonconformance_id=NONCONFORMANCE, customer_id=CUSTOMER)


def capa_opened() -> quality.CapaOpened:
    return quality.CapaOpened(
        capa_id=CAPA,
        number="CA-1",
        nonconformance_id=NONCONFORMANCE,
        customer_id=CUSTOMER,
        case_id=None,
        order_id=None,
        title="no more rust",
        owner="quentin",
    )


def cause_found() -> quality.CapaRootCauseIdentified:
    return quality.CapaRootCauseIdentified(capa_id=CAPA, nonconformance_id=NONCONFORMANCE, root_cause="wet store")


def capa_planned() -> quality.CapaPlanned:
    return quality.CapaPlanned(
        capa_id=CAPA, nonconformance_id=NONCONFORMANCE, action="dry it", metric="no rust", window_days=90
    )


def implemented() -> quality.CapaImplemented:
    return quality.CapaImplemented(
        capa_id=CAPA,
        nonconformance_id=NONCONFORMANCE,
        customer_id=CUSTOMER,
        implemented_on=DAY,
        observe_until=date(2026, 8, 2),
    )


def verified() -> quality.CapaVerifiedEffective:
    return quality.CapaVerifiedEffective(
        capa_id=CAPA, nonconformance_id=NONCONFORMANCE, customer_id=CUSTOMER, case_id=CASE, verifier="vera"
    )


def ineffective() -> quality.CapaFoundIneffective:
    return quality.CapaFoundIneffective(
        capa_id=CAPA, nonconformance_id=NONCONFORMANCE, customer_id=CUSTOMER, reason="rust again"
    )


def entries(*events: Event) -> list[Entry]:
    """The entries of these events, told a minute apart."""
    made = (entry_of(event, event_id=new_id(), at=NOON + timedelta(minutes=n)) for n, event in enumerate(events))
    return [entry for entry in made if entry is not None]


def a_follow_up(*events: Event) -> FollowUp:
    return FollowUp.of(OPPORTUNITY, entries(placed(), *events))


TOLD: list[tuple[Event, Kind, UUID, str | None, str]] = [
    (placed(), Kind.ORDER, ORDER, "placed", "order O-1 placed for 100.00 EUR"),
    (confirmed(), Kind.ORDER, ORDER, "confirmed", "order confirmed"),
    (
        confirmed(LineQuantity(line_id=LINE, item_id=ITEM, quantity=Quantity.pieces(1))),
        Kind.ORDER,
        ORDER,
        "confirmed",
        "order confirmed, part of it on back-order",
    ),
    (amended(), Kind.ORDER, ORDER, None, "order amended, now 80.00 EUR"),
    (amendment_rejected(), Kind.ORDER, ORDER, None, "amendment rejected: on its way"),
    (cancelled(), Kind.ORDER, ORDER, "cancelled", "order cancelled: no need"),
    (cancelled(complete=False), Kind.ORDER, ORDER, None, "40.00 EUR of the order cancelled: no need"),
    (shipped(complete=False), Kind.ORDER, ORDER, "partly shipped", "order partly shipped"),
    (shipped(complete=True), Kind.ORDER, ORDER, "shipped", "order shipped"),
    (delivered(complete=False), Kind.ORDER, ORDER, "partly delivered", "order partly delivered"),
    (delivered(complete=True), Kind.ORDER, ORDER, "delivered", "order delivered"),
    (closed(), Kind.ORDER, ORDER, "closed", "order O-1 closed"),
    (stuck(), Kind.ORDER, ORDER, None, "stuck: waits for stock since 2026-05-04 12:00"),
    (held(), Kind.HOLD, HOLD, "applied", "credit hold: limit exceeded"),
    (let_go(), Kind.HOLD, HOLD, "released", "credit hold released: paid"),
    (backordered(None), Kind.SUPPLY, ORDER, None, "3 C62 short, no supply yet"),
    (backordered(DAY), Kind.SUPPLY, ORDER, None, "3 C62 short, expected on 2026-05-04"),
    (promised(DAY), Kind.SUPPLY, ORDER, None, "a line is now promised for 2026-05-04: supplier is late"),
    (promised(None), Kind.SUPPLY, ORDER, None, "a line is now without a date: supplier is late"),
    (dispatched("DHL", "00340"), Kind.SHIPMENT, SHIPMENT, "dispatched", "shipment left the house (DHL, 00340)"),
    (dispatched(), Kind.SHIPMENT, SHIPMENT, "dispatched", "shipment left the house"),
    (arrived(), Kind.SHIPMENT, SHIPMENT, "delivered", "shipment delivered"),
    (invoiced(), Kind.INVOICE, INVOICE, "open", "invoice I-1 over 100.00 EUR, due on 2026-06-03"),
    (overdue(), Kind.INVOICE, INVOICE, "overdue", "invoice overdue since 2026-06-03: 40.00 EUR open"),
    (invoice_paid(), Kind.INVOICE, INVOICE, "paid", "invoice over 100.00 EUR paid"),
    (credited(), Kind.INVOICE, INVOICE, None, "credit note N-1 over 25.00 EUR: scratched"),
    (cash_received(), Kind.CASH, PAYMENT, "received", "payment of 60.00 EUR received"),
    (allocated(), Kind.CASH, INVOICE, "allocated", "60.00 EUR settled, 40.00 EUR of the invoice open"),
    (margin(), Kind.MARGIN, ORDER, None, "margin 30.00 EUR of 100.00 EUR"),
    (complaint(), Kind.COMPLAINT, CASE, "filed", "major complaint K-1: rust"),
    (resolved(), Kind.COMPLAINT, CASE, "resolved", "resolved: replaced"),
    (reopened(), Kind.COMPLAINT, CASE, "reopened", "reopened: rust again"),
    (case_closed(), Kind.COMPLAINT, CASE, "closed", "complaint closed"),
    (raised(), Kind.NONCONFORMANCE, NONCONFORMANCE, "raised", "major nonconformance NC-1: rust"),
    (contained(), Kind.NONCONFORMANCE, NONCONFORMANCE, "contained", "lots in quarantine: rust"),
    (
        dispositioned(),
        Kind.NONCONFORMANCE,
        NONCONFORMANCE,
        "dispositioned",
        "4 C62: return to supplier, bad steel",
    ),
    (nonconformance_closed(), Kind.NONCONFORMANCE, NONCONFORMANCE, "closed", "nonconformance closed"),
    (capa_opened(), Kind.CAPA, CAPA, "open", "CAPA CA-1 opened: no more rust"),
    (cause_found(), Kind.CAPA, CAPA, "root cause identified", "root cause: wet store"),
    (capa_planned(), Kind.CAPA, CAPA, "planned", "planned: dry it"),
    (implemented(), Kind.CAPA, CAPA, "implemented", "implemented, observed until 2026-08-02"),
    (verified(), Kind.CAPA, CAPA, "effective", "verified: it works"),
    (ineffective(), Kind.CAPA, CAPA, "open", "did not work: rust again"),
]


@pytest.mark.parametrize(("event", "kind", "subject", "state", "text"), TOLD)
def test_an_event_becomes_an_entry_in_plain_words(
    event: Event, kind: Kind, subject: UUID, state: str | None, text: str
) -> None:
    event_id = new_id()

    entry = entry_of(event, event_id=event_id, at=NOON)

    assert entry is not None
    assert (entry.event_id, entry.at) == (event_id, NOON)
    told = entry.happening
    assert (told.kind, told.subject, told.state, told.text) == (kind, subject, state, text)


def test_a_refund_is_told_with_its_amount() -> None:
    event = refunded()

    [entry] = entries(event)

    assert (entry.happening.subject, entry.happening.state) == (event.refund_id, "refunded")
    assert (entry.happening.text, entry.happening.amount) == ("15.00 EUR refunded: cancelled", euros("15.00"))


def test_every_state_that_is_told_is_in_its_kinds_order() -> None:
    told = {(kind, state) for _, kind, _, state, _ in TOLD if state is not None and kind in STATES}

    assert told == {(kind, state) for kind, states in STATES.items() for state in states}


def test_what_means_nothing_to_a_salesperson_makes_no_entry() -> None:
    event = inventory.PurchaseOrderCancellationRefused(
        purchase_order_id=PurchaseOrderId(new_id()), reason="already on its way"
    )
    merged = customer.CustomersMerged(customer_id=CUSTOMER, survivor_id=CustomerId(new_id()))

    assert entries(event, merged) == []


def test_before_its_order_is_placed_there_is_nothing_to_tell() -> None:
    follow_up = FollowUp.of(OPPORTUNITY, ())

    assert follow_up.entries == ()
    assert (follow_up.order_state, follow_up.on_hold, follow_up.invoice_state) == (None, False, None)
    assert (follow_up.invoiced, follow_up.paid, follow_up.refunded, follow_up.margin) == (None, None, None, None)


def test_the_order_is_in_the_state_it_told_last() -> None:
    assert a_follow_up(confirmed(), shipped(complete=False), amended()).order_state == "partly shipped"


def test_the_order_is_on_hold_until_the_last_hold_is_released() -> None:
    other = HoldId(new_id())

    assert a_follow_up(held(), held(other), let_go()).on_hold
    assert not a_follow_up(held(), held(other), let_go(), let_go(other)).on_hold


def test_shipments_are_under_way_until_the_last_has_arrived() -> None:
    assert a_follow_up(dispatched()).shipment_state == "dispatched"
    assert a_follow_up(dispatched(), arrived()).shipment_state == "delivered"


def test_of_several_invoices_the_overdue_one_speaks_then_the_open_one() -> None:
    second = InvoiceId(new_id())

    assert a_follow_up(invoiced(), invoiced(second), invoice_paid()).invoice_state == "open"
    assert a_follow_up(invoiced(), invoiced(second), invoice_paid(), overdue(second)).invoice_state == "overdue"
    assert a_follow_up(invoiced(), invoiced(second), overdue(second)).invoice_state == "overdue"
    assert a_follow_up(invoiced(), overdue(), invoice_paid()).invoice_state == "paid"


def test_invoices_count_less_their_credit_notes() -> None:
    second = InvoiceId(new_id())

    follow_up = a_follow_up(invoiced(), invoiced(second, "50.00"), credited("25.00"), overdue(), invoice_paid())

    assert follow_up.invoiced == euros("125.00")


def test_cash_counts_when_it_settles_an_invoice_and_not_when_it_comes() -> None:
    follow_up = a_follow_up(cash_received(), allocated(), refunded())

    assert (follow_up.paid, follow_up.refunded) == (euros("60.00"), euros("15.00"))
    assert a_follow_up(cash_received()).paid is None


def test_a_payment_that_also_settles_another_order_counts_here_for_ours_only() -> None:
    follow_up = a_follow_up(cash_received(), allocated(), allocated(OrderId(new_id()), InvoiceId(new_id())))

    assert follow_up.paid == euros("60.00")
    assert len(follow_up.entries) == 3


def test_the_margin_of_the_closed_order_is_told() -> None:
    assert a_follow_up(closed(), margin()).margin == euros("30.00")


def test_a_complaint_leads_to_its_nonconformance_and_corrective_action() -> None:
    follow_up = a_follow_up(complaint(), raised(order_id=None), contained(), capa_opened(), implemented())

    assert follow_up.complaint_state == "filed"
    assert (follow_up.nonconformance_state, follow_up.capa_state) == ("contained", "implemented")


def test_of_two_complaints_the_unsolved_one_speaks() -> None:
    second = CaseId(new_id())

    assert a_follow_up(complaint(), complaint(second), resolved()).complaint_state == "filed"
    assert a_follow_up(complaint(), complaint(second), resolved(), resolved(second)).complaint_state == "resolved"


def test_an_ineffective_action_is_open_again() -> None:
    assert a_follow_up(raised(), capa_opened(), implemented(), ineffective()).capa_state == "open"
    assert a_follow_up(raised(), capa_opened(), implemented(), verified()).capa_state == "effective"


def test_a_case_that_is_no_complaint_is_not_told() -> None:
    assert a_follow_up(resolved(CaseId(new_id()))).complaint_state is None


def test_orders_without_this_opportunity_are_not_told() -> None:
    shop_order = placed(OrderId(new_id()), None)

    assert FollowUp.of(OPPORTUNITY, entries(shop_order)).entries == ()


def test_an_event_told_twice_counts_once() -> None:
    once = entries(placed(), invoiced())

    follow_up = FollowUp.of(OPPORTUNITY, once + once)

    assert follow_up.invoiced == euros("100.00")
    assert len(follow_up.entries) == 2


STORY = entries(
    placed(),
    held(),
    let_go(),
    confirmed(),
    cash_received(),
    dispatched(),
    shipped(complete=True),
    invoiced(),
    allocated(),
    arrived(),
    delivered(complete=True),
    complaint(),
    raised(order_id=None),
    capa_opened(),
    verified(),
)


@settings(derandomize=True, max_examples=100)
@given(st.permutations(STORY))
def test_the_order_of_arrival_does_not_matter(arrived_as: list[Entry]) -> None:
    follow_up = FollowUp.of(OPPORTUNITY, arrived_as)

    assert follow_up.entries == tuple(STORY)
    assert (follow_up.order_state, follow_up.on_hold, follow_up.capa_state) == ("delivered", False, "effective")
