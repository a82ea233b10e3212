"""The life of one order, told by three services in episodes: between two of them nothing is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from contracts.customer import CustomersMerged
from contracts.event import Event
from contracts.finance import CreditExposureChecked, CreditLimitCleared, CreditLimitExceeded, OrderMarginComputed
from contracts.ids import CustomerId, HoldId, LineId, ReleaseId
from contracts.inventory import (
    ShipmentCancelled,
    StockReleased,
)
from contracts.order import (
    LineChange,
    OrderAmended,
    OrderAmendmentRejected,
    OrderAmendmentRequested,
    OrderCancellationRequested,
    OrderCancelled,
    OrderClosed,
    OrderHoldApplied,
    OrderHoldReleased,
    OrderPlaced,
    StockReleaseRequested,
)
from contracts.values import Quantity

from .fulfilment import Fulfilment
from .goods import TODAY, ZERO, Line, a_line, an_id


class Life(Fulfilment):
    """`episodes` yields what is told, each service's words in their order."""

    def episodes(self) -> Iterator[list[Event]]:
        self.place()
        if self.happens(0.1):
            self.refuse_credit()
            yield self.quiet()
            if self.happens(0.3):
                self.cancel()
                yield self.quiet()
                return
            self.clear_credit()
        else:
            self.say(self._credit(CreditExposureChecked, limit=None, reason="no credit limit is set"))
        self.ask_for_stock()
        yield self.quiet()
        if self.till.prepaid:
            self.say(*self.till.receive(self.total().amount)) if self.total() else None
            yield self.quiet()
        while not self.closed and (self.open or not self._is_done()):
            self.step()
            if self.said:
                yield self.quiet()
        if self.closed and self.happens(0.05):
            self.credit()
            self.say(*self.till.refund())
            yield self.quiet()

    def _is_done(self) -> bool:
        return self.closed or all(line.cancelled == line.line.quantity.value for line in self.lines)

    def step(self) -> None:
        """One thing that people do, and what follows from it at once."""
        steps: list[tuple[float, Callable[[], None]]] = [
            (8, self.send) if self.parcels else (0, self.send),
            (4, self.fill) if any(line.short for line in self.lines) else (0, self.fill),
            (6, self.arrive) if self.on_the_way else (0, self.arrive),
            (5, self.pay) if self.till.open else (0, self.pay),
            (0.4, self.amend_up) if self.open else (0, self.amend_up),
            (0.4, self.amend_down) if self.open else (0, self.amend_down),
            (0.3, self.cancel) if self.open else (0, self.cancel),
            (0.3, self.withdraw) if self.parcels else (0, self.withdraw),
            (0.2, self.credit) if self.till.bills else (0, self.credit),
            (0.05, self.merge),
        ]
        weights, names = [weight for weight, _ in steps], [step for _, step in steps]
        self.dice.choices(names, weights)[0]()
        self.close_when_settled()

    def quiet(self) -> list[Event]:
        self.close_when_settled()
        said, self.said = self.said, []
        return said

    def place(self) -> None:
        self.say(
            OrderPlaced(
                order_id=self.order_id,
                customer_id=self.customer_id,
                number=f"SO-{self.company.number()}",
                channel="shop",
                lines=tuple(line.line for line in self.lines),
                total=self.total(),
                prepaid=self.till.prepaid,
                ordered_on=TODAY,
            )
        )

    def _credit(self, kind: Callable[..., Event], **more: object) -> Event:
        return kind(order_id=self.order_id, customer_id=self.customer_id, exposure=self.total(), **more)

    def refuse_credit(self) -> None:
        self.say(
            self._credit(CreditLimitExceeded, limit=self.till.money(ZERO)),
            OrderHoldApplied(
                order_id=self.order_id,
                customer_id=self.customer_id,
                hold_id=HoldId(self.order_id),
                kind="credit",
                reason="over the limit",
            ),
        )

    def clear_credit(self) -> None:
        self.say(
            self._credit(CreditLimitCleared, limit=None, reason="within the credit limit"),
            OrderHoldReleased(
                order_id=self.order_id,
                customer_id=self.customer_id,
                hold_id=HoldId(self.order_id),
                kind="credit",
                reason="credit fits again",
            ),
        )

    def pay(self) -> None:
        """All that is open, a part of it, or more than that."""
        open_ = self.till.open
        cents = int(open_ * 100)
        amount = open_ if self.happens(0.6) or cents < 2 else Decimal(self.dice.randint(1, cents)) / 100
        more = Decimal(7) if self.happens(0.05) else ZERO
        self.say(*self.till.receive(amount + more))
        if more:
            self.say(*self.till.refund())

    def credit(self) -> None:
        """Some of a line is taken back; free money goes where something is open, or back."""
        bill = self.dice.choice(self.till.bills)
        line = self.dice.choice(bill.issued.lines)
        if any(each.line_id == line.line_id for each in bill.credited):
            return
        self.say(
            *self.till.credit(bill, self.line(line.line_id), Decimal(self.dice.randint(1, int(line.quantity.value))))
        )
        if self.closed:
            self.say(self._margin())
        self.say(*self.till.put_to_use())
        self.say(*self.till.refund() if self.happens(0.5) and not self.till.prepaid else ())

    def merge(self) -> None:
        """The customer turns out to be another; what comes later is the other's."""
        if self.till.customer_id in self.company.merged:
            return
        self.company.merged.add(self.till.customer_id)
        survivor = CustomerId(an_id(self.dice))
        self.say(CustomersMerged(customer_id=self.till.customer_id, survivor_id=survivor))
        self.till.customer_id = survivor

    def withdraw(self) -> None:
        """A lot is quarantined: a shipment that has not left is called back, its goods are awaited anew."""
        parcel = self.dice.choice(self.parcels)
        self.parcels.remove(parcel)
        self.take_back(parcel.inside)
        self.say(ShipmentCancelled(shipment_id=parcel.shipment_id, order_id=self.order_id, reason="quarantine"))

    def amend_up(self) -> None:
        line = self.dice.choice(self.lines)
        before = line.line.quantity
        more = Decimal(self.dice.randint(1, 5))
        line.resize(more)
        line.unasked += more
        changes = [LineChange(line_id=line.id, before=before, after=line.line.quantity)]
        if self.happens(0.3):
            added = a_line(self.company, self.till.currency)
            self.lines.append(added)
            changes.append(LineChange(line_id=added.id, before=Quantity.zero(), after=added.line.quantity))
        self.say(self._amended(changes))
        self.ask_for_stock()

    def amend_down(self) -> None:
        line = self.dice.choice([line for line in self.lines if line.open])
        wanted = Decimal(self.dice.randint(1, int(line.open)))
        if wanted == sum((each.open for each in self.lines), ZERO) and not self.left:
            return
        before, given = line.line.quantity, self._give_back({line.id: wanted}, amends=True)
        if not given:
            return
        line.cancelled -= given[line.id]
        line.resize(-given[line.id])
        self.say(self._amended([LineChange(line_id=line.id, before=before, after=line.line.quantity)]))

    def cancel(self) -> None:
        """What nobody was asked for at once; the rest when inventory has given it back."""
        at_once = {line.id: line.unasked for line in self.lines if line.unasked}
        for line in self.lines:
            line.cancelled, line.unasked = line.cancelled + line.unasked, ZERO
        asked = {line.id: line.open for line in self.lines if line.open}
        given = self._give_back(asked, amends=False) if asked else {}
        both = {id: at_once.get(id, ZERO) + given.get(id, ZERO) for id in at_once.keys() | given.keys()}
        if both:
            self.say(
                OrderCancelled(
                    order_id=self.order_id,
                    customer_id=self.customer_id,
                    lines=self.of(both),
                    total=self.total(),
                    cancelled=self.till.money(ZERO),
                    reason="changed my mind",
                    complete=all(line.cancelled == line.line.quantity.value for line in self.lines),
                )
            )
            if not self.till.bills:
                self.say(*self.till.refund() if self._is_done() else ())

    def _give_back(self, asked: dict[LineId, Decimal], *, amends: bool) -> dict[LineId, Decimal]:
        """Inventory may have sent a parcel meanwhile: what has left is not given back."""
        release_id = ReleaseId(an_id(self.dice))
        about = {"order_id": self.order_id, "customer_id": self.customer_id, "release_id": release_id}
        first = (
            OrderAmendmentRequested.model_validate({**about, "lines": self.of(asked)})
            if amends
            else OrderCancellationRequested.model_validate({**about, "reason": "changed my mind"})
        )
        self.say(first, StockReleaseRequested(order_id=self.order_id, release_id=release_id, lines=self.of(asked)))
        if self.happens(0.2) and (packed := [each for each in self.parcels if each.packed]):
            self.leave(packed[0])
        given = {id: self._call_back(self.line(id), quantity) for id, quantity in asked.items()}
        given = {id: quantity for id, quantity in given.items() if quantity}
        self.say(StockReleased(order_id=self.order_id, release_id=release_id, lines=self.of(given)))
        self._drop_empty()
        if not given:
            self.say(OrderAmendmentRejected.model_validate({**about, "reason": "it has left"}))
        return given

    def _call_back(self, line: Line, quantity: Decimal) -> Decimal:
        """Back-orders first, then what is in parcels, which are then packed anew."""
        short = min(quantity, line.short)
        taken = min(quantity - short, line.picking)
        line.short, line.picking, line.cancelled = (
            line.short - short,
            line.picking - taken,
            line.cancelled + short + taken,
        )
        rest = taken
        for parcel in self.parcels:
            part = min(rest, parcel.inside.get(line.id, ZERO))
            if part:
                parcel.inside[line.id] -= part
                parcel.packed = False
            rest -= part
        return short + taken

    def _drop_empty(self) -> None:
        for parcel in list(self.parcels):
            parcel.inside = {id: quantity for id, quantity in parcel.inside.items() if quantity}
            if not parcel.inside:
                self.parcels.remove(parcel)
                self.say(
                    ShipmentCancelled(shipment_id=parcel.shipment_id, order_id=self.order_id, reason="called back")
                )

    def _amended(self, changes: list[LineChange]) -> OrderAmended:
        return OrderAmended(
            order_id=self.order_id,
            customer_id=self.customer_id,
            lines=tuple(line.line for line in self.lines),
            changes=tuple(changes),
            total=self.total(),
        )

    def close_when_settled(self) -> None:
        """Money that nothing is left to invoice for goes back; then nobody owes anybody anything."""
        if self.closed or self.open or not self.left:
            return
        self.say(*self.till.waive())
        if self.on_the_way or not self.till.is_paid:
            return
        self.closed = True
        self.say(OrderClosed(order_id=self.order_id, customer_id=self.customer_id, number="SO"), self._margin())
        self.say(*self.till.refund())

    def _margin(self) -> OrderMarginComputed:
        asked = sum((line.net.amount for bill in self.till.bills for line in bill.issued.lines), ZERO)
        back = sum((line.net.amount for bill in self.till.bills for line in bill.credited), ZERO)
        revenue = self.till.money(asked - back)
        return OrderMarginComputed(
            order_id=self.order_id,
            customer_id=self.till.customer_id,
            opportunity_id=None,
            revenue=revenue,
            cost=self.till.money(self.cost),
            margin=revenue - self.till.money(self.cost),
            margin_percent=None,
        )
