"""What the counter service publishes, and what a supplier tells it. The topics are of this run only."""

from __future__ import annotations

import os
from uuid import UUID

from contracts.event import Event
from contracts.ids import new_id

RUN = os.environ.get("COUNTER_RUN") or new_id().hex[-12:]


class CounterEvent(Event):
    """What happened to a counter."""

    @classmethod
    def service(cls) -> str:
        return "counter"

    @classmethod
    def topic(cls) -> str:
        return f"counter-{RUN}.events"


class CounterOpened(CounterEvent):
    """A counter, with the pieces it begins with."""

    counter_id: UUID
    label: str
    pieces: int
    remark: str = ""


class PiecesTaken(CounterEvent):
    """Some pieces are gone."""

    counter_id: UUID
    pieces: int
    left: int


class CounterFilled(CounterEvent):
    """A supply has reached its counter."""

    counter_id: UUID
    pieces: int
    left: int


class CounterRanDry(CounterEvent):
    """Nobody filled the counter in time."""

    counter_id: UUID


class SupplierEvent(Event):
    """What happened at the supplier's."""

    @classmethod
    def service(cls) -> str:
        return "supplier"

    @classmethod
    def topic(cls) -> str:
        return f"supplier-{RUN}.events"


class PiecesSupplied(SupplierEvent):
    """Pieces for a counter are there; `supply_id` is the supplier's aggregate."""

    supply_id: UUID
    counter_id: UUID
    pieces: int


class SupplyAnnounced(SupplierEvent):
    """Nobody here reacts to it."""

    supply_id: UUID
