"""Interactions: written once, never changed."""

from __future__ import annotations

from sqlalchemy import insert

from customer.domain.interaction import Interaction
from customer.storage.tables import interactions
from kit.database import Transaction


class Interactions:
    """What was said with customers."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def add(self, interaction: Interaction) -> None:
        values = {name: getattr(interaction, name) for name in interactions.c.keys()}  # noqa: SIM118  a collection
        await self.tx.execute(insert(interactions).values(values))
