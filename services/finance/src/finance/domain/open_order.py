"""OpenOrder: finance's copy of an order. What of it is still to be invoiced, at which price, what it cost so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.errors import NotFound, Refused
from contracts.finance import OrderMarginComputed
from contracts.ids import CustomerId, ItemId, LineId, OpportunityId, OrderId
from contracts.inventory import ShipmentDispatched
from contracts.lines import InvoicedLine, LineQuantity, OrderLine, gross_total
from contracts.order import LineChange, OrderAmended, OrderPlaced
from contracts.values import Money, Quantity
from finance.domain.margin import margin_percent, sum_in
from finance.domain.vat import Charge, net_of, taxed


class OrderLineUnknown(NotFound):
    """Only lines that the order has are amended, cancelled or invoiced; the event that adds one may be on its way."""


class ShippedMoreThanOrdered(NotFound):
    """Invoiced never exceeds ordered less cancelled; the amendment that allows more may be on its way."""


class CancelledMoreThanOpen(Refused):
    """Only what is neither invoiced nor cancelled already can be cancelled."""


class AmendedBelowInvoiced(Refused):
    """A line cannot become smaller than what of it is invoiced or cancelled."""


class OrderStatus(StrEnum):
    """An order is open until the order service says that nobody owes anybody anything."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class OpenLine:
    """A line: how many were ordered, invoiced and cancelled, at which net price per unit."""

    line_id: LineId
    item_id: ItemId
    description: str
    unit_price: Money
    tax_percent: Decimal
    ordered: Quantity
    invoiced: Quantity
    cancelled: Quantity

    @property
    def open(self) -> Quantity:
        """What is still to be invoiced."""
        return self.ordered - self.invoiced - self.cancelled

    def charge(self, quantity: Quantity) -> Charge:
        return Charge(
            line_id=self.line_id,
            item_id=self.item_id,
            description=self.description,
            quantity=quantity,
            net=self.unit_price.times(quantity.value),
            tax_percent=self.tax_percent,
        )

    @staticmethod
    def of(line: OrderLine) -> OpenLine:
        none = Quantity.zero(line.quantity.unit)
        return OpenLine(
            line_id=line.line_id,
            item_id=line.item_id,
            description=line.description or line.sku,
            unit_price=line.unit_price,
            tax_percent=line.tax_percent,
            ordered=line.quantity,
            invoiced=none,
            cancelled=none,
        )


@dataclass(eq=False, kw_only=True)
class OpenOrder:
    """For every line: invoiced <= ordered - cancelled. Amounts are in `currency`, costs in whichever they arose."""

    order_id: OrderId
    customer_id: CustomerId
    number: str
    ordered_on: date
    prepaid: bool
    currency: str
    lines: tuple[OpenLine, ...]
    opportunity_id: OpportunityId | None = None
    revenue: Money
    """Net of tax and of credit notes."""
    costs: tuple[Money, ...] = ()
    """What the shipped goods have cost, one sum per currency."""
    status: OrderStatus = OrderStatus.OPEN
    version: int = 0

    @staticmethod
    def of(placed: OrderPlaced) -> OpenOrder:
        return OpenOrder(
            order_id=placed.order_id,
            customer_id=placed.customer_id,
            number=placed.number,
            ordered_on=placed.ordered_on,
            prepaid=placed.prepaid,
            currency=placed.total.currency,
            lines=tuple(OpenLine.of(line) for line in placed.lines),
            opportunity_id=placed.opportunity_id,
            revenue=Money.zero(placed.total.currency),
        )

    @property
    def open_gross(self) -> Money:
        """What an invoice over all that is open would ask for; never below zero."""
        nets = ((line.unit_price.times(open_.value), line.tax_percent) for line in self.lines if (open_ := line.open))
        return max(gross_total(nets, self.currency), Money.zero(self.currency))

    @property
    def exposure(self) -> Money:
        """The part of the customer's credit that it takes: what is open of it, nothing when it is prepaid."""
        return Money.zero(self.currency) if self.prepaid else self.open_gross

    @property
    def is_invoiced(self) -> bool:
        """Nothing is left to invoice."""
        return not any(line.open for line in self.lines)

    def amend(self, amended: OrderAmended) -> None:
        """Take over the changed quantities and, for what is not invoiced yet, the prices; new lines join at the end."""
        known = {line.line_id for line in self.lines}
        now = {line.line_id: line for line in amended.lines}
        changes = {change.line_id: change for change in amended.changes}
        kept = tuple(_amended(line, now.get(line.line_id), changes.get(line.line_id)) for line in self.lines)
        added = tuple(OpenLine.of(line) for line in amended.lines if line.line_id not in known)
        self.lines = kept + added

    def cancel(self, quantities: Iterable[LineQuantity]) -> None:
        """These quantities will never be shipped."""
        cancelled = self._per_line(quantities)
        for line in self.lines:
            if line.line_id in cancelled and line.open < cancelled[line.line_id]:
                raise CancelledMoreThanOpen(
                    f"{line.open} of line {line.line_id} are open; cancel at most these and credit what is invoiced"
                )
        self.lines = tuple(
            replace(line, cancelled=line.cancelled + cancelled[line.line_id]) if line.line_id in cancelled else line
            for line in self.lines
        )

    def invoice(self, dispatched: ShipmentDispatched) -> tuple[InvoicedLine, ...]:
        """Charge exactly what was shipped at the order's prices, and remember what it has cost."""
        shipped = self._per_line(dispatched.lines)
        for line in self.lines:
            if line.line_id in shipped and line.open < shipped[line.line_id]:
                raise ShippedMoreThanOrdered(
                    f"{shipped[line.line_id]} of line {line.line_id} were shipped, {line.open} are open; amend it first"
                )
        charged = [line for line in self.lines if line.line_id in shipped]
        invoiced = taxed(line.charge(shipped[line.line_id]) for line in charged)
        self.revenue += net_of(invoiced, self.currency)
        self.costs = _summed(*self.costs, *(line.cost for line in dispatched.lines))
        self.lines = tuple(
            replace(line, invoiced=line.invoiced + shipped[line.line_id]) if line.line_id in shipped else line
            for line in self.lines
        )
        return invoiced

    def credit(self, lines: Sequence[InvoicedLine]) -> OrderMarginComputed | None:
        """A credit note takes back revenue; a closed order then has another margin."""
        self.revenue -= net_of(lines, self.currency)
        return self._margin() if self.status is OrderStatus.CLOSED else None

    def close(self) -> OrderMarginComputed | None:
        """Compute what the order brought; nothing more when it is closed already."""
        if self.status is OrderStatus.CLOSED:
            return None
        margin = self._margin()
        self.status = OrderStatus.CLOSED
        return margin

    def _margin(self) -> OrderMarginComputed:
        cost = sum_in(self.currency, self.costs)
        margin = self.revenue - cost
        return OrderMarginComputed(
            order_id=self.order_id,
            customer_id=self.customer_id,
            opportunity_id=self.opportunity_id,
            revenue=self.revenue,
            cost=cost,
            margin=margin,
            margin_percent=margin_percent(margin, self.revenue),
        )

    def _per_line(self, quantities: Iterable[LineQuantity]) -> dict[LineId, Quantity]:
        known = {line.line_id for line in self.lines}
        sums: dict[LineId, Quantity] = {}
        for each in quantities:
            if each.line_id not in known:
                raise OrderLineUnknown(f"order {self.number} has no line {each.line_id}; wait for its amendment")
            sums[each.line_id] = sums.get(each.line_id, Quantity.zero(each.quantity.unit)) + each.quantity
        return {line_id: quantity for line_id, quantity in sums.items() if quantity}


def _amended(line: OpenLine, now: OrderLine | None, change: LineChange | None) -> OpenLine:
    """The change counts, not the new quantity: it holds whether or not that includes what was cancelled before."""
    ordered = line.ordered if change is None else line.ordered + change.after - change.before
    if ordered < line.invoiced + line.cancelled:
        raise AmendedBelowInvoiced(
            f"{line.invoiced} of line {line.line_id} are invoiced, {line.cancelled} cancelled; credit the invoice"
        )
    if now is None:
        return replace(line, ordered=ordered)
    return replace(line, ordered=ordered, unit_price=now.unit_price, tax_percent=now.tax_percent)


def _summed(*costs: Money) -> tuple[Money, ...]:
    currencies = sorted({cost.currency for cost in costs if cost})
    return tuple(Money.total((each for each in costs if each.currency == code), code) for code in currencies)
