"""The stories of the load: each is one loop, or a piece of one, and says how it ended.

A refusal that comes of a race (somebody else was quicker) is business: a story that can go on after it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import uuid4

from campaign.load.company import Company
from campaign.load.itinerary import Planned
from campaign.load.steps import LoadSteps
from contracts.finance import CreditExposureChecked, CreditLimitExceeded, InvoiceIssued
from contracts.inventory import LotQuarantined, ShipmentPlanned
from contracts.order import OrderConfirmed, OrderPlaced
from orderloop.driving.events import Seen
from orderloop.driving.steps import Goods, Wish, lines_of, pieces, total
from orderloop.http import Json, ServiceRefused

TAX = Decimal(19)
CHECKED = frozenset(each.__name__ for each in (CreditExposureChecked, CreditLimitExceeded))
PLANNED = frozenset({ShipmentPlanned.__name__})
CONFIRMED = frozenset({OrderConfirmed.__name__})

Story = Callable[["Teller"], Awaitable[str]]
"""Returns how it ended: closed, cancelled, lost, done."""


class Teller:
    """One story: what is planned, and by whose hands and for whom it is done."""

    def __init__(self, steps: LoadSteps, company: Company, planned: Planned, run: str) -> None:
        self.steps = steps
        self.company = company
        self.planned = planned
        self.dice = steps.dice
        self.reference = f"{run}-{planned.number}"

    @property
    def customer(self) -> str:
        return self.company.customers[self.planned.customer]

    def wishes(self, tax: Decimal = TAX) -> list[Wish]:
        plenty = self.company.plenty
        return [Wish(plenty[item], Decimal(quantity), tax) for item, quantity in self.planned.wanted]

    def scarce(self, pieces: int) -> list[Wish]:
        return [Wish(self.company.scarce[self.planned.scarce], Decimal(pieces), TAX)]

    async def won(self, customer_id: str, wishes: Sequence[Wish]) -> Seen:
        """Talk, quote, yes: the order as it was placed."""
        return await self.steps.order_of(await self.steps.win(customer_id, self.reference, wishes))

    async def ordered(self, customer_id: str, wishes: Sequence[Wish], **more: object) -> Seen:
        """Without a salesperson; the customer's reference names this order and no other."""
        order_id = await self.steps.place_order(customer_id, wishes, customer_reference=self.reference, **more)
        return await self.steps.stream.until(OrderPlaced, order_id=order_id)

    async def a_moment(self, longest: float = 1.0) -> None:
        await asyncio.sleep(self.dice.uniform(0, longest))


async def quoted(teller: Teller) -> str:
    placed = await teller.won(teller.customer, teller.wishes())
    return await teller.steps.see_through(placed.subject)


async def haggled(teller: Teller) -> str:
    """The first offer is too much, the second is accepted."""
    steps, modest = teller.steps, teller.wishes()
    grand = [Wish(each.goods, each.quantity * 3, TAX) for each in modest]
    opportunity_id = await steps.open_opportunity(teller.customer, teller.reference, total(grand))
    quote_id = await steps.prepare_quote(opportunity_id, grand)
    await steps.send_quote(quote_id)
    await steps.revise_quote(quote_id, modest)
    await steps.send_quote(quote_id)
    await steps.accept_quote(quote_id, revision=2)
    await steps.note_won(opportunity_id)
    return await steps.see_through((await steps.order_of(opportunity_id)).subject)


async def rejected(teller: Teller) -> str:
    """The customer says no to the quote, and the talk is over."""
    steps, wishes = teller.steps, teller.wishes()
    opportunity_id = await steps.open_opportunity(teller.customer, teller.reference, total(wishes))
    quote_id = await steps.prepare_quote(opportunity_id, wishes)
    await steps.send_quote(quote_id)
    await steps.people.sales.post("sales", f"/quotes/{quote_id}/reject", {"revision": 1, "reason": "too dear"})
    await steps.lose_opportunity(opportunity_id, "they said no to the quote")
    return "lost"


async def lost(teller: Teller) -> str:
    opportunity_id = await teller.steps.open_opportunity(teller.customer, teller.reference, Decimal(900))
    await teller.a_moment()
    await teller.steps.lose_opportunity(opportunity_id, "they bought elsewhere")
    return "lost"


async def from_the_shop(teller: Teller) -> str:
    """Without a salesperson, paid before anything is sent, mostly."""
    prepaid = teller.dice.random() < 0.7
    placed = await teller.ordered(teller.customer, teller.wishes(), prepaid=prepaid)
    if prepaid:
        await teller.steps.pay(teller.customer, placed.data["total"], order_id=placed.subject)
    return await teller.steps.see_through(placed.subject, paid=prepaid)


async def paid_early(teller: Teller) -> str:
    """On account, and yet the money is here before the invoice: it waits for it. Untaxed, so that no cent is left."""
    placed = await teller.won(teller.customer, teller.wishes(tax=Decimal(0)))
    await teller.steps.pay(teller.customer, placed.data["total"], order_id=placed.subject)
    return await teller.steps.see_through(placed.subject, paid=True, parts=teller.dice.random() < 0.5)


async def sent_in_parts(teller: Teller) -> str:
    placed = await teller.won(teller.customer, teller.wishes())
    return await teller.steps.see_through(placed.subject, parts=True)


async def last_pieces(teller: Teller) -> str:
    """Of something scarce, which others want as well: in stock, or bought and waited for."""
    placed = await teller.ordered(teller.customer, teller.scarce(teller.planned.pieces))
    return await teller.steps.see_through(placed.subject, parts=teller.dice.random() < 0.3)


async def delivery(teller: Teller) -> str:
    """A few pieces of something scarce come in without having been ordered for anybody."""
    await _some_come_in(teller, teller.company.scarce[teller.planned.scarce])
    return "done"


async def counted(teller: Teller) -> str:
    """Some come in, and at the next count one is missing, or found."""
    received = await _some_come_in(teller, teller.company.plenty[teller.planned.wanted[0][0]])
    difference = Decimal(teller.dice.choice((-1, 1)))
    async with races():
        await teller.steps.adjust_stock(str(received["lines"][0]["lot_id"]), difference, "counted")
    return "done"


async def held(teller: Teller) -> str:
    """Somebody has a doubt, and after a while has not."""
    placed = await teller.won(teller.customer, teller.wishes())
    hold_id = await teller.steps.hold(placed.subject, "is the address right?")
    await teller.a_moment(2)
    await teller.steps.release_hold(placed.subject, hold_id, "it is")
    return await teller.steps.see_through(placed.subject)


async def on_credit(teller: Teller) -> str:
    """The first order uses up the credit, the second waits until the first is paid."""
    steps, dear = teller.steps, [Wish(teller.company.dear, Decimal(4))]
    customer_id = teller.company.tight[teller.planned.tight]
    first = await teller.won(customer_id, dear)
    planned, _ = await steps.hearing.next_of_order(first.subject, PLANNED)
    await steps.ship(planned.subject)
    await steps.deliver(planned.subject)
    await steps.stream.until(InvoiceIssued, shipment_id=planned.subject)
    second = await teller.won(customer_id, dear)
    await steps.hearing.next_of_order(second.subject, CHECKED)
    await steps.have_paid(planned.subject)
    await steps.closed(first.subject)
    return await steps.see_through(second.subject)


async def amended_up(teller: Teller) -> str:
    """More of the first thing, while the order is already being seen to."""
    placed = await teller.won(teller.customer, teller.wishes())
    line = lines_of(placed)[0]
    await teller.a_moment()
    async with races():
        await teller.steps.amend(placed.subject, {line["line_id"]: Decimal(line["quantity"]["value"]) + 2})
    return await teller.steps.see_through(placed.subject)


async def amended_down(teller: Teller) -> str:
    """Less of something scarce, and something else besides."""
    placed = await teller.ordered(teller.customer, teller.scarce(teller.planned.pieces + 1))
    line = lines_of(placed)[0]
    await teller.a_moment()
    async with races():
        fewer = {line["line_id"]: Decimal(teller.planned.pieces)}
        await teller.steps.amend(placed.subject, fewer, teller.wishes()[:1])
    return await teller.steps.see_through(placed.subject)


async def cancelled_at_once(teller: Teller) -> str:
    """Before the warehouse has heard of it, perhaps."""
    placed = await teller.ordered(teller.customer, teller.wishes())
    async with races():
        await teller.steps.cancel(placed.subject, "ordered by mistake")
    return await teller.steps.see_through(placed.subject)


async def cancelled_late(teller: Teller) -> str:
    """When goods are set aside for it, while they are picked and sent: what has left has left."""
    placed = await teller.ordered(teller.customer, [*teller.wishes(), *teller.scarce(1)], prepaid=True)
    await teller.steps.pay(teller.customer, placed.data["total"], order_id=placed.subject)
    await teller.steps.hearing.next_of_order(placed.subject, CONFIRMED)

    async def change_of_mind() -> None:
        await teller.a_moment(0.5)
        async with races():
            await teller.steps.cancel(placed.subject, "found it elsewhere")

    ended, _ = await asyncio.gather(teller.steps.see_through(placed.subject, paid=True, parts=True), change_of_mind())
    return ended


async def credited(teller: Teller) -> str:
    """A piece of what was paid for is taken back, and the money is sent back unless it has found another invoice."""
    steps = teller.steps
    placed = await teller.won(teller.customer, teller.wishes())
    planned, place = await steps.hearing.next_of_order(placed.subject, PLANNED)
    await steps.ship(planned.subject)
    await steps.deliver(planned.subject)
    paid = await steps.have_paid(planned.subject)
    invoice = await steps.invoice_of(planned.subject)
    line_id = lines_of(placed)[0]["line_id"]
    body: Json = {"reason": "a scratch", "lines": [{"line_id": line_id, "quantity": pieces(1)}]}
    async with races():
        await steps.people.finance.post("finance", f"/invoices/{invoice.subject}/credit-notes", body)
        refund = f"/payments/{paid['payment_id']}/refunds"
        await steps.people.finance.post("finance", refund, {"reason": "a scratch"})
    return await steps.see_through(placed.subject, place)


async def complained(teller: Teller) -> str:
    """The rest of the lot is quarantined, and with it what others had reserved; a piece is scrapped."""
    steps, flawed = teller.steps, teller.company.flawed
    placed = await teller.won(teller.customer, [Wish(flawed, Decimal(teller.planned.pieces), TAX)])
    ended = await steps.see_through(placed.subject)
    line_id = str(lines_of(placed)[0]["line_id"])
    case_id = await steps.complain(teller.customer, "It hums", placed.subject, line_id, severity="major")
    await steps.assign_case(case_id)
    nonconformance_id = (await steps.nonconformance_of(case_id)).subject
    await steps.stream.until(LotQuarantined, nonconformance_id=nonconformance_id)
    for lot in await steps.quarantined(nonconformance_id):
        await _decide(teller, nonconformance_id, str(lot["lot_id"]), Decimal(lot["quarantined"]["value"]))
    async with races():
        await steps.close_nonconformance(nonconformance_id, "decided")
    await steps.resolve_case(case_id, "a new one is on its way")
    await steps.close_case(case_id)
    return ended


async def _decide(teller: Teller, nonconformance_id: str, lot_id: str, there: Decimal) -> None:
    """One piece is scrapped; unless there is none, because another complaint was first."""
    scrapped = min(there, Decimal(1))
    for quantity, what in ((scrapped, "scrap"), (there - scrapped, "use_as_is")):
        if quantity:
            async with races():
                await teller.steps.dispose(nonconformance_id, lot_id, quantity, what, "looked at")


async def _some_come_in(teller: Teller, goods: Goods) -> Json:
    quantity, lot = Decimal(teller.dice.randint(3, 9)), f"{goods.sku}-{uuid4().hex[:8]}"
    return await teller.steps.receive_goods(teller.company.warehouse_id, [(goods, quantity, lot)])


@asynccontextmanager
async def races() -> AsyncGenerator[None]:
    """Whoever comes too late is refused, and goes on with what is."""
    try:
        yield
    except ServiceRefused:
        return


STORIES: dict[str, Story] = {
    each.__name__: each
    for each in (
        quoted, haggled, rejected, lost, from_the_shop, paid_early, sent_in_parts, last_pieces, delivery, counted,
        held, on_credit, amended_up, amended_down, cancelled_at_once, cancelled_late, credited, complained,
    )
}  # fmt: skip
