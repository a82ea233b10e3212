"""Builders: a customer, its orders, shipments and payments, as the finance service hears of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from contracts.customer import CustomerRegistered
from contracts.event import Event
from contracts.ids import CustomerId, ItemId, LineId, OpportunityId, OrderId, ShipmentId, WarehouseId, new_id
from contracts.inventory import ShipmentDispatched
from contracts.lines import LineQuantity, OrderLine, ShippedLine
from contracts.order import LineChange, OrderAmended, OrderCancelled, OrderClosed, OrderPlaced
from contracts.values import Money, Quantity
from testkit import ServiceUnderTest

E = TypeVar("E", bound=Event)
NOTHING = Money.zero("EUR")


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def in_json(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def a_line(price: str = "100.00", quantity: int = 1, tax: str = "19") -> OrderLine:
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="CHAIR-1",
        quantity=Quantity.pieces(quantity),
        unit_price=euros(price),
        tax_percent=Decimal(tax),
    )


@dataclass
class Business:
    """A customer of its own, so that tests do not meet in its account."""

    service: ServiceUnderTest
    customer_id: CustomerId = field(default_factory=lambda: CustomerId(new_id()))

    async def begin(self, limit: str | None = None) -> Business:
        await self.service.receives(a_customer(self.customer_id))
        if limit is not None:
            answer = await self.limit(limit)
            assert answer.status_code == 200, answer.text
        await self.service.test_begins()
        return self

    async def limit(self, limit: str | None, **options: Any) -> Any:  # Any: an HTTP answer
        body = {"limit": None if limit is None else in_json(limit)}
        path = f"/credit-accounts/{self.customer_id}/limit"
        asked: dict[str, Any] = {"role": "finance"} | options
        return await self.service.post(path, body, method="PUT", **asked)

    async def pays(self, amount: str, **options: Any) -> Any:  # Any: an HTTP answer
        named = {name: str(options.pop(name)) for name in ("invoice_id", "order_id", "received_on") if name in options}
        reference = options.pop("reference", f"BANK-{new_id()}")
        body = {"customer_id": str(self.customer_id), "amount": in_json(amount), "reference": reference, **named}
        asked: dict[str, Any] = {"role": "finance"} | options
        return await self.service.post("/payments", body, **asked)

    async def account(self) -> dict[str, Any]:
        return (await self.service.get(f"/credit-accounts/{self.customer_id}")).json()

    def order(self, *lines: OrderLine, prepaid: bool = False, ordered_on: date = date(2026, 3, 1)) -> OrderPlaced:
        lines = lines or (a_line(),)
        return OrderPlaced(
            order_id=OrderId(new_id()),
            customer_id=self.customer_id,
            number="SO-0000001",
            channel="shop",
            lines=lines,
            total=Money.total((line.gross for line in lines), "EUR"),
            prepaid=prepaid,
            opportunity_id=OpportunityId(new_id()),
            ordered_on=ordered_on,
        )


def a_customer(customer_id: CustomerId, currency: str = "EUR") -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=customer_id, number="C-1", kind="organisation", name="Acme", country="DE", currency=currency
    )


def shipped(placed: OrderPlaced, quantity: int | None = None, cost: Money | None = None) -> ShipmentDispatched:
    return ShipmentDispatched(
        shipment_id=ShipmentId(new_id()),
        order_id=placed.order_id,
        customer_id=placed.customer_id,
        warehouse_id=WarehouseId(new_id()),
        lines=tuple(
            ShippedLine(**dict(each), cost=cost or euros("40.00")) for each in quantities(placed.lines, quantity)
        ),
    )


def cancelled(placed: OrderPlaced, quantity: int | None = None) -> OrderCancelled:
    return OrderCancelled(
        order_id=placed.order_id,
        customer_id=placed.customer_id,
        lines=quantities(placed.lines, quantity),
        total=NOTHING,
        cancelled=placed.total,
        reason="changed its mind",
        complete=quantity is None,
    )


def amended(placed: OrderPlaced, before: int, after: int) -> OrderAmended:
    line = placed.lines[0]
    change = LineChange(line_id=line.line_id, before=Quantity.pieces(before), after=Quantity.pieces(after))
    return OrderAmended(
        order_id=placed.order_id, customer_id=placed.customer_id, lines=(), changes=(change,), total=NOTHING
    )


def closed(placed: OrderPlaced) -> OrderClosed:
    return OrderClosed(order_id=placed.order_id, customer_id=placed.customer_id, number=placed.number)


def quantities(lines: Iterable[OrderLine], quantity: int | None) -> tuple[LineQuantity, ...]:
    return tuple(
        LineQuantity(
            line_id=line.line_id,
            item_id=line.item_id,
            quantity=line.quantity if quantity is None else Quantity.pieces(quantity),
        )
        for line in lines
    )


def names(events: Iterable[Event]) -> list[str]:
    return [type(each).__name__ for each in events]


def only(events: Iterable[Event], kind: type[E]) -> E:
    [found] = [each for each in events if isinstance(each, kind)]
    return found
