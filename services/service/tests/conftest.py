"""The service service for its tests, with a customer, goods that were shipped to it, and a case."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import CustomerId, ItemId, LineId, LotId, OrderId, ShipmentId, WarehouseId, new_id
from contracts.inventory import ItemRegistered, ShipmentDispatched
from contracts.lines import LotQuantity, OrderLine, ShippedLine
from contracts.order import OrderPlaced
from contracts.values import Money, Quantity
from service.app import service
from testkit import ServiceUnderTest, service_fixture

service_service = service_fixture(service)

TEN = Money(amount=Decimal("10.00"), currency="EUR")


@pytest.fixture
async def customer_id(service_service: ServiceUnderTest) -> CustomerId:
    """A customer that is registered."""
    return await a_registered_customer(service_service)


@pytest.fixture
async def other_customer_id(service_service: ServiceUnderTest) -> CustomerId:
    return await a_registered_customer(service_service)


@pytest.fixture
async def placed(service_service: ServiceUnderTest, customer_id: CustomerId) -> OrderPlaced:
    """An order of one line; nothing of it has been shipped."""
    item_id = ItemId(new_id())
    item = ItemRegistered(
        item_id=item_id, sku="LAMP", description="A lamp", kind="goods", unit="C62", standard_cost=TEN
    )
    line = OrderLine(line_id=LineId(new_id()), item_id=item_id, sku="LAMP", quantity=Quantity.pieces(2), unit_price=TEN)
    order = OrderPlaced(
        order_id=OrderId(new_id()),
        customer_id=customer_id,
        number="SO-1",
        channel="shop",
        lines=(line,),
        total=TEN,
        ordered_on=date(2025, 3, 3),
    )
    await service_service.receives(item, order)
    await service_service.test_begins()
    return order


@pytest.fixture
async def dispatched(service_service: ServiceUnderTest, placed: OrderPlaced) -> ShipmentDispatched:
    """The order was shipped out of one lot, with two serials."""
    [line] = placed.lines
    serials = (f"S-{new_id()}", f"S-{new_id()}")
    lot = LotQuantity(lot_id=LotId(new_id()), lot_number="L-1", quantity=Quantity.pieces(2), serials=serials)
    shipped = ShippedLine(
        line_id=line.line_id, item_id=line.item_id, quantity=Quantity.pieces(2), lots=(lot,), cost=TEN
    )
    event = ShipmentDispatched(
        shipment_id=ShipmentId(new_id()),
        order_id=placed.order_id,
        customer_id=placed.customer_id,
        warehouse_id=WarehouseId(new_id()),
        lines=(shipped,),
    )
    await service_service.receives(event)
    await service_service.test_begins()
    return event


@pytest.fixture
async def case(service_service: ServiceUnderTest, customer_id: CustomerId) -> str:
    """The address of a new enquiry."""
    body = {"customer_id": str(customer_id), "kind": "enquiry", "title": "When will it come?"}
    answer = await service_service.post("/cases", body, role="service")
    assert answer.status_code == 201, answer.text
    await service_service.test_begins()
    return answer.headers["location"]


@pytest.fixture
async def case_in_hand(service_service: ServiceUnderTest, case: str) -> str:
    """The address of a case that somebody takes care of."""
    answer = await service_service.post(f"{case}/assign", {"assignee": "ben"}, role="service")
    assert answer.status_code == 200, answer.text
    await service_service.test_begins()
    return case


@pytest.fixture
async def resolved_case(service_service: ServiceUnderTest, case_in_hand: str) -> str:
    """The address of a case that was just resolved."""
    answer = await service_service.post(f"{case_in_hand}/resolve", {"resolution": "Tomorrow"}, role="service")
    assert answer.status_code == 200, answer.text
    await service_service.test_begins()
    return case_in_hand


async def a_registered_customer(under_test: ServiceUnderTest) -> CustomerId:
    customer_id = CustomerId(new_id())
    await under_test.receives(
        CustomerRegistered(
            customer_id=customer_id, number="C-1", kind="organisation", name="Acme", country="DE", currency="EUR"
        )
    )
    return customer_id
