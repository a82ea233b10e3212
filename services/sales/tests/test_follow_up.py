"""The follow-up of an opportunity over HTTP: fed by everybody's events, in any order, each once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

from contracts import finance, inventory, order, quality, service
from contracts.event import Event
from contracts.ids import (
    CapaId,
    CaseId,
    CustomerId,
    InvoiceId,
    ItemId,
    LineId,
    NonconformanceId,
    OpportunityId,
    OrderId,
    PaymentId,
    ShipmentId,
    WarehouseId,
    new_id,
)
from contracts.lines import OrderLine
from contracts.values import Money, Quantity
from sales.domain.follow_up import entry_of
from sales.reactions import FOLLOWED
from testkit import ServiceUnderTest

Make = Callable[..., Awaitable[str]]

CUSTOMER = CustomerId(new_id())
DAY = date(2026, 5, 4)


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_placed_order(order_id: OrderId, opportunity_id: str | None) -> order.OrderPlaced:
    line = OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="RACK",
        quantity=Quantity.pieces(1),
        unit_price=euros("100.00"),
    )
    return order.OrderPlaced(
        order_id=order_id,
        customer_id=CUSTOMER,
        number="SO-1",
        channel="quote",
        lines=(line,),
        total=euros("119.00"),
        opportunity_id=None if opportunity_id is None else OpportunityId(UUID(opportunity_id)),
        ordered_on=DAY,
    )


def a_loop(order_id: OrderId) -> list[Event]:
    """From the shipment to the corrective action, each by its own service and of its own aggregate."""
    shipment, invoice, case = ShipmentId(new_id()), InvoiceId(new_id()), CaseId(new_id())
    nonconformance, capa = NonconformanceId(new_id()), CapaId(new_id())
    return [
        inventory.ShipmentDispatched(
            shipment_id=shipment, order_id=order_id, customer_id=CUSTOMER, warehouse_id=WarehouseId(new_id()), lines=()
        ),
        finance.InvoiceIssued(
            invoice_id=invoice,
            number="R-1",
            order_id=order_id,
            customer_id=CUSTOMER,
            shipment_id=shipment,
            lines=(),
            net=euros("100.00"),
            tax=euros("19.00"),
            gross=euros("119.00"),
            issued_on=DAY,
            due_on=DAY,
        ),
        finance.PaymentAllocated(
            payment_id=PaymentId(new_id()),
            invoice_id=invoice,
            order_id=order_id,
            customer_id=CUSTOMER,
            amount=euros("19.00"),
            invoice_open=euros("100.00"),
            payment_unallocated=euros("0.00"),
        ),
        service.ComplaintFiled(
            case_id=case,
            customer_id=CUSTOMER,
            number="C-1",
            title="Scratched",
            severity="minor",
            order_id=order_id,
            line_id=None,
            item_id=None,
        ),
        quality.NonconformanceRaised(
            nonconformance_id=nonconformance, number="N-1", title="Scratch", severity="minor", case_id=case
        ),
        quality.CapaOpened(
            capa_id=capa,
            number="CA-1",
            nonconformance_id=nonconformance,
            customer_id=None,
            case_id=None,
            order_id=None,
            title="Pack better",
            owner="quinn",
        ),
    ]


async def follow_up(sales: ServiceUnderTest, opportunity_id: str) -> dict[str, Any]:  # Any: JSON
    answer = await sales.get(f"/opportunities/{opportunity_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["follow_up"]


async def test_the_salesperson_sees_it_all_up_to_the_corrective_action(
    sales_service: ServiceUnderTest, an_opportunity: Make
) -> None:
    opportunity_id, order_id = await an_opportunity(), OrderId(new_id())
    before = await sales_service.published()

    _ = await sales_service.receives(a_placed_order(order_id, opportunity_id), *a_loop(order_id), times=5)

    seen = await follow_up(sales_service, opportunity_id)
    kinds = [entry["kind"] for entry in seen["entries"]]
    assert kinds == ["order", "shipment", "invoice", "cash", "complaint", "nonconformance", "capa"]
    assert seen["order_state"] == "placed"
    assert (seen["shipment_state"], seen["invoice_state"], seen["complaint_state"]) == ("dispatched", "open", "filed")
    assert (seen["nonconformance_state"], seen["capa_state"], seen["on_hold"]) == ("raised", "open", False)
    assert (seen["invoiced"]["amount"], seen["paid"]["amount"], seen["margin"]) == ("119.00", "19.00", None)
    assert await sales_service.published() == before


async def test_what_arrives_before_its_order_is_seen_as_soon_as_the_order_is_there(
    sales_service: ServiceUnderTest, an_opportunity: Make
) -> None:
    opportunity_id, order_id = await an_opportunity(), OrderId(new_id())
    placed = sales_service.records(a_placed_order(order_id, opportunity_id))

    for event in reversed(a_loop(order_id)):
        _ = await sales_service.receives(event)
    nothing = await follow_up(sales_service, opportunity_id)
    _ = await sales_service.receives(placed)

    assert nothing["entries"] == []
    assert len((await follow_up(sales_service, opportunity_id))["entries"]) == 7


async def test_the_order_of_arrival_does_not_matter(sales_service: ServiceUnderTest, an_opportunity: Make) -> None:
    seen: list[list[str]] = []
    for arrival in permutations(range(3)):
        opportunity_id, order_id = await an_opportunity(), OrderId(new_id())
        told = [a_placed_order(order_id, opportunity_id), *a_loop(order_id)[:2]]
        recorded = [sales_service.records(event) for event in told]
        for place in arrival:
            _ = await sales_service.receives(recorded[place])
        entries = (await follow_up(sales_service, opportunity_id))["entries"]
        seen.append([entry["kind"] for entry in entries])

    assert seen == [["order", "shipment", "invoice"]] * 6


async def test_orders_of_others_are_not_seen(sales_service: ServiceUnderTest, an_opportunity: Make) -> None:
    opportunity_id, others, nobodys = await an_opportunity(), OrderId(new_id()), OrderId(new_id())

    _ = await sales_service.receives(a_placed_order(others, await an_opportunity()), *a_loop(others))
    _ = await sales_service.receives(a_placed_order(nobodys, None), *a_loop(nobodys))

    assert (await follow_up(sales_service, opportunity_id))["entries"] == []


async def test_an_event_that_means_nothing_to_a_salesperson_leaves_no_entry(
    sales_service: ServiceUnderTest, an_opportunity: Make
) -> None:
    opportunity_id, order_id = await an_opportunity(), OrderId(new_id())
    asked = order.StockRequested(order_id=order_id, customer_id=CUSTOMER, lines=())

    _ = await sales_service.receives(a_placed_order(order_id, opportunity_id), asked)

    assert [entry["kind"] for entry in (await follow_up(sales_service, opportunity_id))["entries"]] == ["order"]


def test_sales_listens_to_exactly_what_a_salesperson_is_told() -> None:
    told = [
        kind
        for module in (order, inventory, finance, service, quality)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event and is_told(kind)
    ]

    assert sorted(kind.type_name() for kind in FOLLOWED) == sorted(kind.type_name() for kind in told)


def is_told(kind: type[Event]) -> bool:
    """Whether events of this type make an entry; one without fields is enough to see that it would."""
    try:
        return entry_of(kind.model_construct(), event_id=new_id(), at=datetime.now(UTC)) is not None
    except AttributeError:
        return True
