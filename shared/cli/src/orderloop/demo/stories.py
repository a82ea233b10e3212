"""What happens on the day: each story is a loop from the first talk to its end, with one thing that is special."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle

from contracts.finance import CreditLimitExceeded, InvoiceIssued
from contracts.inventory import StockBackordered
from contracts.order import OrderAmended, OrderCancelled, OrderConfirmed, OrderHoldApplied, OrderPlaced
from contracts.quality import CapaImplemented, NonconformanceClosed
from contracts.service import CaseClosed
from orderloop.demo.house import Customer, House
from orderloop.driving.events import Seen
from orderloop.driving.steps import Goods, Steps, Wish, in_days, lines_of, total

TAX = Decimal(19)


@dataclass(frozen=True)
class Loop:
    """One loop: whose it is, what was special about it, its order as it was placed, and the event that ended it."""

    story: str
    customer: Customer
    placed: Seen
    ended: Seen

    @property
    def order_id(self) -> str:
        return str(self.placed.data["order_id"])

    @property
    def number(self) -> str:
        return str(self.placed.data["number"])


class Stories:
    """The stories of the day. Each is told once per call and ends with its loop."""

    def __init__(self, steps: Steps, house: House) -> None:
        self.steps = steps
        self.house = house
        self.dice = house.names.dice
        self.turns = cycle(house.customers)

    def anybody(self) -> Customer:
        """Whose turn it is: everybody buys something."""
        return next(self.turns)

    def some(self) -> list[Wish]:
        """One to three things that are there."""
        goods = self.dice.sample(list(self.house.in_stock[:-1]), self.dice.randint(1, 3))
        return [wish(each, self.dice.randint(1, 6)) for each in goods]

    async def ordered(self, customer: Customer, wishes: Sequence[Wish]) -> Seen:
        """Talk, quote, yes: the order as it was placed."""
        opportunity_id = await self.steps.win(customer.customer_id, self.house.names.wish(), wishes)
        return await self.steps.order_of(opportunity_id)

    async def in_stock(self) -> Loop:
        customer = self.anybody()
        wishes = self.some() + ([wish(self.house.service, 1)] if self.dice.random() < 0.25 else [])
        placed = await self.ordered(customer, wishes)
        return Loop("in stock", customer, placed, await self.steps.finish(placed.data["order_id"]))

    async def haggled(self) -> Loop:
        """The first offer is too much, the second is accepted."""
        customer, steps = self.anybody(), self.steps
        grand, modest = [wish(self.house.in_stock[-1], 2)], [wish(self.house.in_stock[-1], 1), *self.some()]
        opportunity_id = await steps.open_opportunity(customer.customer_id, self.house.names.wish(), total(grand))
        quote_id = await steps.prepare_quote(opportunity_id, grand)
        await steps.send_quote(quote_id)
        await steps.revise_quote(quote_id, modest)
        await steps.send_quote(quote_id)
        await steps.accept_quote(quote_id, revision=2)
        placed = await steps.order_of(opportunity_id)
        return Loop("second offer accepted", customer, placed, await steps.finish(placed.data["order_id"]))

    async def from_the_shop(self) -> Loop:
        """Ordered without a salesperson, and paid before anything is sent."""
        customer, steps = self.anybody(), self.steps
        reference = f"shop {self.house.names.season}-{self.dice.getrandbits(32):08x}"
        order_id = await steps.place_order(
            customer.customer_id, self.some(), prepaid=True, customer_reference=reference
        )
        placed = await steps.stream.until(OrderPlaced, order_id=order_id)
        await steps.stream.until(OrderConfirmed, order_id=order_id)
        await steps.pay(customer.customer_id, placed.data["total"], order_id=order_id)
        shipment_id = (await steps.shipment_of(order_id)).data["shipment_id"]
        await steps.ship(shipment_id)
        await steps.deliver(shipment_id)
        return Loop("from the shop, prepaid", customer, placed, await steps.closed(order_id))

    async def short(self, goods: Goods) -> Loop:
        """More than there is: bought by itself, promised later and less, so that two purchases fill it.

        What is there leaves first; the rest follows as it comes in.
        """
        customer, steps = self.anybody(), self.steps
        placed = await self.ordered(customer, [wish(goods, 10)])
        order_id = placed.data["order_id"]
        bought = await steps.purchase_for(order_id)
        missing = Decimal(bought.data["lines"][0]["quantity"]["value"])
        first = missing - 2
        purchase_id = bought.data["purchase_order_id"]
        await steps.acknowledge_purchase(purchase_id, [(goods, first)], in_days(12))
        again = await steps.purchase_for(order_id, number=2)
        await steps.settle((await steps.shipment_of(order_id)).data["shipment_id"])
        for purchase, quantity in ((purchase_id, first), (again.data["purchase_order_id"], missing - first)):
            lot = f"{goods.sku}-{str(purchase)[-4:]}"
            await steps.receive_goods(None, [(goods, quantity, lot)], str(purchase))
        return Loop("short: bought, sent in parts", customer, placed, await steps.settle_all(order_id))

    async def on_credit_hold(self, customer: Customer) -> list[Loop]:
        """The first order uses up the credit, the second waits until the first is paid."""
        steps, chandelier = self.steps, self.house.in_stock[-1]
        first = await self.ordered(customer, [wish(chandelier, 1)])
        shipment_id = (await steps.shipment_of(first.data["order_id"])).data["shipment_id"]
        await steps.ship(shipment_id)
        await steps.deliver(shipment_id)
        await steps.stream.until(InvoiceIssued, shipment_id=shipment_id)
        second = await self.ordered(customer, [wish(chandelier, 1)])
        second_id = second.data["order_id"]
        await steps.stream.until(CreditLimitExceeded, order_id=second_id)
        await steps.stream.until(OrderHoldApplied, order_id=second_id, kind="credit")
        await steps.pay_invoice_of(shipment_id)
        closed = await steps.closed(first.data["order_id"])
        held = Loop("credit hold, cleared by cash", customer, second, await steps.finish(second_id))
        return [Loop("paid late", customer, first, closed), held]

    async def held_by_hand(self) -> Loop:
        customer, steps = self.anybody(), self.steps
        placed = await self.ordered(customer, self.some())
        order_id = placed.data["order_id"]
        hold_id = await steps.hold(order_id, "is the address on the jetty or on the boat?")
        await steps.release_hold(order_id, hold_id, "on the boat")
        return Loop("held by hand, released", customer, placed, await steps.finish(order_id))

    async def cancelled(self) -> Loop:
        """The customer thinks again while the goods are being picked: they go back on the shelf."""
        customer, steps = self.anybody(), self.steps
        placed = await self.ordered(customer, self.some())
        order_id = placed.data["order_id"]
        await steps.shipment_of(order_id)
        await steps.cancel(order_id, "the ball is put off until the moon is full")
        return Loop("cancelled", customer, placed, await steps.stream.until(OrderCancelled, order_id=order_id))

    async def amended(self) -> Loop:
        """Fewer of the one, and another thing besides."""
        customer, steps = self.anybody(), self.steps
        owl, candle = self.house.in_stock[3], self.house.in_stock[4]
        placed = await self.ordered(customer, [wish(owl, 6)])
        order_id, line = placed.data["order_id"], lines_of(placed)[0]
        await steps.shipment_of(order_id)
        await steps.amend(order_id, {line["line_id"]: Decimal(4)}, [wish(candle, 5)])
        await steps.stream.until_count(OrderAmended, 2, order_id=order_id)
        return Loop("amended", customer, placed, await steps.settle_all(order_id))

    async def complained_about(self, goods: Goods, title: str, *, prevent: bool) -> list[Loop]:
        """A complaint: the lot is quarantined, and with it what another order had reserved of it.

        Two pieces are scrapped and the rest is repaired; then the other order gets its goods after all.
        """
        customer, neighbour, steps = self.anybody(), self.anybody(), self.steps
        placed = await self.ordered(customer, [wish(goods, 4)])
        closed = await steps.finish(placed.data["order_id"])
        waiting = await self.ordered(neighbour, [wish(goods, 8)])
        waiting_id = waiting.data["order_id"]
        await steps.shipment_of(waiting_id)
        case_id = await steps.complain(
            customer.customer_id, title, placed.data["order_id"], lines_of(placed)[0]["line_id"], severity="major"
        )
        await steps.assign_case(case_id)
        await steps.stream.until(StockBackordered, order_id=waiting_id)
        await self._put_right(case_id, prevent=prevent)
        after = Loop("its goods were quarantined", neighbour, waiting, await steps.settle_all(waiting_id))
        return [Loop("complaint" + (", CAPA" if prevent else ""), customer, placed, closed), after]

    async def _put_right(self, case_id: str, *, prevent: bool) -> None:
        """Decide about the lot, find out why (if it is worth it), tell the customer."""
        steps = self.steps
        nonconformance_id = (await steps.nonconformance_of(case_id)).data["nonconformance_id"]
        for lot in await steps.quarantined(nonconformance_id):
            there = Decimal(lot["quarantined"]["value"])
            await steps.dispose(nonconformance_id, lot["lot_id"], Decimal(2), "scrap", "beyond repair")
            await steps.dispose(nonconformance_id, lot["lot_id"], there - 2, "repair", "new switches fitted")
        if prevent:
            capa_id = await steps.open_capa(nonconformance_id, "Switches must not hum")
            await steps.implement_capa(capa_id, "switches stored beside the boiler", "store them in the cool cellar")
            await steps.stream.until(CapaImplemented, capa_id=capa_id)
        await steps.close_nonconformance(nonconformance_id)
        await steps.resolve_case(case_id, "a new lamp is on its way, with our apologies and a candle")
        await steps.close_case(case_id)
        await steps.stream.until(NonconformanceClosed, nonconformance_id=nonconformance_id)
        await steps.stream.until(CaseClosed, case_id=case_id)

    async def lost(self) -> None:
        """Not every talk becomes an order."""
        customer = self.anybody()
        opportunity_id = await self.steps.open_opportunity(customer.customer_id, self.house.names.wish(), Decimal(900))
        await self.steps.lose_opportunity(opportunity_id, "they found a box of candles in the attic")


def wish(goods: Goods, quantity: int) -> Wish:
    return Wish(goods, Decimal(quantity), TAX)
