"""Aggregates that a batch of events has read: each is built once, and who loads it again sees what the others changed.

Only what nobody else can change meanwhile is kept: rows that are locked until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from kit.database import Transaction

T = TypeVar("T")
Read = Callable[[list[UUID]], Awaitable[Mapping[Any, T]]]  # Any: UUID or its NewTypes


class Kept(Generic[T]):
    """What a transaction keeps of one kind; nothing, when it holds nothing: see `kit.held`."""

    def __init__(self, tx: Transaction, kind: str) -> None:
        self.tx = tx
        self.kind = kind

    async def all(self, ids: Collection[UUID], read: Read[T]) -> dict[UUID, T]:
        """Those of these that there are, by id; what is not kept is read in one go, in the order of the ids."""
        if self.tx.held is None:
            return dict(await read(sorted(ids)))
        known = self.tx.held.objects
        kept = {id: cast("T | None", known[self.kind, id]) for id in ids if (self.kind, id) in known}
        if missing := sorted(set(ids) - kept.keys()):
            found = await read(missing)
            read_now = {id: found.get(id) for id in missing}
            known.update({(self.kind, id): each for id, each in read_now.items()})
            kept |= read_now
        return {id: each for id, each in kept.items() if each is not None}

    async def one(self, id: UUID, read: Read[T]) -> T | None:
        return (await self.all([id], read)).get(id)

    def put(self, id: UUID, new: T) -> None:
        """It is new, and will be written."""
        if self.tx.held is not None:
            self.tx.held.objects[self.kind, id] = new

    def forget(self) -> None:
        """These are about to be changed past what is kept."""
        if self.tx.held is not None:
            objects = self.tx.held.objects
            for key in [key for key in objects if key[0] == self.kind]:
                del objects[key]
