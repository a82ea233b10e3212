"""`kit.inbox`: the fence against repeats, where each key stands, the offsets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from campaign.simulation.steps import ON, Steps

if TYPE_CHECKING:
    from campaign.simulation.store import Row, Store, Transaction


class Message(NamedTuple):
    """An event as it came from the log."""

    partition: int
    offset: int
    row: Row


def fence(tx: Transaction, ids: Sequence[tuple[int, int]]) -> Steps[set[tuple[int, int]]]:
    """`inbox.fence`: insert the ids; the ones returned are new. A second owner waits here and then finds none."""
    new: set[tuple[int, int]] = set()
    for id in ids if len(ids) < 2 else sorted(ids):
        if (yield from tx.insert(("inbox", id), True)):
            new.add(id)
    return new


class Offset(NamedTuple):
    """A row of `consumer_offset`: what comes next in a partition of one cluster."""

    next: int
    cluster: int | None


class Standing(NamedTuple):
    """Which events are new, how far each key has come, which keys are parked and why."""

    new: set[tuple[int, int]]
    last: dict[str, int]
    parked: dict[str, str]


def arrive(
    tx: Transaction, ids: Sequence[tuple[int, int]], keys: Iterable[str], locks: Iterable[str]
) -> Steps[Standing]:
    """`inbox.arrive`: one statement: it sees no row that was committed after it began, however long it waits."""
    ordered = sorted(keys)
    rows = tx.store.rows
    seen_parked = [key for key in ordered if rows.get(("parked_key", key)) is not None]
    seen_applied = [key for key in ordered if rows.get(("applied", key)) is not None]
    new = yield from fence(tx, ids)
    parked = yield from _parked(tx, seen_parked)
    last = yield from _last(tx, seen_applied)
    for each in locks:
        yield from tx.lock(("advisory", each))
    return Standing(new, last, parked)


def positions(tx: Transaction, key: str) -> Steps[tuple[int, str | None]]:
    """`inbox.positions`: two statements, parked keys first; the last number applied, and why it is parked."""
    seen = [key] if tx.get(("parked_key", key)) is not None else []
    parked = yield from _parked(tx, seen)
    yield ON
    seen = [key] if tx.get(("applied", key)) is not None else []
    last = yield from _last(tx, seen)
    return last.get(key, 0), parked.get(key)


def _parked(tx: Transaction, keys: Sequence[str]) -> Steps[dict[str, str]]:
    found: dict[str, str] = {}
    for key in keys:
        name = ("parked_key", key)
        yield from tx.share(name)
        row = tx.get(name)
        if row is not None:
            found[key] = row.kind
    return found


def _last(tx: Transaction, keys: Sequence[str]) -> Steps[dict[str, int]]:
    found: dict[str, int] = {}
    for key in keys:
        name = ("applied", key)
        yield from tx.lock(name)
        found[key] = tx.get(name)
    return found


def advance(
    tx: Transaction, applied: Mapping[str, int], offsets: Mapping[int, int], cluster: int | None = None
) -> Steps[None]:
    """`inbox.advance`: the last event of each key, which never goes back, and offsets of a cluster, which may."""
    for partition in sorted(offsets):
        name = ("offset", partition)
        yield from tx.lock(name)
        kept: Offset | None = tx.get(name)
        tx.put(name, Offset(offsets[partition], cluster or (kept and kept.cluster)))
    for key in sorted(applied):
        name = ("applied", key)
        yield from tx.lock(name)
        if (tx.get(name) or 0) < applied[key]:
            tx.put(name, applied[key])


def offsets(store: Store, cluster: int | None) -> dict[int, int]:
    """`inbox.offsets`: what comes next in each partition; those that another cluster gave out say nothing here."""
    found: dict[int, int] = {}
    for place in range(len(store.world.group.owners)):
        kept: Offset | None = store.rows.get(("offset", place))
        if kept is not None and (kept.cluster is None or cluster is None or kept.cluster == cluster):
            found[place] = kept.next
    return found
