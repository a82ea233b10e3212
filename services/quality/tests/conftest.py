"""The quality service for its tests, with a customer, goods that came in, and what was found about them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import CaseId, CustomerId, GoodsReceiptId, ItemId, LineId, LotId, OrderId, WarehouseId, new_id
from contracts.inventory import GoodsReceived, ItemRegistered, LotQuarantined, ReceivedLine
from contracts.quality import NonconformanceRaised
from contracts.service import CaseOpened, ComplaintFiled
from contracts.values import Money, Quantity
from quality.app import service
from testkit import ServiceUnderTest, service_fixture

quality_service = service_fixture(service)


@pytest.fixture
async def customer_id(quality_service: ServiceUnderTest) -> CustomerId:
    """A customer that is registered."""
    return await a_registered_customer(quality_service)


@pytest.fixture
async def other_customer_id(quality_service: ServiceUnderTest) -> CustomerId:
    return await a_registered_customer(quality_service)


async def a_registered_customer(under_test: ServiceUnderTest) -> CustomerId:
    customer_id = CustomerId(new_id())
    await under_test.receives(
        CustomerRegistered(
            customer_id=customer_id, number="C-1", kind="organisation", name="Acme", country="DE", currency="EUR"
        )
    )
    return customer_id


@pytest.fixture
async def lot(quality_service: ServiceUnderTest) -> ReceivedLine:
    """Ten pieces that came in as one lot."""
    cost = Money(amount=Decimal("10.00"), currency="EUR")
    item_id = ItemId(new_id())
    item = ItemRegistered(
        item_id=item_id, sku="LAMP", description="A lamp", kind="goods", unit="C62", standard_cost=cost
    )
    line = ReceivedLine(
        item_id=item_id, lot_id=LotId(new_id()), lot_number="L-1", quantity=Quantity.pieces(10), cost=cost
    )
    received = GoodsReceived(
        goods_receipt_id=GoodsReceiptId(new_id()), warehouse_id=WarehouseId(new_id()), lines=(line,)
    )
    await quality_service.receives(item, received, times=5)
    return line


@pytest.fixture
async def other_lot(quality_service: ServiceUnderTest, lot: ReceivedLine) -> ReceivedLine:
    """A lot of another item."""
    line = lot.model_copy(update={"lot_id": new_id(), "item_id": new_id()})
    await quality_service.receives(
        GoodsReceived(goods_receipt_id=GoodsReceiptId(new_id()), warehouse_id=WarehouseId(new_id()), lines=(line,))
    )
    return line


@pytest.fixture
def filed(customer_id: CustomerId, lot: ReceivedLine) -> ComplaintFiled:
    """A complaint about the lot, which nobody has heard of yet."""
    return ComplaintFiled(
        case_id=CaseId(new_id()),
        customer_id=customer_id,
        number="CS-1",
        title="It flickers",
        severity="major",
        order_id=OrderId(new_id()),
        line_id=LineId(new_id()),
        item_id=lot.item_id,
        lot_ids=(lot.lot_id,),
    )


@pytest.fixture
async def raised(quality_service: ServiceUnderTest, filed: ComplaintFiled) -> NonconformanceRaised:
    """The complaint has raised a nonconformance; inventory has not answered yet."""
    opened = CaseOpened(
        case_id=filed.case_id,
        customer_id=filed.customer_id,
        number=filed.number,
        kind="complaint",
        title=filed.title,
        order_id=filed.order_id,
    )
    event, _ = await quality_service.receives(opened, filed)
    assert isinstance(event, NonconformanceRaised)
    await quality_service.test_begins()
    return event


@pytest.fixture
def quarantined(raised: NonconformanceRaised, lot: ReceivedLine) -> LotQuarantined:
    """Inventory's answer: ten pieces; on its way."""
    return LotQuarantined(
        lot_id=lot.lot_id,
        item_id=lot.item_id,
        lot_number=lot.lot_number,
        quantity=Quantity.pieces(10),
        nonconformance_id=raised.nonconformance_id,
        reason="complaint",
    )


@pytest.fixture
async def contained(
    quality_service: ServiceUnderTest, quarantined: LotQuarantined, raised: NonconformanceRaised
) -> str:
    """The address of a nonconformance whose lot is quarantined: ten pieces to decide upon."""
    await quality_service.receives(quarantined)
    return f"/nonconformances/{raised.nonconformance_id}"


@pytest.fixture
async def capa(quality_service: ServiceUnderTest, raised: NonconformanceRaised) -> str:
    """The address of a corrective action that olga owns."""
    body = {"nonconformance_id": str(raised.nonconformance_id), "title": "Sockets must hold", "owner": "olga"}
    answer = await quality_service.post("/capas", body, role="quality")
    assert answer.status_code == 201, answer.text
    await quality_service.test_begins()
    return answer.headers["location"]
