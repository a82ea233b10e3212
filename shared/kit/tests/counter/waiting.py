"""How a test waits: for a condition, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T]], *, within: float = 20) -> T:
    """Look until what is found is true, and return it; gives up with what was found last."""
    found: T | None = None
    try:
        async with asyncio.timeout(within):
            while not (found := await look()):  # noqa: ASYNC110  what is awaited is in another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"after {within} s it is still {found!r}") from None
    return found
