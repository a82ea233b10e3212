"""Money: what was sent is invoiced once and at the order's prices, what came in is where it says, credit is counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from contracts.lines import gross_total
from contracts.values import Money
from orderloop.audit.comparing import Check, Difference, Side, matching, ordered, plain, same
from orderloop.audit.facts import LEFT, NOTHING, Facts, Invoice, Order, summed
from orderloop.audit.goods import Names

Numbers = dict[str, Decimal]
NUMBER = re.compile(r"^(.*?)(\d+)$")


def checks(facts: Facts) -> list[Check]:
    return [
        _one_invoice_a_shipment(facts),
        _at_the_orders_prices(facts),
        _of_the_orders_customer(facts),
        _paid_alike(facts),
        *_invoices(facts),
        *_payments(facts),
        *_exposure(facts),
        _credit_holds(facts),
        _gapless("invoice and credit note numbers have no gap", _numbers(facts)),
    ]


def _one_invoice_a_shipment(facts: Facts) -> Check:
    left = {each.shipment_id: Decimal(1) for each in facts.shipments if each.status in LEFT}
    invoices = Counter(each.shipment_id for each in facts.invoices)
    charged = {key: Decimal(number) for key, number in invoices.items()}
    names = Names(facts)
    return same(
        "every dispatched shipment has exactly one invoice",
        Side("inventory: dispatched", left),
        Side("finance: invoices", charged),
        names.shipment,
    )


def _at_the_orders_prices(facts: Facts) -> Check:
    """Net of each invoice line = price of the order line times quantity, to the cent."""
    lines = {line.line_id: (order, line) for order in facts.orders for line in order.lines}
    parts = [(invoice, part) for invoice in facts.invoices for part in invoice.parts if part.line_id in lines]
    found: list[Difference] = []
    for invoice, part in parts:
        order, line = lines[part.line_id]
        asked = Money(amount=line.unit_price, currency=order.currency).times(part.quantity).amount
        if (invoice.currency, part.net) != (order.currency, asked):
            left, right = f"finance: {plain(part.net)} {invoice.currency}", f"order: {plain(asked)} {order.currency}"
            found.append(Difference(f"{invoice.number} {line.sku}", left, right, right))
    return Check("invoice lines: net = the order's price times quantity", len(parts), ordered(found))


def _of_the_orders_customer(facts: Facts) -> Check:
    owners = {order.order_id: order.customer_id for order in facts.orders}
    found = [
        Difference(each.number, f"finance: customer {each.customer_id}", f"order: customer {owner}", owner)
        for each in facts.invoices
        if (owner := owners.get(each.order_id, "unknown")) != each.customer_id
    ]
    return Check("invoices are those of the order's customer", len(facts.invoices), ordered(found))


def _paid_alike(facts: Facts) -> Check:
    """The order has heard of the same invoices, and that they are paid."""
    heard = {
        each.invoice_id: "paid" if each.paid else "open"
        for order in facts.orders
        for each in order.deliveries
        if each.invoice_id
    }
    numbers = {each.invoice_id: each.number for each in facts.invoices}
    there = {each.invoice_id: "open" if each.open else "paid" for each in facts.invoices}
    return matching(
        "invoices: issued and paid alike",
        ("order:", heard),
        ("finance:", there),
        lambda invoice_id: numbers.get(invoice_id, f"invoice {invoice_id}"),
    )


def _invoices(facts: Facts) -> list[Check]:
    numbers = {each.invoice_id: each.number for each in facts.invoices}
    allocated = summed(pair for payment in facts.payments for pair in payment.allocations)
    credited = summed((each.about, each.amount) for each in facts.credit_notes)

    def about(invoice_id: str) -> str:
        return numbers.get(invoice_id, f"invoice {invoice_id}")

    return [
        same(
            "invoices: open = gross - credited - settled - waived",
            Side("open", {each.invoice_id: each.open for each in facts.invoices}),
            Side(
                "gross less all",
                {each.invoice_id: _left(each) for each in facts.invoices},
            ),
            about,
        ),
        same(
            "invoices: settled = allocations of payments",
            Side("invoice: settled", {each.invoice_id: each.settled for each in facts.invoices}),
            Side("payments: allocated", allocated),
            about,
        ),
        same(
            "invoices: credited = credit notes",
            Side("invoice: credited", {each.invoice_id: each.credited for each in facts.invoices}),
            Side("credit notes", credited),
            about,
        ),
    ]


def _left(invoice: Invoice) -> Decimal:
    return invoice.net + invoice.tax - invoice.credited - invoice.settled - invoice.waived


def _payments(facts: Facts) -> list[Check]:
    names = {each.payment_id: each.reference for each in facts.payments}
    refunds = summed((each.about, each.amount) for each in facts.refunds)

    def about(payment_id: str) -> str:
        return f"payment {names.get(payment_id, payment_id)}"

    used = {
        each.payment_id: sum((part for _, part in each.allocations), NOTHING) + each.refunded + each.unallocated
        for each in facts.payments
    }
    return [
        same(
            "payments: amount = allocated + refunded + unallocated",
            Side("amount", {each.payment_id: each.amount for each in facts.payments}),
            Side("used and left", used),
            about,
        ),
        same(
            "payments: refunded = refunds",
            Side("payment: refunded", {each.payment_id: each.refunded for each in facts.payments}),
            Side("refunds", refunds),
            about,
        ),
    ]


def _exposure(facts: Facts) -> list[Check]:
    """What a customer owes or would owe, from the documents of three services against finance's account."""
    names = {each.customer_id: each.name for each in facts.accounts}
    known = names.keys()
    free = (each for each in facts.payments if not each.prepayment)
    compared = (
        ("open orders", "open_orders", "orders", _open_orders(facts)),
        ("receivables", "receivables", "invoices", summed((i.customer_id, i.open) for i in facts.invoices)),
        ("free cash", "unallocated_cash", "payments", summed((p.customer_id, p.unallocated) for p in free)),
        ("exposure", "exposure", "its parts", _owed(facts)),
    )

    def about(customer_id: str) -> str:
        return names.get(customer_id, f"customer {customer_id}")

    return [
        same(
            f"credit accounts: {what} = {source}",
            Side(f"account: {what}", {each.customer_id: getattr(each, part) for each in facts.accounts}),
            Side(source, numbers),
            about,
            known,
        )
        for what, part, source, numbers in compared
    ]


def _open_orders(facts: Facts) -> Numbers:
    """Gross that is ordered, neither cancelled nor invoiced, of orders that are not paid before."""
    invoiced = summed((part.line_id, part.quantity) for each in facts.invoices for part in each.parts)
    counted = (order for order in facts.orders if not order.prepaid)
    return summed((order.customer_id, _open_gross(order, invoiced)) for order in counted)


def _open_gross(order: Order, invoiced: Mapping[str, Decimal]) -> Decimal:
    nets: list[tuple[Money, Decimal]] = []
    for line in order.lines:
        left = line.ordered - line.cancelled - invoiced.get(line.line_id, NOTHING)
        if left > 0:
            nets.append((Money(amount=line.unit_price, currency=order.currency).times(left), line.tax_percent))
    return gross_total(nets, order.currency).amount


def _owed(facts: Facts) -> Numbers:
    return {each.customer_id: each.open_orders + each.receivables - each.unallocated_cash for each in facts.accounts}


def _credit_holds(facts: Facts) -> Check:
    names = Names(facts)
    held = {order.order_id: "held" for order in facts.orders if order.on_credit_hold and not order.is_over}
    waiting = {order_id: "held" for each in facts.accounts for order_id in each.waiting}
    return matching("credit holds: the same orders wait", ("order:", held), ("finance:", waiting), names.order)


def _numbers(facts: Facts) -> list[str]:
    return [*(each.number for each in facts.invoices), *(each.number for each in facts.credit_notes)]


def _gapless(name: str, numbers: Iterable[str]) -> Check:
    """Per series, from one to the last."""
    series: dict[str, set[int]] = {}
    for number in numbers:
        if found := NUMBER.match(number):
            series.setdefault(found[1], set()).add(int(found[2]))
    gaps = [
        Difference(f"{prefix}{missing}", "missing", f"the last is {max(there)}", "gap")
        for prefix, there in series.items()
        for missing in sorted(set(range(1, max(there) + 1)) - there)
    ]
    return Check(name, sum(map(len, series.values())), ordered(gaps))
