"""What a customer was promised, at which price, and how far the promise is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.errors import NotFound, Refused
from contracts.ids import CustomerId, LineId, OpportunityId, OrderId, QuoteId, new_id
from contracts.inventory import Backorder
from contracts.lines import LineQuantity, OrderLine, gross_total
from contracts.order import Channel, OrderPlaced, PromiseDateChanged
from contracts.values import Money
from order.domain.line import NOTHING, LineProgress, State
from order.domain.supply import AboutSupply, Supplies, after, lines_by_order, takes_away, with_shortage


class Status(StrEnum):
    """A pure function of the lines and of two facts, confirmed and closed: see `Promise.status`."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    IN_FULFILMENT = "in_fulfilment"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class OrderHasNoLines(Refused):
    """An order is a promise of goods; without lines nothing is promised."""


class LinesInSeveralCurrencies(Refused):
    """An order is in one currency."""


class QuantityNotPositive(Refused):
    """A line promises more than nothing."""


class OrderIsOver(Refused):
    """What is closed or cancelled does not change any more."""


class LineNotFound(NotFound):
    """The order has no such line."""


@dataclass(eq=False, kw_only=True)
class Promise:
    """Who gets what at which price, and where it is. `Order` adds what stands in its way and what was delivered."""

    order_id: OrderId = field(default_factory=lambda: OrderId(new_id()))
    number: str
    customer_id: CustomerId
    channel: Channel
    lines: list[LineProgress]
    prepaid: bool = False
    opportunity_id: OpportunityId | None = None
    quote_id: QuoteId | None = None
    customer_reference: str | None = None
    ordered_on: date
    requested_on: date | None = None
    confirmed: bool = False
    closed: bool = False
    version: int = 0

    @property
    def status(self) -> Status:
        if self.closed:
            return Status.CLOSED
        if all(line.cancelled == line.ordered for line in self.lines):
            return Status.CANCELLED
        if not self.is_open:
            return Status.COMPLETED
        if any(line.shipped or line.picking for line in self.lines):
            return Status.IN_FULFILMENT
        return Status.CONFIRMED if self.confirmed else Status.PLACED

    @property
    def is_open(self) -> bool:
        """Something can still be shipped."""
        return any(line.open for line in self.lines)

    @property
    def is_over(self) -> bool:
        return self.status in (Status.CLOSED, Status.CANCELLED)

    @property
    def currency(self) -> str:
        return self.lines[0].line.unit_price.currency

    @property
    def total(self) -> Money:
        """Gross of what is not cancelled: what one invoice over all of it asks for."""
        return self._total_with({})

    def place(self) -> OrderPlaced:
        """Bind both sides; from here on the price stands.

        Raises OrderHasNoLines, LinesInSeveralCurrencies, QuantityNotPositive.
        """
        if not self.lines:
            raise OrderHasNoLines("an order needs at least one line")
        self._must_be_sound([line.line for line in self.lines])
        return OrderPlaced(
            order_id=self.order_id,
            customer_id=self.customer_id,
            number=self.number,
            channel=self.channel,
            lines=tuple(line.line for line in self.lines),
            total=self.total,
            prepaid=self.prepaid,
            opportunity_id=self.opportunity_id,
            quote_id=self.quote_id,
            customer_reference=self.customer_reference,
            ordered_on=self.ordered_on,
            requested_on=self.requested_on,
        )

    @property
    def supplies(self) -> tuple[Supplies, ...]:
        """What each line waits for."""
        return tuple(line.supplies for line in self.lines)

    def promise_shortage(self, parts: Sequence[Backorder]) -> tuple[PromiseDateChanged, ...]:
        """Goods are short: they are promised for the day on which the last come, unknown as long as any part is."""
        short = [line for line in self.lines if any(part.line_id == line.line_id for part in parts)]
        for line in short:
            line.supplies = with_shortage(line.supplies, [part for part in parts if part.line_id == line.line_id])
        days = {line.line_id: line.last_supply_on if line.is_supplied else None for line in short}
        return self.promise(days, "StockBackordered")

    def promise_supply(self, event: AboutSupply) -> tuple[PromiseDateChanged, ...]:
        """A supply came up, moved or is gone. A line that waits for nothing does not care. Raises LineNotFound.

        A promise moves with what is known; a new one is made when all that is short has a supply.
        """
        named = [self.line(line_id) for line_id in lines_by_order(event).get(self.order_id, ())]
        days: dict[LineId, date | None] = {}
        for line in (line for line in named if line.waiting):
            line.supplies = after(event, line.line_id, line.still_to_come())
            day = line.last_supply_on
            if (line.promised_on or line.is_supplied) and (day or takes_away(event)):
                days[line.line_id] = day
        return self.promise(days, type(event).__name__)

    def promise(self, days: Mapping[LineId, date | None], because: str) -> tuple[PromiseDateChanged, ...]:
        """The days on which lines come, as far as we know now. What cannot be shipped any more keeps the day it had."""
        changes = (self._promise(line_id, day, because) for line_id, day in days.items())
        return tuple(change for change in changes if change is not None)

    def _promise(self, line_id: LineId, day: date | None, because: str) -> PromiseDateChanged | None:
        line = self.line(line_id)
        before = line.promised_on
        if before == day or not line.open:
            return None
        line.promised_on = day
        return PromiseDateChanged(
            order_id=self.order_id,
            customer_id=self.customer_id,
            line_id=line_id,
            before=before,
            after=day,
            because=because,
        )

    def line(self, line_id: LineId) -> LineProgress:
        """Raises LineNotFound."""
        found = next((line for line in self.lines if line.line_id == line_id), None)
        if found is None:
            raise LineNotFound(f"order {self.number} has no line {line_id}; read the order for its lines")
        return found

    def _total_with(self, more: Mapping[LineId, Decimal]) -> Money:
        """What the total would be with so much more of some lines; the tax is rounded once per rate."""
        parts = ((line, line.remaining + more.get(line.line_id, NOTHING)) for line in self.lines)
        return gross_total(((line.net_of(part), line.line.tax_percent) for line, part in parts), self.currency)

    def _moved(self, source: State, target: State) -> tuple[LineQuantity, ...]:
        """Move all that is in a state; returns what was moved, an entry a line."""
        return tuple(moved for line in self.lines if (moved := line.move_all(source, target)) is not None)

    def _must_not_be_over(self) -> None:
        if self.is_over:
            raise OrderIsOver(f"order {self.number} is {self.status}; place a new one")

    def _must_be_sound(self, lines: Sequence[OrderLine]) -> None:
        if {line.unit_price.currency for line in lines} - {self.currency}:
            raise LinesInSeveralCurrencies(f"this order is in {self.currency}; place one order a currency")
        for line in lines:
            _must_be_positive(line.quantity.value)


def _must_be_positive(quantity: Decimal) -> None:
    if quantity <= 0:
        raise QuantityNotPositive(f"a line needs more than nothing, not {quantity}; leave the line out")
