"""What a test lets go wrong: the next effects on an id meet it, each its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from uuid import UUID

from kit.database import Transaction

Trouble = Exception | Callable[[Transaction], Awaitable[None]]

coming: dict[UUID, list[Trouble]] = defaultdict(list)
met: dict[UUID, int] = defaultdict(int)
"""How often an effect on an id came this far."""


async def meet(id: UUID, tx: Transaction) -> None:
    """Called by every effect after it has written."""
    met[id] += 1
    if not coming[id]:
        return
    trouble = coming[id].pop(0)
    if isinstance(trouble, Exception):
        raise trouble
    await trouble(tx)


async def lose_connection(tx: Transaction) -> None:
    """What a server that restarts does to a transaction."""
    _ = await tx.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


def name_of(passing: object) -> str:
    """The same in every process, unlike `str` of a function."""
    return getattr(passing, "__name__", str(passing))
