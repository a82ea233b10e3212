"""The commands, reactions and timers of the counter service."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from contracts.errors import Refused
from contracts.ids import new_id
from kit.database import Transaction
from kit.executor import Command
from kit.reactions import Reactions
from kit.storage import Rows
from kit.timers import Timers

from . import trouble
from .events import CounterFilled, CounterOpened, CounterRanDry, PiecesSupplied, PiecesTaken
from .storage.tables import counters

reactions = Reactions()
timers = Timers()


class NotEnoughPieces(Refused):
    """A counter gives no more pieces than it has."""


class NothingSupplied(Refused):
    """A supply brings at least one piece."""


class OpenCounter(Command):
    """Open a counter."""

    label: str = Field(default_factory=lambda: str(new_id()))
    pieces: int = 0
    remark: str = ""
    take: int = Field(default=0, description="pieces that are taken at once")


class TakePieces(Command):
    """Take pieces from a counter."""

    counter_id: UUID
    pieces: int


class RelabelCounter(Command):
    """Give a counter another label; nobody is told."""

    counter_id: UUID
    label: str


def rows(tx: Transaction) -> Rows:
    return Rows(tx, counters, counters.c.counter_id, "counter")


async def open_counter(command: OpenCounter, tx: Transaction) -> tuple[CounterOpened | PiecesTaken, ...]:
    """Open a counter, and take its first pieces."""
    id, left = new_id(), command.pieces - command.take
    _ = await rows(tx).add(id, {"label": command.label, "pieces": left})
    opened = CounterOpened(counter_id=id, **command.model_dump(include={"label", "pieces", "remark"}))
    return (opened, PiecesTaken(counter_id=id, pieces=command.take, left=left)) if command.take else (opened,)


async def take_pieces(command: TakePieces, tx: Transaction) -> PiecesTaken:
    """Take pieces, as long as there are any."""
    left = await _change(tx, command.counter_id, -command.pieces, command.expected_version)
    await trouble.meet(command.counter_id, tx)
    return PiecesTaken(counter_id=command.counter_id, pieces=command.pieces, left=left)


async def relabel_counter(command: RelabelCounter, tx: Transaction) -> None:
    """Change the label."""
    row = await rows(tx).load(command.counter_id, command.expected_version)
    _ = await rows(tx).save(command.counter_id, row["version"], {"label": command.label})


@reactions.to(PiecesSupplied, locks=lambda event: (event.counter_id,))
async def fill_counter(event: PiecesSupplied, tx: Transaction) -> CounterFilled:
    if event.pieces < 1:
        raise NothingSupplied("order more")
    left = await _change(tx, event.counter_id, event.pieces)
    await trouble.meet(event.supply_id, tx)
    return CounterFilled(counter_id=event.counter_id, pieces=event.pieces, left=left)


@timers.on("run_dry")
async def tell_that_a_counter_ran_dry(counter_id: UUID, tx: Transaction) -> CounterRanDry:
    _ = await rows(tx).load(counter_id)
    await trouble.meet(counter_id, tx)
    return CounterRanDry(counter_id=counter_id)


async def _change(tx: Transaction, counter_id: UUID, by: int, expected_version: int | None = None) -> int:
    row = await rows(tx).load(counter_id, expected_version)
    left: int = row["pieces"] + by
    if left < 0:
        raise NotEnoughPieces(f"{row['pieces']} pieces are left")
    _ = await rows(tx).save(counter_id, row["version"], {"pieces": left})
    return left
