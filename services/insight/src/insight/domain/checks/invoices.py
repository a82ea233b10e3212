"""Inventory, order and finance: whether exactly what left was invoiced, once, at the order's prices."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from contracts.finance import InvoiceIssued
from contracts.inventory import ShipmentDispatched
from contracts.lines import InvoicedLine
from contracts.values import Money
from insight.domain.finding import Finding, Findings, Place
from insight.domain.kinds import Kind
from insight.domain.order_story import OrderStory, quantities
from insight.domain.statement import NOTHING, Statement, side, silent
from insight.domain.story import NONE, ZERO, plain, tallied

Invoice = Statement[InvoiceIssued]


def shipped_not_invoiced(order: OrderStory) -> Findings:
    for left in order.all(ShipmentDispatched):
        if left.event.shipment_id not in order.invoices_of_shipments:
            pieces = plain(sum((line.quantity.value for line in left.event.lines), ZERO))
            place = order.place(shipment_id=left.event.shipment_id)
            one = side("inventory", "dispatched", pieces, [left])
            yield Finding(Kind.SHIPPED_NOT_INVOICED, place, one, silent("finance", "invoiced"))


def invoiced_not_shipped(order: OrderStory) -> Findings:
    for invoice in order.all(InvoiceIssued):
        shipment_id = invoice.event.shipment_id
        if shipment_id not in order.dispatches:
            place = order.place(shipment_id=shipment_id, invoice_id=invoice.event.invoice_id)
            one = side("finance", "invoiced", invoice.event.gross, [invoice])
            yield Finding(Kind.INVOICED_NOT_SHIPPED, place, one, silent("inventory", "dispatched"))


def invoiced_twice(order: OrderStory) -> Findings:
    for shipment_id, invoices in order.invoices_of_shipments.items():
        if len(invoices) > 1:
            one = side("inventory", "dispatched", "once", order.dispatches.get(shipment_id, []))
            other = side("finance", "invoiced", f"{len(invoices)} times", invoices)
            yield Finding(Kind.INVOICED_TWICE, order.place(shipment_id=shipment_id), one, other)


def invoiced_otherwise(order: OrderStory) -> Findings:
    """Per line; a shipment without an invoice, or the other way round, is told as a whole."""
    for invoice in order.all(InvoiceIssued):
        left = order.dispatches.get(invoice.event.shipment_id)
        if left is None:
            continue
        there = tallied(left, lambda event: quantities(event.lines))
        charged = tallied([invoice], _quantities)
        for line_id in there.keys() | charged.keys():
            gone, asked = there.get(line_id, NONE).amount, charged.get(line_id, NONE).amount
            if gone != asked:
                one = side("inventory", "dispatched", plain(gone), left)
                other = side("finance", "invoiced", plain(asked), [invoice])
                place = order.place(
                    line_id=line_id, shipment_id=invoice.event.shipment_id, invoice_id=invoice.event.invoice_id
                )
                yield Finding(Kind.INVOICED_OTHERWISE, place, one, other)


def invoice_price_differs(order: OrderStory) -> Findings:
    """Net = a price of the order's line times the quantity, rounded half up."""
    for invoice, line in _charged(order):
        prices = order.prices.get(line.line_id, set())
        if line.net.amount not in {Money.rounded(each * line.quantity.value, order.currency).amount for each in prices}:
            asked = " or ".join(f"{plain(line.quantity.value)} at {plain(each)}" for each in sorted(prices)) or NOTHING
            one = side("order", "price", asked, order.terms)
            other = side("finance", "net", line.net, [invoice])
            yield Finding(Kind.INVOICE_PRICE_DIFFERS, _of_line(order, invoice, line), one, other)


def invoice_tax_rate_differs(order: OrderStory) -> Findings:
    for invoice, line in _charged(order):
        known = order.lines.get(line.line_id)
        if known is not None and known.tax_percent != line.tax_percent:
            one = side("order", "tax", f"{plain(known.tax_percent)} %", order.terms)
            other = side("finance", "tax", f"{plain(line.tax_percent)} %", [invoice])
            yield Finding(Kind.INVOICE_TAX_RATE_DIFFERS, _of_line(order, invoice, line), one, other)


def invoice_tax_differs(order: OrderStory) -> Findings:
    """EN 16931, BR-CO-17: rounded once per rate on the sum of its nets."""
    for invoice in order.all(InvoiceIssued):
        due, charged = _tax_due(invoice.event), sum((line.tax.amount for line in invoice.event.lines), ZERO)
        if due != charged:
            one = side("finance", "tax on the nets", plain(due), [invoice])
            other = side("finance", "tax charged", plain(charged), [invoice])
            place = order.place(invoice_id=invoice.event.invoice_id)
            yield Finding(Kind.INVOICE_TAX_DIFFERS, place, one, other)


def invoice_total_differs(order: OrderStory) -> Findings:
    for invoice in order.all(InvoiceIssued):
        event = invoice.event
        net = sum((line.net.amount for line in event.lines), ZERO)
        tax = sum((line.tax.amount for line in event.lines), ZERO)
        if (event.net.amount, event.tax.amount, event.gross.amount) != (net, tax, net + tax):
            one = side("finance", "sum of the lines", f"{plain(net)} + {plain(tax)}", [invoice])
            asked = f"{plain(event.net.amount)} + {plain(event.tax.amount)} = {plain(event.gross.amount)}"
            other = side("finance", "total", asked, [invoice])
            yield Finding(Kind.INVOICE_TOTAL_DIFFERS, order.place(invoice_id=event.invoice_id), one, other)


def currency_differs(order: OrderStory) -> Findings:
    """Of an invoice, and of the money that settles it."""
    asked = [(each, each.event.invoice_id, each.event.gross) for each in order.all(InvoiceIssued)]
    settled = [
        (each, each.event.invoice_id, each.event.amount) for found in order.allocations.values() for each in found
    ]
    for said, invoice_id, amount in (*asked, *settled):
        if amount.currency != order.currency:
            one = side("order", "ordered in", order.currency, [order.placed])
            other = side("finance", "says", amount, [said])
            yield Finding(Kind.CURRENCY_DIFFERS, order.place(invoice_id=invoice_id), one, other)


def customer_differs(order: OrderStory) -> Findings:
    """Merged customers are one."""
    whose = order.who_remains(order.placed.event.customer_id)
    one = [order.placed]
    for left in order.all(ShipmentDispatched):
        if order.who_remains(left.event.customer_id) != whose:
            place = order.place(shipment_id=left.event.shipment_id)
            other = side("inventory", "customer", left.event.customer_id, [left])
            yield Finding(Kind.CUSTOMER_DIFFERS, place, side("order", "customer", whose, one), other)
    for invoice in order.all(InvoiceIssued):
        if order.who_remains(invoice.event.customer_id) != whose:
            place = order.place(invoice_id=invoice.event.invoice_id)
            other = side("finance", "customer", invoice.event.customer_id, [invoice])
            yield Finding(Kind.CUSTOMER_DIFFERS, place, side("order", "customer", whose, one), other)


def _charged(order: OrderStory) -> list[tuple[Invoice, InvoicedLine]]:
    """Every line of every invoice that is in the order's currency."""
    invoices = [each for each in order.all(InvoiceIssued) if each.event.gross.currency == order.currency]
    return [(invoice, line) for invoice in invoices for line in invoice.event.lines]


def _of_line(order: OrderStory, invoice: Invoice, line: InvoicedLine) -> Place:
    return order.place(invoice_id=invoice.event.invoice_id, line_id=line.line_id)


def _quantities(event: InvoiceIssued) -> list[tuple[UUID, Decimal]]:
    return [(line.line_id, line.quantity.value) for line in event.lines]


def _tax_due(event: InvoiceIssued) -> Decimal:
    nets: dict[Decimal, Decimal] = {}
    for line in event.lines:
        nets[line.tax_percent] = nets.get(line.tax_percent, ZERO) + line.net.amount
    return sum((_rounded_tax(net, rate, event.gross.currency) for rate, net in nets.items()), ZERO)


def _rounded_tax(net: Decimal, rate: Decimal, currency: str) -> Decimal:
    return Money.rounded(net * rate / 100, currency).amount
