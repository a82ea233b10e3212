"""One planted discrepancy of each kind: what is told, what each side is then found to say, and the events behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.event import Event
from contracts.ids import CustomerId, InvoiceId, ItemId, ShipmentId, new_id
from contracts.inventory import AvailabilityChanged
from contracts.values import Money, Quantity
from insight.domain.kinds import Kind

from .a_loop import Loop, but, euros, without

Expected = tuple[str, str, str, Sequence[Event]]
"""Who, what, with which value, because of which events."""


@dataclass(frozen=True)
class Planted:
    """Expected is exactly this."""

    kind: Kind
    events: Sequence[Event]
    one: Expected
    other: Expected


def silent(service: str, says: str, *behind: Event) -> Expected:
    return (service, says, "nothing", behind)


def planted() -> list[Planted]:
    return [plant(Loop()) for plant in PLANTS] + [availability_negative(), availability_does_not_add_up()]


def order_never_placed(it: Loop) -> Planted:
    one = ("inventory", "deals with", "StockReserved", [it.reserved])
    return Planted(Kind.ORDER_NEVER_PLACED, [it.reserved], one, silent("order", "placed"))


def credit_never_checked(it: Loop) -> Planted:
    one = ("order", "placed", "59.50 EUR", [it.placed])
    return Planted(Kind.CREDIT_NEVER_CHECKED, [it.placed], one, silent("finance", "checked"))


def confirmed_without_credit(it: Loop) -> Planted:
    refused = it.over_limit()
    events = [it.placed, refused, it.hold(), it.requested, it.reserved, it.confirmed]
    one = ("order", "confirmed", "59.50 EUR", [it.confirmed])
    return Planted(Kind.CONFIRMED_WITHOUT_CREDIT, events, one, silent("finance", "approved", refused))


def over_limit_not_held(it: Loop) -> Planted:
    refused = it.over_limit()
    one = ("finance", "exceeds the limit", "59.50 EUR", [refused])
    return Planted(Kind.OVER_LIMIT_NOT_HELD, [it.placed, refused], one, silent("order", "held"))


def stock_not_answered(it: Loop) -> Planted:
    one, other = ("order", "requested", "5", [it.requested]), ("inventory", "reserved or short", "0", [])
    return Planted(Kind.STOCK_NOT_ANSWERED, it.until(it.requested), one, other)


def reserved_more_than_requested(it: Loop) -> Planted:
    more = but(it.reserved, lines=it.reserving(6))
    one, other = ("order", "requested", "5", [it.requested]), ("inventory", "reserved", "6", [more])
    return Planted(Kind.RESERVED_MORE_THAN_REQUESTED, [*it.until(it.requested), more], one, other)


def short_of_more_than_requested(it: Loop) -> Planted:
    short = it.short(7)
    one, other = ("order", "requested", "5", [it.requested]), ("inventory", "short", "7", [short])
    return Planted(Kind.SHORT_OF_MORE_THAN_REQUESTED, [*it.until(it.requested), short], one, other)


def release_not_answered(it: Loop) -> Planted:
    asked = it.asks_back(5)
    one = ("order", "asked back", "5", [asked])
    return Planted(Kind.RELEASE_NOT_ANSWERED, [*it.until(it.confirmed), asked], one, silent("inventory", "given back"))


def released_more_than_asked(it: Loop) -> Planted:
    asked, given = it.asks_back(4), it.gives_back(5)
    events = [*it.until(it.confirmed), asked, given, it.amends(1)]
    one, other = ("order", "asked back", "4", [asked]), ("inventory", "given back", "5", [given])
    return Planted(Kind.RELEASED_MORE_THAN_ASKED, events, one, other)


def released_less_than_asked(it: Loop) -> Planted:
    asked, given = it.asks_back(5), it.gives_back(3)
    events = [*it.until(it.confirmed), asked, given, it.cancels(3)]
    one, other = ("order", "asked back", "5", [asked]), ("inventory", "given back", "3", [given])
    return Planted(Kind.RELEASED_LESS_THAN_ASKED, events, one, other)


def change_never_finished(it: Loop) -> Planted:
    asked, given = it.asks_back(5), it.gives_back(5)
    one, other = ("inventory", "given back", "5", [given]), silent("order", "changed", asked)
    return Planted(Kind.CHANGE_NEVER_FINISHED, [*it.until(it.confirmed), asked, given], one, other)


def requested_not_planned(it: Loop) -> Planted:
    one, other = ("order", "requested to ship", "5", [it.to_ship]), ("inventory", "planned", "0", [])
    return Planted(Kind.REQUESTED_NOT_PLANNED, it.until(it.to_ship), one, other)


def planned_more_than_requested(it: Loop) -> Planted:
    more = but(it.planned, lines=it.of(6))
    one, other = ("order", "requested to ship", "5", [it.to_ship]), ("inventory", "planned", "6", [more])
    return Planted(Kind.PLANNED_MORE_THAN_REQUESTED, [*it.until(it.to_ship), more], one, other)


def dispatched_not_planned(it: Loop) -> Planted:
    elsewhere = but(it.planned, shipment_id=ShipmentId(new_id()))
    events = [elsewhere, *without(it.until(it.invoice), it.planned)]
    one = ("inventory", "dispatched", "5", [it.left])
    return Planted(Kind.DISPATCHED_NOT_PLANNED, events, one, silent("inventory", "planned"))


def dispatched_not_as_packed(it: Loop) -> Planted:
    packed = but(it.packed, lines=it.of(4))
    events = [*without(it.until(it.invoice), it.packed), packed]
    one, other = ("inventory", "packed", "4", [packed]), ("inventory", "dispatched", "5", [it.left])
    return Planted(Kind.DISPATCHED_NOT_AS_PACKED, events, one, other)


def dispatched_though_called_back(it: Loop) -> Planted:
    back = it.calls_back()
    one = ("inventory", "called back", "called back", [back])
    other = ("inventory", "dispatched", "5", [it.left])
    return Planted(Kind.DISPATCHED_THOUGH_CALLED_BACK, [*it.until(it.invoice), back], one, other)


def dispatched_more_than_ordered(it: Loop) -> Planted:
    less = it.amends(4)
    one = ("order", "ordered", "4", [it.placed, less])
    other = ("inventory", "dispatched", "5", [it.left])
    return Planted(Kind.DISPATCHED_MORE_THAN_ORDERED, [*it.until(it.invoice), less], one, other)


def dispatched_after_cancellation(it: Loop) -> Planted:
    cancelled = it.cancels(5)
    one = ("order", "cancelled", "changed my mind", [cancelled])
    other = ("inventory", "dispatched", "5", [it.left])
    return Planted(Kind.DISPATCHED_AFTER_CANCELLATION, [*it.until(it.invoice), cancelled], one, other)


def dispatched_not_shipped(it: Loop) -> Planted:
    one = ("inventory", "dispatched", "5", [it.left])
    events = without(it.until(it.invoice), it.shipped)
    return Planted(Kind.DISPATCHED_NOT_SHIPPED, events, one, silent("order", "shipped"))


def shipped_not_dispatched(it: Loop) -> Planted:
    one = ("order", "shipped", "5", [it.shipped])
    events = [*it.until(it.packed), it.shipped]
    return Planted(Kind.SHIPPED_NOT_DISPATCHED, events, one, silent("inventory", "dispatched"))


def shipped_otherwise(it: Loop) -> Planted:
    said = but(it.shipped, lines=it.of(4))
    events = [*without(it.until(it.invoice), it.shipped), said]
    one, other = ("inventory", "dispatched", "5", [it.left]), ("order", "shipped", "4", [said])
    return Planted(Kind.SHIPPED_OTHERWISE, events, one, other)


def arrived_not_delivered(it: Loop) -> Planted:
    one = ("inventory", "arrived", "delivered", [it.arrived])
    return Planted(Kind.ARRIVED_NOT_DELIVERED, it.until(it.arrived), one, silent("order", "delivered"))


def delivered_not_arrived(it: Loop) -> Planted:
    one = ("order", "delivered", "delivered", [it.delivered])
    events = [*it.until(it.invoice), it.delivered]
    return Planted(Kind.DELIVERED_NOT_ARRIVED, events, one, silent("inventory", "arrived"))


def shipped_not_invoiced(it: Loop) -> Planted:
    one = ("inventory", "dispatched", "5", [it.left])
    return Planted(Kind.SHIPPED_NOT_INVOICED, it.until(it.shipped), one, silent("finance", "invoiced"))


def invoiced_not_shipped(it: Loop) -> Planted:
    one = ("finance", "invoiced", "59.50 EUR", [it.invoice])
    events = [*it.until(it.packed), it.invoice]
    return Planted(Kind.INVOICED_NOT_SHIPPED, events, one, silent("inventory", "dispatched"))


def invoiced_twice(it: Loop) -> Planted:
    again = but(it.invoice, invoice_id=InvoiceId(new_id()))
    one = ("inventory", "dispatched", "once", [it.left])
    other = ("finance", "invoiced", "2 times", [it.invoice, again])
    return Planted(Kind.INVOICED_TWICE, [*it.until(it.invoice), again], one, other)


def invoiced_otherwise(it: Loop) -> Planted:
    less = it.asks(4, Decimal(40))
    one, other = ("inventory", "dispatched", "5", [it.left]), ("finance", "invoiced", "4", [less])
    return Planted(Kind.INVOICED_OTHERWISE, [*it.until(it.shipped), less], one, other)


def invoice_price_differs(it: Loop) -> Planted:
    dear = it.asks(5, Decimal(55))
    one, other = ("order", "price", "5 at 10", [it.placed]), ("finance", "net", "55 EUR", [dear])
    return Planted(Kind.INVOICE_PRICE_DIFFERS, [*it.until(it.shipped), dear], one, other)


def invoice_tax_rate_differs(it: Loop) -> Planted:
    reduced = it.asks(5, Decimal(50), rate=7)
    one, other = ("order", "tax", "19 %", [it.placed]), ("finance", "tax", "7 %", [reduced])
    return Planted(Kind.INVOICE_TAX_RATE_DIFFERS, [*it.until(it.shipped), reduced], one, other)


def invoice_tax_differs(it: Loop) -> Planted:
    wrong = it.asks(5, Decimal(50), tax="9.60")
    one, other = ("finance", "tax on the nets", "9.5", [wrong]), ("finance", "tax charged", "9.6", [wrong])
    return Planted(Kind.INVOICE_TAX_DIFFERS, [*it.until(it.shipped), wrong], one, other)


def invoice_total_differs(it: Loop) -> Planted:
    wrong = but(it.invoice, gross=euros("60"))
    one = ("finance", "sum of the lines", "50 + 9.5", [wrong])
    other = ("finance", "total", "50 + 9.5 = 60", [wrong])
    return Planted(Kind.INVOICE_TOTAL_DIFFERS, [*it.until(it.shipped), wrong], one, other)


def currency_differs(it: Loop) -> Planted:
    dollars = but(it.invoice, gross=Money(amount=Decimal("59.50"), currency="USD"))
    one, other = ("order", "ordered in", "EUR", [it.placed]), ("finance", "says", "59.50 USD", [dollars])
    return Planted(Kind.CURRENCY_DIFFERS, [*it.until(it.shipped), dollars], one, other)


def customer_differs(it: Loop) -> Planted:
    stranger = CustomerId(new_id())
    others = but(it.invoice, customer_id=stranger)
    one = ("order", "customer", str(it.customer_id), [it.placed])
    other = ("finance", "customer", str(stranger), [others])
    return Planted(Kind.CUSTOMER_DIFFERS, [*it.until(it.shipped), others], one, other)


def credited_more_than_invoiced(it: Loop) -> Planted:
    note = it.credits("70")
    one, other = ("finance", "invoiced", "59.50 EUR", [it.invoice]), ("finance", "credited", "70", [note])
    return Planted(Kind.CREDITED_MORE_THAN_INVOICED, [*it.until(it.invoice), note, it.paid], one, other)


def unknown_invoice(it: Loop) -> Planted:
    note = it.credits("70")
    one = ("finance", "says", "CreditNoteIssued", [note])
    return Planted(Kind.UNKNOWN_INVOICE, [*it.until(it.confirmed), note], one, silent("finance", "issued"))


def invoice_overallocated(it: Loop) -> Planted:
    received, settled = it.receives("100"), it.allocates("70")
    events = [*it.until(it.invoice), received, settled, it.paid]
    one, other = ("finance", "invoiced", "59.50 EUR", [it.invoice]), ("finance", "allocated", "70", [settled])
    return Planted(Kind.INVOICE_OVERALLOCATED, events, one, other)


def paid_not_settled(it: Loop) -> Planted:
    received, settled = it.receives("50"), it.allocates("50")
    events = [*it.until(it.invoice), received, settled, it.paid]
    one = ("finance", "open", "9.5", [it.invoice, settled])
    return Planted(Kind.PAID_NOT_SETTLED, events, one, ("finance", "paid", "59.50 EUR", [it.paid]))


def settled_not_paid(it: Loop) -> Planted:
    one = ("finance", "open", "0", [it.invoice, it.allocated])
    return Planted(Kind.SETTLED_NOT_PAID, it.until(it.allocated), one, silent("finance", "paid"))


def paid_otherwise(it: Loop) -> Planted:
    paid = but(it.paid, gross=euros("60"))
    one, other = ("finance", "invoiced", "59.50 EUR", [it.invoice]), ("finance", "paid", "60 EUR", [paid])
    return Planted(Kind.PAID_OTHERWISE, [*without(it.events, it.paid), paid], one, other)


def closed_unpaid(it: Loop) -> Planted:
    events = without(it.events, it.received, it.allocated, it.paid)
    one = ("order", "closed", "closed", [it.closed])
    return Planted(Kind.CLOSED_UNPAID, events, one, silent("finance", "paid", it.invoice))


def closed_undelivered(it: Loop) -> Planted:
    events = without(it.events, it.arrived, it.delivered)
    one = ("order", "closed", "closed", [it.closed])
    return Planted(Kind.CLOSED_UNDELIVERED, events, one, silent("inventory", "arrived", it.left))


def closed_incomplete(_: Loop) -> Planted:
    it = Loop(pieces=3)
    one = ("order", "ordered", "5", [it.placed])
    return Planted(Kind.CLOSED_INCOMPLETE, it.events, one, ("order", "closed with", "3", [it.shipped, it.closed]))


def never_closed(it: Loop) -> Planted:
    one = ("finance", "paid", "1 of 1 invoices", [it.paid])
    return Planted(Kind.NEVER_CLOSED, it.until(it.paid), one, silent("order", "closed", it.arrived, it.shipped))


def closed_without_margin(it: Loop) -> Planted:
    one = ("order", "closed", "closed", [it.closed])
    return Planted(Kind.CLOSED_WITHOUT_MARGIN, it.until(it.closed), one, silent("finance", "margin"))


def margin_revenue_differs(it: Loop) -> Planted:
    margin = but(it.margin, revenue=euros("51"))
    one = ("finance", "invoiced less credited", "50", [it.invoice])
    other = ("finance", "revenue", "51 EUR", [margin])
    return Planted(Kind.MARGIN_REVENUE_DIFFERS, [*it.until(it.closed), margin], one, other)


def margin_cost_differs(it: Loop) -> Planted:
    margin = but(it.margin, cost=euros("11"))
    one, other = ("inventory", "cost of what left", "10", [it.left]), ("finance", "cost", "11 EUR", [margin])
    return Planted(Kind.MARGIN_COST_DIFFERS, [*it.until(it.closed), margin], one, other)


def unknown_payment(it: Loop) -> Planted:
    refund = it.refunds("5")
    one = ("finance", "allocated or refunded", "5", [refund])
    return Planted(Kind.UNKNOWN_PAYMENT, [refund], one, silent("finance", "received"))


def allocated_more_than_received(it: Loop) -> Planted:
    received = it.receives("50")
    events = [*without(it.events, it.received), received]
    one, other = ("finance", "received", "50 EUR", [received]), ("finance", "allocated", "59.5", [it.allocated])
    return Planted(Kind.ALLOCATED_MORE_THAN_RECEIVED, events, one, other)


def refunded_more_than_unallocated(it: Loop) -> Planted:
    refund = it.refunds("5")
    one = ("finance", "unallocated", "0", [it.received, it.allocated])
    return Planted(
        Kind.REFUNDED_MORE_THAN_UNALLOCATED, [*it.events, refund], one, ("finance", "refunded", "5", [refund])
    )


def payment_customer_differs(it: Loop) -> Planted:
    stranger = CustomerId(new_id())
    received = but(it.received, customer_id=stranger)
    one = ("finance", "payer", str(stranger), [received])
    other = ("finance", "debtor", str(it.customer_id), [it.allocated])
    return Planted(Kind.PAYMENT_CUSTOMER_DIFFERS, [*without(it.events, it.received), received], one, other)


def availability_negative() -> Planted:
    said = availability(on_hand=4, reserved=5, available=-1)
    one, other = ("inventory", "available", "-1 C62", [said]), ("inventory", "at least", "0", [])
    return Planted(Kind.AVAILABILITY_NEGATIVE, [said], one, other)


def availability_does_not_add_up() -> Planted:
    said = availability(on_hand=5, reserved=1, available=5)
    one = ("inventory", "on hand less reserved and quarantined", "4", [said])
    return Planted(Kind.AVAILABILITY_DOES_NOT_ADD_UP, [said], one, ("inventory", "available", "5", [said]))


def availability(on_hand: int, reserved: int, available: int) -> AvailabilityChanged:
    return AvailabilityChanged(
        item_id=ItemId(new_id()),
        on_hand=Quantity.pieces(on_hand),
        reserved=Quantity.pieces(reserved),
        quarantined=Quantity.zero(),
        available=Quantity.pieces(available),
    )


PLANTS: tuple[Callable[[Loop], Planted], ...] = (
    order_never_placed, credit_never_checked, confirmed_without_credit, over_limit_not_held, stock_not_answered,
    reserved_more_than_requested, short_of_more_than_requested, release_not_answered, released_more_than_asked,
    released_less_than_asked, change_never_finished, requested_not_planned, planned_more_than_requested,
    dispatched_not_planned, dispatched_not_as_packed, dispatched_though_called_back, dispatched_more_than_ordered,
    dispatched_after_cancellation, dispatched_not_shipped, shipped_not_dispatched, shipped_otherwise,
    arrived_not_delivered, delivered_not_arrived, shipped_not_invoiced, invoiced_not_shipped, invoiced_twice,
    invoiced_otherwise, invoice_price_differs, invoice_tax_rate_differs, invoice_tax_differs, invoice_total_differs,
    currency_differs, customer_differs, credited_more_than_invoiced, unknown_invoice, invoice_overallocated,
    paid_not_settled, settled_not_paid, paid_otherwise, closed_unpaid, closed_undelivered, closed_incomplete,
    never_closed, closed_without_margin, margin_revenue_differs, margin_cost_differs, unknown_payment,
    allocated_more_than_received, refunded_more_than_unallocated, payment_customer_differs,
)  # fmt: skip
