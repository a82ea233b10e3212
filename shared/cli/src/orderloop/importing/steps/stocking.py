"""Customers, items, opening stock and prices: what has to be there before anything is sold."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from orderloop.importing.journal import Did, command_key
from orderloop.importing.records import Adjustment, Customer, Item
from orderloop.importing.work import Work, day, given

PRICES_AT_ONCE = 1000

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """So many items that are handled by one command."""

    key: str
    items: tuple[str, ...]


async def import_masters(work: Work) -> None:
    """The warehouse, customers (parents first), items, opening stock."""
    await _open_warehouse(work)
    for title, level in _by_level(work.batch.customers):
        await _register_customers(work, title, level)
    await _register_items(work)
    await _receive_stock(work)


async def publish_prices(work: Work) -> None:
    """One list with the price of every item that has one."""
    wanted = work.mapping.price_list
    priced = [key for key, item in work.batch.items.items() if item.price is not None]
    if wanted is None or not priced:
        return

    async def published(part: Part) -> Did:
        return await _publish(work, part)

    await work.each("price list", "price list", [Part(wanted.name, tuple(priced))], published)


async def import_adjustments(work: Work) -> None:
    """Stock that was found or lost, after all that was sold has left."""

    async def adjusted(adjustment: Adjustment) -> Did:
        return await _adjust(work, adjustment)

    await work.each("stock adjustments", "adjustment", work.batch.adjustments.values(), adjusted)


def warehouse_id(work: Work) -> str:
    code = work.mapping.warehouse.code
    return work.done("warehouse", code, "its warehouse was refused")["warehouse_id"]


async def _open_warehouse(work: Work) -> None:
    warehouse = work.mapping.warehouse

    async def opened(part: Part) -> Did:
        body = {"code": warehouse.code, "name": warehouse.name}
        answer = await work.send("inventory", "/warehouses", body, of=("warehouse", part.key))
        return {"warehouse_id": answer.body["warehouse_id"]}

    await work.each("warehouse", "warehouse", [Part(warehouse.code, ())], opened)


async def _register_customers(work: Work, title: str, customers: Sequence[Customer]) -> None:
    async def registered(customer: Customer) -> Did:
        body = given(
            name=customer.name,
            kind=customer.kind,
            country=customer.country,
            currency=customer.currency,
            tax_id=customer.tax_id,
            parent_id=work.customer_id(customer.parent) if customer.parent else None,
            external_reference=f"{work.mapping.name}/{customer.key}"[:100],
        )
        answer = await work.send("customer", "/customers", body, of=("customer", customer.key))
        return {"customer_id": answer.body["customer_id"]}

    await work.each(title, "customer", customers, registered)


def _by_level(customers: dict[str, Customer]) -> Iterator[tuple[str, list[Customer]]]:
    """Customers without a parent, then those whose parents came before, and so on."""
    left, known = list(customers.values()), set[str]()
    title = "customers"
    while left:
        level = [each for each in left if each.parent is None or each.parent in known] or left
        yield title, level
        known |= {each.key for each in level}
        left = [each for each in left if each.key not in known]
        title = "subsidiaries"


async def _register_items(work: Work) -> None:
    async def registered(item: Item) -> Did:
        body = given(
            sku=item.key,
            description=item.description,
            kind=item.kind,
            unit=item.unit,
            standard_cost=work.money(item.cost),
        )
        answer = await work.send("inventory", "/items", body, of=("item", item.key))
        return {"item_id": answer.body["item_id"]}

    await work.each("items", "item", work.batch.items.values(), registered)


async def _receive_stock(work: Work) -> None:
    """What the source sells, as opening stock: one receipt an item, so that a part of the source takes its own only."""

    async def received(item: Item) -> Did:
        body = given(
            warehouse_id=warehouse_id(work),
            received_on=day(work.mapping.stock.received_on),
            lines=[_arrival(work, item, work.batch.stock[item.key])],
        )
        answer = await work.send("inventory", "/goods-receipts", body, of=("stock", item.key))
        return {"lot_id": answer.body["lines"][0]["lot_id"]}

    await work.each("opening stock", "stock", [work.batch.items[key] for key in work.batch.stock], received)


def _chunks(things: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(things)
    while chunk := list(islice(rest, size)):
        yield chunk


async def _adjust(work: Work, adjustment: Adjustment) -> Did:
    """On the lot of the opening stock; what is found of an item that had none comes in as a lot of its own."""
    of, stocked = ("adjustment", adjustment.key), work.journal.did("stock", adjustment.item)
    if stocked is None:
        lines = [_arrival(work, work.batch.items[adjustment.item], adjustment.quantity)]
        body = {"warehouse_id": warehouse_id(work), "lines": lines}
        _ = await work.send("inventory", "/goods-receipts", body, of=of)
        return {}
    body = {"quantity": work.quantity(adjustment.item, adjustment.quantity), "reason": adjustment.reason}
    _ = await work.send("inventory", f"/lots/{stocked['lot_id']}/adjust", body, of=of)
    return {}


def _arrival(work: Work, item: Item, quantity: Decimal) -> dict[str, object]:
    return {
        "item_id": work.item_id(item.key),
        "quantity": work.quantity(item.key, quantity),
        "unit_cost": work.money(item.cost),
    }


def _price(work: Work, item: str) -> Decimal:
    return work.batch.items[item].price or Decimal(0)


async def _publish(work: Work, part: Part) -> Did:
    wanted = work.mapping.price_list
    assert wanted is not None
    of = ("price list", part.key)
    price_list_id = uuid.UUID(command_key(work.mapping.name, *of, "id"))
    path = f"/price-lists/{price_list_id}"
    head = {"name": wanted.name, "currency": work.mapping.currency, "valid_from": day(wanted.valid_from)}
    _ = await work.send("sales", path, head, of=of, part="draft", method="PUT")
    for number, chunk in enumerate(_chunks(part.items, PRICES_AT_ONCE)):
        prices = [{"item_id": work.item_id(key), "price": work.money(_price(work, key))} for key in chunk]
        _ = await work.send("sales", f"{path}/prices", {"prices": prices}, of=of, part=f"prices {number}")
    _ = await work.send("sales", f"{path}/publish", of=of, part="publish")
    return {"price_list_id": str(price_list_id)}
