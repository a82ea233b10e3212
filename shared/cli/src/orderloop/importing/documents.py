"""Rows that become opportunities, orders, payments, returns, adjustments and complaints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from orderloop.importing.cells import Cells
from orderloop.importing.mapping import (
    AdjustmentRule,
    ComplaintRule,
    LineRule,
    OpportunityRule,
    OrderRule,
    PaymentRule,
    ReturnRule,
)
from orderloop.importing.records import (
    Adjustment,
    Batch,
    Complaint,
    Line,
    Opportunity,
    Order,
    Outcome,
    Payment,
    Progress,
    Return,
)
from orderloop.importing.tables import Row
from orderloop.importing.troubles import MappingMalformed, RowRefused

if TYPE_CHECKING:
    from orderloop.importing.reading import Reader

STAGES = ("prospecting", "engaging", "proposing", "negotiating")
OUTCOMES = ("open", "won", "lost")
PROGRESS = ("placed", "dispatched", "delivered", "cancelled")


def opportunity(reader: Reader, rule: OpportunityRule) -> Callable[[str, list[Row]], Opportunity]:
    """Readers of opportunities; a won one needs a customer and lines, for it becomes an order."""

    def read(key: str, rows: list[Row]) -> Opportunity:
        cells = reader.cells(rows[0])
        outcome = cast("Outcome", cells.one_of("the outcome", rule.outcome, OUTCOMES))
        customer = cells.text(rule.customer) or None
        _must_know_customer(reader.batch, customer, needed=outcome == "won")
        lines = _lines(reader, rule.lines, key, rows[:1]) if outcome == "won" else ()
        if outcome == "won" and not lines:
            raise RowRefused("won without any line", key)
        return Opportunity(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            name=cells.required("the name", rule.name),
            customer=customer,
            owner=cells.required("the owner", rule.owner),
            stage=cells.one_of("the stage", rule.stage, STAGES),
            outcome=outcome,
            amount=_not_negative("the amount", cells.number("the amount", rule.amount)),
            opened_on=cells.day_or_none("the day it was opened", rule.opened_on),
            closed_on=cells.day_or_none("the day it was closed", rule.closed_on),
            reason=cells.text(rule.reason),
            lines=lines,
        )

    return read


def order(reader: Reader, rule: OrderRule) -> Callable[[str, list[Row]], Order]:
    """Readers of orders; an order of which no line can come in is refused."""

    def read(key: str, rows: list[Row]) -> Order:
        cells = reader.cells(rows[0])
        customer = cells.required("the customer", rule.customer)
        _must_know_customer(reader.batch, customer, needed=True)
        lines = _lines(reader, rule.lines, key, rows)
        if not lines:
            raise RowRefused("the order has no line that can come in", key)
        return Order(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            customer=customer,
            ordered_on=cells.day("the day of the order", rule.ordered_on),
            requested_on=cells.day_or_none("the requested day", rule.requested_on),
            reference=cells.text(rule.reference, 100) or key,
            channel=cells.one_of("the channel", rule.channel, ("shop", "edi", "phone")),
            prepaid=rule.prepaid,
            progress=cast("Progress", cells.one_of("the progress", rule.progress, PROGRESS)),
            reason=cells.text(rule.reason),
            lines=lines,
        )

    return read


def payment(batch: Batch) -> Callable[[PaymentRule, str, Cells], Payment]:
    """Readers of payments for orders of this source."""

    def read(rule: PaymentRule, key: str, cells: Cells) -> Payment:
        return Payment(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            order=_known_order(batch, cells.required("the order", rule.order)),
            amount=cells.positive("the amount", rule.amount),
            reference=cells.text(rule.reference, 100) or key,
            received_on=cells.day_or_none("the day it came in", rule.received_on),
        )

    return read


def returned(batch: Batch) -> Callable[[ReturnRule, str, Cells], Return]:
    """Readers of returns; which sale they take back is found afterwards."""

    def read(rule: ReturnRule, key: str, cells: Cells) -> Return:
        customer = cells.required("the customer", rule.customer)
        _must_know_customer(batch, customer, needed=True)
        return Return(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            customer=customer,
            item=_known_item(batch, cells.required("the item", rule.item)),
            quantity=cells.positive("the quantity", rule.quantity),
            price=cells.number_or_none("the price", rule.price),
            returned_on=cells.day("the day", rule.returned_on),
            reason=cells.required("the reason", rule.reason),
        )

    return read


def adjustment(batch: Batch) -> Callable[[AdjustmentRule, str, Cells], Adjustment]:
    """Readers of stock that was found or lost."""

    def read(rule: AdjustmentRule, key: str, cells: Cells) -> Adjustment:
        item = _known_item(batch, cells.required("the item", rule.item))
        if batch.items[item].kind != "goods":
            raise RowRefused("a service has no stock", item)
        quantity = cells.number("the quantity", rule.quantity)
        if not quantity:
            raise RowRefused("nothing was found or lost")
        return Adjustment(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            item=item,
            quantity=quantity,
            reason=cells.required("the reason", rule.reason),
        )

    return read


def complaint(batch: Batch) -> Callable[[ComplaintRule, str, Cells], Complaint]:
    """Readers of complaints about orders of this source."""

    def read(rule: ComplaintRule, key: str, cells: Cells) -> Complaint:
        return Complaint(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            order=_known_order(batch, cells.required("the order", rule.order)),
            title=" ".join(cells.required("the title", rule.title, 200).split()),
            description=cells.text(rule.description, 4000),
            severity=cells.one_of("the severity", rule.severity, ("minor", "major", "critical")),
            opened_on=cells.day_or_none("the day", rule.opened_on),
        )

    return read


def _lines(reader: Reader, rules: tuple[LineRule, ...], key: str, rows: list[Row]) -> tuple[Line, ...]:
    """The lines of a document; a line that cannot come in is refused by itself."""
    found: list[Line] = []
    for rule, row in _line_rows(reader, rules, key, rows):
        if reader.passes(rule.refuse, "line", key, row):
            try:
                found.append(_line(reader.batch, rule, str(len(found)), reader.cells(row)))
            except RowRefused as refusal:
                reader.refuse("line", key, row, refusal)
    return tuple(found)


def _line_rows(
    reader: Reader, rules: tuple[LineRule, ...], key: str, rows: list[Row]
) -> Iterator[tuple[LineRule, Row]]:
    from orderloop.importing.values import holds

    for rule in rules:
        if rule.rows_of is not None and rule.by is None:
            raise MappingMalformed(f"lines from {rule.rows_of} need `by`: the column that holds the document's key")
        own = rows if rule.rows_of is None or rule.by is None else reader.rows_of(rule.rows_of, rule.by, key)
        yield from ((rule, row) for row in own if holds(rule.when, row, reader.tables))


def _line(batch: Batch, rule: LineRule, key: str, cells: Cells) -> Line:
    return Line(
        key=key,
        table=cells.row.table,
        row=cells.row.number,
        item=_known_item(batch, cells.required("the item", rule.item)),
        quantity=cells.positive("the quantity", rule.quantity),
        price=cells.positive("the price", rule.price),
        tax_percent=_not_negative("the tax", cells.number("the tax", rule.tax_percent)),
        description=cells.text(rule.description),
    )


def _must_know_customer(batch: Batch, customer: str | None, *, needed: bool) -> None:
    if customer is None and needed:
        raise RowRefused("the customer is missing")
    if customer is not None and customer not in batch.customers:
        raise RowRefused("the customer is unknown", customer)


def _known_item(batch: Batch, item: str) -> str:
    if item not in batch.items:
        raise RowRefused("the item is unknown", item)
    return item


def _known_order(batch: Batch, order: str) -> str:
    if order not in batch.orders:
        raise RowRefused("its order does not come in", order)
    return order


def _not_negative(name: str, number: Decimal) -> Decimal:
    if number < 0:
        raise RowRefused(f"{name} is below zero", str(number))
    return number
