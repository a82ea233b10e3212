"""Stock that is promised twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any
from uuid import UUID

from campaign.planted.bug import bug, instead
from kit import inbox, locks

THINKING = 0.05
"""Seconds between what is read of the stock and what is written."""


@bug(
    "reservation-without-lock",
    "inventory reads stock and reserves without a lock on the item (and takes 50 ms to do so)",
    fault="F22",
    shows="I2 I12",
)
def reservation_without_lock(service: str, _roles: Sequence[str]) -> None:
    """Two see the same last pieces. That levels are written by a conditional update does not help the order lines."""
    if service != "inventory":
        return
    stock: Any = import_module("inventory.storage.stock").Stock  # Any: a service is not imported by name here
    load = stock.load

    async def thinking(*given: Any) -> Any:  # Any: as above
        found = await load(*given)
        await asyncio.sleep(THINKING)
        return found

    def none(_: Iterable[UUID]) -> list[int]:
        return []

    instead(stock, "load", staticmethod(thinking))
    instead(locks, "numbers_of", none)
    instead(inbox, "numbers_of", none)
