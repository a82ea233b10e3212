"""What the events are about: orders take pieces of one item from the stock; a timer reminds of each order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from campaign.simulation.steps import ON, NotThere, Refusal, Steps

if TYPE_CHECKING:
    from campaign.simulation.store import Row, Transaction

ITEM = "item"
STOCK = 6
"""Pieces at the beginning."""

HANDLED = {"ordered", "reserved", "reminded"}
"""Event types that lead to something; `backordered` is only counted, as the kit does with what nobody reacts to."""


class Ordered(NamedTuple):
    """What an `ordered` event says."""

    command: str
    pieces: int
    poison: bool = False
    needs: str | None = None


class Told(NamedTuple):
    """An event before it is written: about whom, what, and the details."""

    subject: str
    kind: str
    about: Ordered | int | None = None


def locks_of(row: Row) -> tuple[str, ...]:
    """What an event's effect writes: `Reaction.locks`."""
    return (ITEM,) if row.kind == "ordered" else ()


def effect(tx: Transaction, row: Row) -> Steps[list[Told]]:
    """React to one event. Raises Refusal."""
    if row.kind == "ordered":
        return (yield from reserve(tx, row))
    return []


def reserve(tx: Transaction, row: Row) -> Steps[list[Told]]:
    """Take the pieces from the stock, or tell that there are not enough."""
    ordered: Ordered = row.about
    may_reserve(tx, ordered)
    yield from tx.lock(("stock", ITEM))
    free: int = tx.get(("stock", ITEM))
    yield ON
    if free < ordered.pieces:
        return [Told(ITEM, "backordered", ordered.pieces)]
    tx.put(("stock", ITEM), free - ordered.pieces)
    return [Told(ITEM, "reserved", ordered.pieces)]


def may_reserve(tx: Transaction, ordered: Ordered) -> None:
    """Whether a rule is against it, or it names an order that is unknown here. Raises Refusal."""
    if ordered.poison:
        raise Refusal("a rule says no")
    if ordered.needs is not None and tx.get(("applied", ordered.needs)) is None:
        raise NotThere(f"{ordered.needs} is not known here")
