"""Reading the facts: bulk lists page by page, all at once, and not one request an order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar, cast

from orderloop.audit import facts
from orderloop.audit.facts import Document, Facts, Proved, Trouble, amount, summed
from orderloop.http import Json, Services
from orderloop.platform.display import Display
from orderloop.platform.plan import SERVICES

T = TypeVar("T")
Heard = Callable[[int], None]
"""Is told how many more rows were read."""


async def read(services: Services, heard: Heard = lambda _: None) -> Facts:
    """One reading. The lists are of slightly different moments: what is under way may differ, and is read again."""
    reader = Reader(services, heard)
    found = await asyncio.gather(*(getattr(reader, name)() for name in READINGS))
    merged: dict[str, object] = {}
    for part in found:
        merged |= cast("dict[str, object]", part)
    return Facts(**cast("dict[str, Any]", merged))  # Any: each reading names fields of Facts


async def told_while_read(services: Services, display: Display, title: str) -> Facts:
    """One reading, with the number of rows that have come so far."""
    rows = 0
    with display.step(title) as step:

        def heard(more: int) -> None:
            nonlocal rows
            rows += more
            step.say(f"{rows:,} rows")

        return await read(services, heard)


class Reader:
    """Each method reads one kind and answers fields of Facts."""

    def __init__(self, services: Services, heard: Heard) -> None:
        self.services = services
        self.heard = heard

    async def won(self) -> dict[str, object]:
        return {"won": await self._all("sales", "/opportunities", lambda o: str(o["opportunity_id"]), status="won")}

    async def orders(self) -> dict[str, object]:
        return {"orders": await self._all("order", "/orders", facts.order_of)}

    async def shipments(self) -> dict[str, object]:
        return {"shipments": await self._all("inventory", "/shipments", facts.shipment_of)}

    async def items(self) -> dict[str, object]:
        found = await self._all("inventory", "/items", lambda item: str(item["item_id"]), kind="service")
        return {"services": frozenset(found)}

    async def levels(self) -> dict[str, object]:
        return {"reserved": summed(await self._all("inventory", "/stock", _reserved))}

    async def purchases(self) -> dict[str, object]:
        found = [peg for pegs in await self._all("inventory", "/purchase-orders", _pegs) for peg in pegs]
        doubtful = frozenset(line_id for line_id, _, in_doubt in found if in_doubt)
        return {"bought": summed((line, quantity) for line, quantity, _ in found), "bought_in_doubt": doubtful}

    async def shortages(self) -> dict[str, object]:
        return {"short": summed(await self._all("inventory", "/shortages", _short))}

    async def invoices(self) -> dict[str, object]:
        return {"invoices": await self._all("finance", "/invoices", facts.invoice_of)}

    async def credit_notes(self) -> dict[str, object]:
        return {"credit_notes": await self._all("finance", "/credit-notes", _credit_note)}

    async def payments(self) -> dict[str, object]:
        return {"payments": await self._all("finance", "/payments", facts.payment_of)}

    async def refunds(self) -> dict[str, object]:
        return {"refunds": await self._all("finance", "/refunds", _refund)}

    async def accounts(self) -> dict[str, object]:
        return {"accounts": await self._all("finance", "/credit-accounts", facts.account_of)}

    async def complaints(self) -> dict[str, object]:
        return {"complaints": await self._all("service", "/cases", lambda case: str(case["case_id"]), kind="complaint")}

    async def nonconformances(self) -> dict[str, object]:
        found = await self._all("quality", "/nonconformances", lambda each: cast("str | None", each["case_id"]))
        return {"nonconformances": [case_id for case_id in found if case_id]}

    async def books(self) -> dict[str, object]:
        balance = (await self.services.get("finance", "/ledger/trial-balance")).body
        proof = (await self.services.get("finance", "/ledger/proof")).body
        return {"books": books(balance, proof)}

    async def stock(self) -> dict[str, object]:
        return {"stock": stock((await self.services.get("inventory", "/stock/proof")).body)}

    async def parked(self) -> dict[str, object]:
        return {"parked": Proved(len(SERVICES), await self._of_each("/ops/parked", _parked))}

    async def timers(self) -> dict[str, object]:
        return {"timers": Proved(len(SERVICES), await self._of_each("/ops/timers/failed", _timer))}

    async def _all(self, service: str, path: str, row: Callable[[Json], T], **query: str) -> list[T]:
        found: list[T] = []
        async for answer in self.services.every(service, path, page=500, **query):
            found.append(row(answer))
            if len(found) % 500 == 0:
                self.heard(500)
        self.heard(len(found) % 500)
        return found

    async def _of_each(self, path: str, row: Callable[[str, Json], Trouble]) -> tuple[Trouble, ...]:
        async def one(service: str) -> list[Trouble]:
            # these answers are plain lists
            listed = cast("list[Json]", (await self.services.get(service, path)).body)
            return [row(service, each) for each in listed]

        found: list[Awaitable[list[Trouble]]] = [one(service) for service in SERVICES]
        return tuple(each for part in await asyncio.gather(*found) for each in part)


READINGS = (
    "won", "orders", "shipments", "items", "levels", "purchases", "shortages", "invoices", "credit_notes", "payments",
    "refunds", "accounts", "complaints", "nonconformances", "books", "stock", "parked", "timers",
)  # fmt: skip


def books(balance: Json, proof: Json) -> Proved:
    """The trial balance is zero per currency, and what finance claims of its ledger holds."""
    sums = summed((each["currency"], Decimal(each["balance"])) for each in balance["accounts"])
    uneven = [Trouble(f"trial balance in {currency}", f"{rest}", "0") for currency, rest in sums.items() if rest]
    broken = [
        Trouble(f"{each['claim']} ({each['currency']})", f"ledger {each['ledger']}", f"documents {each['documents']}")
        for each in proof["claims"]
        if not each["holds"]
    ]
    return Proved(len(sums) + len(proof["claims"]), (*uneven, *broken))


def stock(proof: Json) -> Proved:
    """What inventory has found out about itself, per item and warehouse."""
    return Proved(proof["checked"], tuple(_place(each) for each in proof["places"] if not each["holds"]))


def _place(place: Json) -> Trouble:
    pairs = (
        ("on_hand", "sum_of_movements"),
        ("on_hand", "sum_of_lots"),
        ("reserved", "sum_of_reservations"),
        ("quarantined", "sum_of_quarantined_lots"),
        ("value_of_lots", "value_of_movements"),
    )
    wrong = [(left, right) for left, right in pairs if Decimal(place[left]) != Decimal(place[right])]
    left, right = wrong[0] if wrong else ("available", "on_hand")
    about = f"item {place['item_id']} in warehouse {place['warehouse_id']}"
    return Trouble(about, f"{left} {place[left]}", f"{right} {place[right]}")


def _reserved(level: Json) -> tuple[str, Decimal]:
    return str(level["item_id"]), Decimal(level["reserved"])


def _pegs(purchase: Json) -> list[tuple[str, Decimal, bool]]:
    in_doubt = purchase["status"] == "cancelling"
    return [(peg["line_id"], Decimal(peg["quantity"]["value"]), in_doubt) for peg in purchase["pegs"]]


def _short(shortage: Json) -> tuple[str, Decimal]:
    return str(shortage["line_id"]), Decimal(shortage["quantity"]["value"])


def _credit_note(answer: Json) -> Document:
    return Document(answer["number"], answer["invoice_id"], amount(answer["gross"]))


def _refund(answer: Json) -> Document:
    return Document(answer["refund_id"], answer["payment_id"], amount(answer["amount"]))


def _parked(service: str, key: Json) -> Trouble:
    about = f"{service}: {key['topic']} {key['subject']}"
    again = f"tried again at {key['next_attempt_at']}" if key["next_attempt_at"] else "somebody has to look"
    return Trouble(about, f"{key['kind']}: {key['reason']}", f"{key['waiting']} events wait; {again}")


def _timer(service: str, timer: Json) -> Trouble:
    about = f"{service}: {timer['kind']} of {timer['subject']}"
    return Trouble(about, timer["reason"], f"due at {timer['due_at']}, tried {timer['attempts']} times")
