"""The kinds of discrepancies. A name is stable: programs and people look for it."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Each with what it means, in `meaning`."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Kind:
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.meaning = meaning
        return kind

    # who heard of what
    ORDER_NEVER_PLACED = "order_never_placed", "Somebody deals with an order that was never placed"
    EVENT_MISSING = "event_missing", "An event of a numbered series has not come; later ones wait behind it"
    EVENT_NOT_READABLE = (
        "event_not_readable",
        "An event could not be taken in; later ones of its subject wait behind it",
    )

    # order and finance: credit
    CREDIT_NEVER_CHECKED = "credit_never_checked", "An order was placed, and finance said nothing of its credit"
    CONFIRMED_WITHOUT_CREDIT = "confirmed_without_credit", "An order was confirmed though finance never approved it"
    OVER_LIMIT_NOT_HELD = "over_limit_not_held", "Finance refused the credit, and the order was not held"

    # order and inventory: stock
    STOCK_NOT_ANSWERED = "stock_not_answered", "Stock was requested, and neither reserved nor back-ordered"
    RESERVED_MORE_THAN_REQUESTED = "reserved_more_than_requested", "More was reserved than the order requested"
    SHORT_OF_MORE_THAN_REQUESTED = "short_of_more_than_requested", "More is on back-order than the order requested"
    RELEASE_NOT_ANSWERED = "release_not_answered", "The order asked for goods to be given back, and got no answer"
    RELEASED_MORE_THAN_ASKED = "released_more_than_asked", "More was given back than the order asked for"
    RELEASED_LESS_THAN_ASKED = "released_less_than_asked", "Less was given back than asked for, and the rest never left"
    CHANGE_NEVER_FINISHED = "change_never_finished", "Inventory gave back what was asked, and the order did not go on"

    # order and inventory: shipments
    REQUESTED_NOT_PLANNED = "requested_not_planned", "A shipment was requested, and never planned"
    PLANNED_MORE_THAN_REQUESTED = "planned_more_than_requested", "More is planned to be shipped than was requested"
    DISPATCHED_NOT_PLANNED = "dispatched_not_planned", "A shipment left that was never planned"
    DISPATCHED_NOT_AS_PACKED = "dispatched_not_as_packed", "What left is not what was packed"
    DISPATCHED_THOUGH_CALLED_BACK = "dispatched_though_called_back", "A shipment left that had been called back"
    DISPATCHED_MORE_THAN_ORDERED = "dispatched_more_than_ordered", "More left the house than was ordered"
    DISPATCHED_AFTER_CANCELLATION = "dispatched_after_cancellation", "Goods left the house for a cancelled order"
    DISPATCHED_NOT_SHIPPED = "dispatched_not_shipped", "A shipment left, and the order does not say so"
    SHIPPED_NOT_DISPATCHED = "shipped_not_dispatched", "The order says that a shipment left, and inventory does not"
    SHIPPED_OTHERWISE = "shipped_otherwise", "Order and inventory name different quantities of a shipment"
    ARRIVED_NOT_DELIVERED = "arrived_not_delivered", "A shipment arrived, and the order does not say so"
    DELIVERED_NOT_ARRIVED = "delivered_not_arrived", "The order says that a shipment arrived, and inventory does not"

    # inventory and finance, order and finance: invoices
    SHIPPED_NOT_INVOICED = "shipped_not_invoiced", "A shipment left, and was never invoiced"
    INVOICED_NOT_SHIPPED = "invoiced_not_shipped", "A shipment was invoiced that never left"
    INVOICED_TWICE = "invoiced_twice", "A shipment was invoiced more than once"
    INVOICED_OTHERWISE = "invoiced_otherwise", "An invoice names another quantity than the shipment"
    INVOICE_PRICE_DIFFERS = "invoice_price_differs", "An invoice line is not the order's price times the quantity"
    INVOICE_TAX_RATE_DIFFERS = "invoice_tax_rate_differs", "An invoice line has another tax rate than the order"
    INVOICE_TAX_DIFFERS = (
        "invoice_tax_differs",
        "The tax of an invoice is not the rate of its net, rounded once per rate",
    )
    INVOICE_TOTAL_DIFFERS = "invoice_total_differs", "The total of an invoice is not the sum of its lines"
    CURRENCY_DIFFERS = "currency_differs", "An invoice or an allocation is in another currency than the order"
    CUSTOMER_DIFFERS = "customer_differs", "A shipment or an invoice is another customer's than the order"

    # order and finance: money and the end
    CREDITED_MORE_THAN_INVOICED = (
        "credited_more_than_invoiced",
        "Credit notes give back more than the invoice asked for",
    )
    UNKNOWN_INVOICE = "unknown_invoice", "Money or a credit note is about an invoice that was never issued"
    INVOICE_OVERALLOCATED = "invoice_overallocated", "More money was allocated to an invoice than it asks for"
    PAID_NOT_SETTLED = "paid_not_settled", "An invoice was called paid while something is open on it"
    SETTLED_NOT_PAID = "settled_not_paid", "Nothing is open on an invoice, and it was never called paid"
    PAID_OTHERWISE = "paid_otherwise", "An invoice was paid with another total than it was issued with"
    CLOSED_UNPAID = "closed_unpaid", "An order was closed while an invoice of it is not paid"
    CLOSED_UNDELIVERED = "closed_undelivered", "An order was closed while a shipment of it has not arrived"
    CLOSED_INCOMPLETE = "closed_incomplete", "An order was closed while some of it is neither shipped nor cancelled"
    NEVER_CLOSED = "never_closed", "All of an order is shipped, delivered and paid, and it was never closed"
    CLOSED_WITHOUT_MARGIN = "closed_without_margin", "An order was closed, and finance never said what it brought"
    MARGIN_REVENUE_DIFFERS = (
        "margin_revenue_differs",
        "The margin counts another revenue than invoices and credit notes",
    )
    MARGIN_COST_DIFFERS = "margin_cost_differs", "The margin counts another cost than inventory told with the shipments"

    # payments
    UNKNOWN_PAYMENT = "unknown_payment", "Money was allocated or sent back of a payment that never came in"
    ALLOCATED_MORE_THAN_RECEIVED = "allocated_more_than_received", "More of a payment was allocated than came in"
    REFUNDED_MORE_THAN_UNALLOCATED = "refunded_more_than_unallocated", "More of a payment went back than was left of it"
    PAYMENT_CUSTOMER_DIFFERS = "payment_customer_differs", "A payment settles an invoice of another customer"

    # items
    AVAILABILITY_NEGATIVE = "availability_negative", "Less than nothing of an item is there to be promised"
    AVAILABILITY_DOES_NOT_ADD_UP = (
        "availability_does_not_add_up",
        "What is available of an item is not what is on hand less what is reserved or quarantined",
    )
