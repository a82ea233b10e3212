"""Selling: customers, prices, opportunities, quotes, orders and what customers change about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

from contracts.inventory import ItemRegistered
from contracts.order import OrderPlaced
from orderloop.driving.company import Company, when_known
from orderloop.driving.events import Seen
from orderloop.driving.words import CURRENCY, Goods, Wish, in_days, money, pieces, total
from orderloop.http import Json


class Selling(Company):
    """What salespeople do, and what customers ask of them."""

    async def register_customer(self, name: str, limit: Decimal | None = None, **more: object) -> str:
        """A customer, with a credit limit if one is given; returns its id."""
        body = {"name": name, "country": "DE", "currency": CURRENCY} | more
        customer_id = str((await self.people.sales.post("customer", "/customers", body)).body["customer_id"])
        if limit is not None:
            await self.limit_credit(customer_id, limit)
        return customer_id

    async def limit_credit(self, customer_id: str, limit: Decimal | None) -> None:
        """Raise, lower or lift what the customer may owe, once finance has heard of it."""
        path, body = f"/credit-accounts/{customer_id}/limit", {"limit": None if limit is None else money(limit)}
        await when_known(lambda: self.people.finance.post("finance", path, body, method="PUT"))

    async def publish_prices(self, name: str, goods: Sequence[Goods]) -> str:
        """A price list that holds from today on, once sales has heard of the items."""
        for each in goods:
            await self.stream.until(ItemRegistered, item_id=each.item_id)
        price_list_id = str(uuid4())
        path = f"/price-lists/{price_list_id}"
        prices = [{"item_id": each.item_id, "price": money(each.price)} for each in goods]
        body = {"name": name, "currency": CURRENCY, "valid_from": in_days(0), "prices": prices}
        await self.people.sales.post("sales", path, body, method="PUT")
        await when_known(lambda: self.people.sales.post("sales", f"{path}/publish"))
        return price_list_id

    async def open_opportunity(self, customer_id: str, name: str, amount: Decimal, **more: object) -> str:
        body = {"name": name, "owner": "nora", "amount": money(amount), "customer_id": customer_id} | more
        answer = await when_known(lambda: self.people.sales.post("sales", "/opportunities", body))
        return str(answer.body["opportunity_id"])

    async def lose_opportunity(self, opportunity_id: str, reason: str) -> None:
        await self.people.sales.post("sales", f"/opportunities/{opportunity_id}/lose", {"reason": reason})

    async def prepare_quote(self, opportunity_id: str, wishes: Sequence[Wish], **more: object) -> str:
        body = {"opportunity_id": opportunity_id, "lines": _lines(wishes)} | more
        answer = await when_known(lambda: self.people.sales.post("sales", "/quotes", body))
        return str(answer.body["quote_id"])

    async def revise_quote(self, quote_id: str, wishes: Sequence[Wish], **more: object) -> None:
        """Another offer takes the place of the one that stands."""
        version = (await self.people.sales.get("sales", f"/quotes/{quote_id}")).version
        body = {"lines": _lines(wishes)} | more
        await self.people.sales.post("sales", f"/quotes/{quote_id}/revise", body, if_match=version)

    async def send_quote(self, quote_id: str) -> None:
        await self.people.sales.post("sales", f"/quotes/{quote_id}/send")

    async def accept_quote(self, quote_id: str, revision: int = 1, **more: object) -> None:
        await self.people.sales.post("sales", f"/quotes/{quote_id}/accept", {"revision": revision} | more)

    async def win(self, customer_id: str, name: str, wishes: Sequence[Wish], **more: object) -> str:
        """Open, quote, send, accept: four clicks that win an opportunity; returns its id."""
        opportunity_id = await self.open_opportunity(customer_id, name, total(wishes))
        quote_id = await self.prepare_quote(opportunity_id, wishes, **more)
        await self.send_quote(quote_id)
        await self.accept_quote(quote_id)
        return opportunity_id

    async def place_order(self, customer_id: str, wishes: Sequence[Wish], **more: object) -> str:
        """An order without a quote: from the shop, by phone."""
        body = {"customer_id": customer_id, "lines": _lines(wishes), "channel": "shop"} | more
        answer = await when_known(lambda: self.people.sales.post("order", "/orders", body))
        return str(answer.body["order_id"])

    async def order_of(self, opportunity_id: str) -> Seen:
        """The order that a won opportunity became."""
        return await self.stream.until(OrderPlaced, opportunity_id=opportunity_id)

    async def order(self, order_id: str) -> Json:
        """The order as it stands now."""
        return (await self.people.sales.get("order", f"/orders/{order_id}")).body

    async def amend(
        self, order_id: str, quantities: Mapping[str, Decimal], added: Sequence[Wish] = (), **more: object
    ) -> None:
        """Other quantities of lines (by line id), more lines. When the order has moved on meanwhile, once more."""
        wanted = [{"line_id": line_id, "quantity": str(quantity)} for line_id, quantity in quantities.items()]
        body = {"quantities": wanted, "added": _lines(added)} | more

        async def send() -> None:
            version = (await self.people.sales.get("order", f"/orders/{order_id}")).version
            await self.people.sales.post("order", f"/orders/{order_id}/amend", body, if_match=version)

        await when_known(send, "version-mismatch")

    async def cancel(self, order_id: str, reason: str) -> None:
        """Ask for what has not left the house to be cancelled; OrderCancelled tells what really was."""
        await self.people.sales.post("order", f"/orders/{order_id}/cancel", {"reason": reason})

    async def hold(self, order_id: str, reason: str, kind: str = "manual") -> str:
        """Let nothing more of the order be confirmed or shipped; returns the hold's id."""
        body = {"kind": kind, "reason": reason}
        answer = await self.people.sales.post("order", f"/orders/{order_id}/holds", body)
        return str(answer.body["hold_id"])

    async def release_hold(self, order_id: str, hold_id: str, reason: str) -> None:
        await self.people.sales.post("order", f"/orders/{order_id}/holds/{hold_id}/release", {"reason": reason})


def lines_of(placed: Seen) -> list[Json]:
    """The lines of an OrderPlaced: `line_id`, `item_id`, `quantity` and so on."""
    return cast("list[dict[str, Any]]", placed.data["lines"])


def _lines(wishes: Sequence[Wish]) -> list[Json]:
    return [_line(wish) for wish in wishes]


def _line(wish: Wish) -> Json:
    tax = {"tax_percent": str(wish.tax_percent)} if wish.tax_percent else {}
    quantity, price = pieces(wish.quantity), money(wish.goods.price)
    return {"item_id": wish.goods.item_id, "quantity": quantity, "unit_price": price, **tax}
