"""The steps of the loop as its people take them, one function each.

What a person does is an HTTP command; that it had its effect elsewhere is seen in the event stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

from contracts.finance import InvoiceIssued
from contracts.inventory import ItemRegistered, ShipmentPlanned
from contracts.order import OrderClosed, OrderPlaced
from orderloop.driving.events import EventStream, Seen
from orderloop.driving.people import People
from orderloop.http import Json

CURRENCY = "EUR"


@dataclass(frozen=True)
class Goods:
    """An item as the driver knows it."""

    item_id: str
    sku: str
    price: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Wish:
    """So many of an item that a customer wants."""

    goods: Goods
    quantity: Decimal


def money(amount: Decimal | str) -> Json:
    return {"amount": str(amount), "currency": CURRENCY}


def pieces(number: Decimal | int | str) -> Json:
    return {"value": str(number), "unit": "C62"}


class Steps:
    """Everything that people of the company do. `today` is said nowhere: the services take their own day."""

    def __init__(self, people: People, stream: EventStream) -> None:
        self.people = people
        self.stream = stream

    async def register_customer(self, name: str, limit: Decimal | None = None, **more: object) -> str:
        """A customer that finance knows, with a credit limit if one is given; returns its id."""
        body = {"name": name, "country": "DE", "currency": CURRENCY} | more
        customer_id = str((await self.people.sales.post("customer", "/customers", body)).body["customer_id"])
        if limit is not None:
            await self.limit_credit(customer_id, limit)
        return customer_id

    async def limit_credit(self, customer_id: str, limit: Decimal | None) -> None:
        """Raise, lower or lift what the customer may owe."""
        body = {"limit": None if limit is None else money(limit)}
        await self.people.finance.post("finance", f"/credit-accounts/{customer_id}/limit", body, method="PUT")

    async def open_warehouse(self, code: str, name: str, priority: int = 1) -> str:
        answer = await self.people.warehouse.post(
            "inventory", "/warehouses", {"code": code, "name": name, "priority": priority}
        )
        return str(answer.body["warehouse_id"])

    async def register_item(
        self,
        sku: str,
        description: str,
        price: Decimal,
        cost: Decimal,
        *,
        kind: str = "goods",
        supplier: str | None = None,
        lead_days: int = 7,
    ) -> Goods:
        """An item; with a supplier, what is short of it is bought by itself."""
        body: Json = {"sku": sku, "description": description, "kind": kind, "standard_cost": money(cost)}
        if supplier is not None:
            body |= {"supplier": supplier, "lead_days": lead_days}
        answer = await self.people.warehouse.post("inventory", "/items", body)
        return Goods(str(answer.body["item_id"]), sku, price, cost)

    async def publish_prices(self, name: str, goods: Sequence[Goods]) -> str:
        """A price list that holds from today on, once sales has heard of the items."""
        for each in goods:
            await self.stream.until(ItemRegistered, item_id=each.item_id)
        price_list_id = str(uuid4())
        body = {
            "name": name,
            "currency": CURRENCY,
            "valid_from": str(date.today()),  # noqa: DTZ011  the day of the wall clock, as the services take it
            "prices": [{"item_id": each.item_id, "price": money(each.price)} for each in goods],
        }
        await self.people.sales.post("sales", f"/price-lists/{price_list_id}", body, method="PUT")
        await self.people.sales.post("sales", f"/price-lists/{price_list_id}/publish")
        return price_list_id

    async def receive_goods(
        self, warehouse_id: str, goods: Sequence[tuple[Goods, Decimal, str]], purchase_order_id: str | None = None
    ) -> Json:
        """Goods come in as lots (item, quantity, lot number): from a purchase, or as opening stock."""
        lines = [
            {"item_id": each.item_id, "quantity": pieces(quantity), "unit_cost": money(each.cost), "lot_number": lot}
            for each, quantity, lot in goods
        ]
        body: Json = {"warehouse_id": warehouse_id, "lines": lines}
        if purchase_order_id is not None:
            body["purchase_order_id"] = purchase_order_id
        return (await self.people.warehouse.post("inventory", "/goods-receipts", body)).body

    async def open_opportunity(self, customer_id: str, name: str, amount: Decimal, **more: object) -> str:
        body = {"name": name, "owner": "nora", "amount": money(amount), "customer_id": customer_id} | more
        return str((await self.people.sales.post("sales", "/opportunities", body)).body["opportunity_id"])

    async def prepare_quote(self, opportunity_id: str, wishes: Sequence[Wish], **more: object) -> str:
        lines = [
            {"item_id": w.goods.item_id, "quantity": pieces(w.quantity), "unit_price": money(w.goods.price)}
            for w in wishes
        ]
        body = {"opportunity_id": opportunity_id, "lines": lines} | more
        return str((await self.people.sales.post("sales", "/quotes", body)).body["quote_id"])

    async def send_quote(self, quote_id: str) -> None:
        await self.people.sales.post("sales", f"/quotes/{quote_id}/send")

    async def accept_quote(self, quote_id: str, revision: int = 1, **more: object) -> None:
        await self.people.sales.post("sales", f"/quotes/{quote_id}/accept", {"revision": revision} | more)

    async def win(self, customer_id: str, name: str, wishes: Sequence[Wish], **more: object) -> str:
        """Open, quote, send, accept: four clicks that win an opportunity; returns its id."""
        amount = sum((wish.goods.price * wish.quantity for wish in wishes), Decimal(0))
        opportunity_id = await self.open_opportunity(customer_id, name, amount)
        quote_id = await self.prepare_quote(opportunity_id, wishes, **more)
        await self.send_quote(quote_id)
        await self.accept_quote(quote_id)
        return opportunity_id

    async def place_order(self, customer_id: str, wishes: Sequence[Wish], **more: object) -> str:
        """An order without a quote: from the shop, by phone."""
        lines = [
            {"item_id": w.goods.item_id, "quantity": pieces(w.quantity), "unit_price": money(w.goods.price)}
            for w in wishes
        ]
        body = {"customer_id": customer_id, "lines": lines, "channel": "shop"} | more
        return str((await self.people.sales.post("order", "/orders", body)).body["order_id"])

    async def order_of(self, opportunity_id: str) -> Seen:
        """The order that a won opportunity became."""
        return await self.stream.until(OrderPlaced, opportunity_id=opportunity_id)

    async def shipment_of(self, order_id: str, number: int = 1) -> Seen:
        """The nth shipment that is planned for an order."""
        if number == 1:
            return await self.stream.until(ShipmentPlanned, order_id=order_id)
        return await self.stream.until_count(ShipmentPlanned, number, order_id=order_id)

    async def ship(self, shipment_id: str, pack: Json | None = None) -> None:
        """Pick, pack (all, or what `pack` says), dispatch."""
        await self.pick_and_pack(shipment_id, pack)
        await self.dispatch(shipment_id)

    async def pick_and_pack(self, shipment_id: str, pack: Json | None = None) -> None:
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/pick")
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/pack", pack or {})

    async def dispatch(self, shipment_id: str) -> None:
        body = {"carrier": "Swift Parcel"}
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/dispatch", body)

    async def deliver(self, shipment_id: str) -> None:
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/deliver", {})

    async def pay(self, customer_id: str, amount: Json, **more: object) -> Json:
        """Money comes in, for an invoice, an order, or whatever is open."""
        body = {"customer_id": customer_id, "amount": amount, "reference": f"bank {uuid4()}"} | more
        return (await self.people.finance.post("finance", "/payments", body)).body

    async def pay_invoice_of(self, shipment_id: str) -> Seen:
        """Pay the invoice of a shipment in full, once it is issued."""
        invoice = await self.stream.until(InvoiceIssued, shipment_id=shipment_id)
        await self.pay(invoice.data["customer_id"], invoice.data["gross"], invoice_id=invoice.data["invoice_id"])
        return invoice

    async def finish(self, order_id: str) -> Seen:
        """Ship, deliver and pay an order that is in stock; returns its closing."""
        shipment_id = (await self.shipment_of(order_id)).data["shipment_id"]
        await self.ship(shipment_id)
        await self.deliver(shipment_id)
        await self.pay_invoice_of(shipment_id)
        return await self.stream.until(OrderClosed, order_id=order_id)

    async def complain(self, customer_id: str, title: str, order_id: str, line_id: str, **more: object) -> str:
        body = {
            "customer_id": customer_id,
            "kind": "complaint",
            "title": title,
            "order_id": order_id,
            "line_id": line_id,
        }
        return str((await self.people.service.post("service", "/cases", body | more)).body["case_id"])


def in_days(days: int) -> str:
    """A day from today on, as JSON writes it."""
    return str(date.today() + timedelta(days=days))  # noqa: DTZ011  as above
