"""`kit.parking`: when an event cannot be applied, later ones of its key wait behind it; others flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from campaign.simulation.steps import Steps

if TYPE_CHECKING:
    from campaign.simulation.store import Row, Transaction
    from campaign.simulation.world import World

TRIES = {"waiting": (9, 2), "fault": (3, 4), "gap": (6, 4)}
"""How often and how soon (steps, doubling) a parked key is tried by itself; other kinds need a person.

A gap too: what it waits for may have been applied by another owner of the partition while it was being parked.
"""


class ParkedKey(NamedTuple):
    """A row of `parked_key`."""

    kind: str
    attempts: int
    next_at: int | None


def park(tx: Transaction, row: Row, kind: str) -> Steps[None]:
    """`parking.park`: stop the key, or hold it stopped, and put the event aside."""
    name = ("parked_key", row.subject)
    standing = ParkedKey(kind, 0, pause(tx.store.world, kind, 0))
    if not (yield from tx.insert(name, standing)):
        yield from tx.lock(name)  # else somebody may let it go before this event is seen behind it
        if tx.get(name) is None:
            tx.put(name, standing)
    yield from put_behind(tx, row)


def put_behind(tx: Transaction, row: Row) -> Steps[None]:
    """`parking.put_behind`."""
    _ = yield from tx.insert(("parked_message", (row.subject, row.sequence)), row)


def wake_gap(tx: Transaction, key: str) -> Steps[None]:
    """`parking.wake_gap`: the event that a key missed is there: go on now."""
    name = ("parked_key", key)
    parked: ParkedKey | None = tx.get(name)
    if parked is not None and parked.kind == "gap":
        yield from tx.lock(name)
        tx.put(name, ParkedKey("gap", parked.attempts, tx.store.world.clock))


def next_due(tx: Transaction, most: int) -> list[str]:
    """`parking.next_due`: `FOR UPDATE SKIP LOCKED`."""
    world, found = tx.store.world, list[str]()
    for key in world.keys:
        parked: ParkedKey | None = tx.get(("parked_key", key))
        due = parked is not None and parked.next_at is not None and parked.next_at <= world.clock
        if due and tx.take(("parked_key", key)):
            found.append(key)
            if len(found) == most:
                break
    return found


def first_message(tx: Transaction, key: str) -> Row | None:
    """`parking.first_message`."""
    for sequence in range(1, (tx.get(("stream", key)) or 0) + 1):
        row = tx.get(("parked_message", (key, sequence)))
        if row is not None:
            return row
    return None


def remove(tx: Transaction, row: Row) -> Steps[None]:
    """`parking.remove`."""
    name = ("parked_message", (row.subject, row.sequence))
    yield from tx.lock(name)
    tx.put(name, None)


def go_on(tx: Transaction, row: Row) -> Steps[None]:
    """`parking.go_on`: an event of a parked key is done: the next one is tried at once."""
    yield from remove(tx, row)
    yield from retry(tx, row.subject)


def retry(tx: Transaction, key: str) -> Steps[None]:
    """`parking.retry`."""
    name = ("parked_key", key)
    yield from tx.lock(name)
    parked: ParkedKey | None = tx.get(name)
    if parked is not None:
        tx.put(name, ParkedKey(parked.kind, 0, tx.store.world.clock))


def free(tx: Transaction, key: str) -> None:
    """`parking.free`, of a key that is locked: if nothing is left of it."""
    if first_message(tx, key) is None:
        tx.put(("parked_key", key), None)


def postpone(tx: Transaction, key: str, kind: str) -> None:
    """`parking.postpone`: an attempt failed: try later, or leave it to a person."""
    parked: ParkedKey = tx.get(("parked_key", key))
    attempts = parked.attempts + 1
    tx.put(("parked_key", key), ParkedKey(kind, attempts, pause(tx.store.world, kind, attempts)))


def pause(world: World, kind: str, attempts: int) -> int | None:
    tries, first = TRIES.get(kind, (0, 0))
    return world.clock + first * 2**attempts if attempts < tries else None
