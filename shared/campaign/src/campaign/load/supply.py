"""The suppliers: whatever is bought comes in after a while, at once or in two deliveries."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any, cast

from campaign.load.company import Company
from campaign.load.steps import LoadSteps
from orderloop.driving.events import Seen
from orderloop.driving.steps import Goods
from orderloop.http import ServiceRefused

LONGEST_DELIVERY_SECONDS = 2.0

Parcel = list[tuple[Goods, Decimal, str]]


async def deliver_purchase(steps: LoadSteps, company: Company, placed: Seen) -> str:
    """Acknowledge a purchase now and then, and deliver what was ordered; a cancelled one is refused."""
    bought = _bought(company, placed)
    await asyncio.sleep(steps.dice.uniform(0, LONGEST_DELIVERY_SECONDS))
    try:
        if steps.dice.random() < 0.3:
            await steps.acknowledge_purchase(placed.subject)
        for parcel in _parcels(bought, placed, in_two=steps.dice.random() < 0.25):
            await steps.receive_goods(None, parcel, placed.subject)
    except ServiceRefused as refusal:
        return f"refused: {refusal.name}"
    return "done"


def concerns(company: Company, placed: Seen) -> bool:
    """Whether it was bought for this company: other loads have suppliers of their own."""
    return bool(_bought(company, placed))


def _bought(company: Company, placed: Seen) -> list[tuple[Goods, Decimal]]:
    lines = cast("list[dict[str, Any]]", placed.data["lines"])
    found = ((company.goods(str(line["item_id"])), Decimal(line["quantity"]["value"])) for line in lines)
    return [(goods, quantity) for goods, quantity in found if goods is not None]


def _parcels(bought: list[tuple[Goods, Decimal]], placed: Seen, *, in_two: bool) -> list[Parcel]:
    number = str(placed.data["number"])
    if not in_two or any(quantity < 2 for _, quantity in bought):
        return [[(goods, quantity, f"{goods.sku}-{number}") for goods, quantity in bought]]
    first: Parcel = [(goods, Decimal(1), f"{goods.sku}-{number}a") for goods, _ in bought]
    return [first, [(goods, quantity - 1, f"{goods.sku}-{number}b") for goods, quantity in bought]]
