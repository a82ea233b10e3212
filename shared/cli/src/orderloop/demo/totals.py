"""The totals that must agree: what each service has counted by itself of the same day, read over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.table import Table

from orderloop.demo.house import House
from orderloop.demo.tables import plain
from orderloop.driving.company import FIRST_PAUSE_SECONDS
from orderloop.http import Json, Services

PAGE = 500
TRIES = 40
PAUSE_SECONDS = 0.25
LEFT = ("dispatched", "delivered")


@dataclass(frozen=True)
class Total:
    """The same thing as several services count it; it agrees when all of them say the same."""

    what: str
    said: tuple[tuple[str, str], ...]

    @property
    def agrees(self) -> bool:
        return len({figure for _, figure in self.said}) == 1


@dataclass(frozen=True)
class Books:
    """What the services answer about the customers and goods of this day."""

    won: list[Json]
    orders: list[Json]
    shipments: list[Json]
    invoices: list[Json]
    payments: list[Json]
    complaints: list[Json]
    nonconformances: list[Json]
    lots: list[Json]
    movements: list[Json]
    trial_balance: Json
    stock_proof: Json


async def agreed(services: Services, house: House) -> list[Total]:
    """Read until all agree, for the last events may still be on their way; returns the last reading either way."""
    totals: list[Total] = []
    for attempt in range(TRIES):
        await asyncio.sleep(PAUSE_SECONDS if attempt else FIRST_PAUSE_SECONDS)
        totals = compare(await read(services, house))
        if all(total.agrees for total in totals):
            break
    return totals


async def read(services: Services, house: House) -> Books:
    """One bulk list a kind and customer, none an order."""

    async def listed(service: str, path: str, **query: str) -> list[Json]:
        return [each async for each in services.every(service, path, page=PAGE, **query)]

    async def of_customers(service: str, path: str, **query: str) -> list[Json]:
        ids = [customer.customer_id for customer in house.everybody]
        return _joined(await asyncio.gather(*(listed(service, path, customer_id=each, **query) for each in ids)))

    async def of_goods(path: str) -> list[Json]:
        ids = [goods.item_id for goods in house.goods]
        return _joined(await asyncio.gather(*(listed("inventory", path.format(each), item_id=each) for each in ids)))

    return Books(
        await of_customers("sales", "/opportunities", status="won"),
        await of_customers("order", "/orders"),
        await of_customers("inventory", "/shipments"),
        await of_customers("finance", "/invoices"),
        await of_customers("finance", "/payments"),
        await of_customers("service", "/cases", kind="complaint"),
        await of_customers("quality", "/nonconformances"),
        await of_goods("/lots"),
        await of_goods("/items/{}/movements"),
        (await services.get("finance", "/ledger/trial-balance")).body,
        (await services.get("inventory", "/stock/proof")).body,
    )


def compare(books: Books) -> list[Total]:
    return [*_goods(books), *_money(books), *_stock(books)]


def _goods(books: Books) -> list[Total]:
    from_talks = [order for order in books.orders if order["opportunity_id"]]
    lines = [line for order in books.orders for line in order["lines"]]
    shipped = _sum(line["shipped"] for line in lines)
    left = [each for each in books.shipments if each["status"] in LEFT]
    return [
        Total("opportunities won", (("sales", f"{len(books.won)}"), ("order", f"{len(from_talks)}"))),
        Total(
            "pieces shipped",
            (
                ("ordered less cancelled", _plain(_sum(each["ordered"] for each in lines) - _cancelled(lines))),
                ("order", _plain(shipped)),
                ("inventory", _plain(_of_lines(left))),
                ("finance", _plain(_of_lines(books.invoices))),
            ),
        ),
        Total(
            "complaints",
            (("service", f"{len(books.complaints)}"), ("quality", f"{len(books.nonconformances)}")),
        ),
    ]


def _money(books: Books) -> list[Total]:
    invoiced = _sum(each["gross"]["amount"] for each in books.invoices)
    settled = _sum(part["amount"]["amount"] for each in books.payments for part in each["allocations"])
    received = _sum(each["amount"]["amount"] for each in books.payments)
    balances = books.trial_balance["accounts"]
    debit, credit = (_sum(each[side] for each in balances) for side in ("debit", "credit"))
    return [
        Total(
            "money of the day",
            (("invoiced", _cents(invoiced)), ("received", _cents(received)), ("allocated", _cents(settled))),
        ),
        Total("journal, all time", (("debits", _cents(debit)), ("credits", _cents(credit)))),
    ]


def _stock(books: Books) -> list[Total]:
    on_hand = _sum(each["on_hand"]["value"] for each in books.lots)
    moved = _sum(each["quantity"]["value"] for each in books.movements)
    wrong = len(books.stock_proof["places"])
    places = books.stock_proof["checked"]
    return [
        Total("pieces in stock", (("lots", _plain(on_hand)), ("movements", _plain(moved)))),
        Total("stock proof, all time", (("places", f"{places}"), ("that hold", f"{places - wrong}"))),
    ]


def table(totals: Sequence[Total]) -> Table:
    shown = plain("The totals that must agree", header=False)
    shown.add_column(no_wrap=True)
    shown.add_column(style="bold")
    shown.add_column()
    for total in totals:
        mark = "[green]✓" if total.agrees else "[red]✗"
        shown.add_row(mark, total.what, " = ".join(f"{who} [bold]{figure}[/]" for who, figure in total.said))
    return shown


def _joined(lists: Sequence[list[Json]]) -> list[Json]:
    return [each for part in lists for each in part]


def _sum(numbers: Iterable[str]) -> Decimal:
    return sum((Decimal(number) for number in numbers), Decimal(0))


def _cancelled(lines: Sequence[Json]) -> Decimal:
    return _sum(line["cancelled"] for line in lines)


def _of_lines(documents: Sequence[Json]) -> Decimal:
    return _sum(line["quantity"]["value"] for each in documents for line in each["lines"])


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _cents(amount: Decimal) -> str:
    return f"{amount:,.2f}"
