"""What the driver sends and keeps in mind: goods, wishes, and how JSON writes money, quantities and days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from orderloop.http import Json

CURRENCY = "EUR"
PIECE = "C62"


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
    tax_percent: Decimal = Decimal(0)


def money(amount: Decimal | str) -> Json:
    return {"amount": str(amount), "currency": CURRENCY}


def pieces(number: Decimal | int | str) -> Json:
    return {"value": str(number), "unit": PIECE}


def total(wishes: Sequence[Wish]) -> Decimal:
    """Net, what these wishes come to."""
    return sum((wish.goods.price * wish.quantity for wish in wishes), Decimal(0))


def in_days(days: int) -> str:
    """A day from today on, as the services count days (UTC) and as JSON writes it."""
    return str(datetime.now(UTC).date() + timedelta(days=days))
