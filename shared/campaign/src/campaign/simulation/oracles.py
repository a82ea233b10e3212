"""What has to hold when a schedule is quiet."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from campaign.simulation import inbox
from campaign.simulation.shop import HANDLED, ITEM, STOCK

if TYPE_CHECKING:
    from campaign.simulation.store import Row
    from campaign.simulation.world import World


class Broken(NamedTuple):
    """An oracle that does not hold, and what it saw."""

    oracle: str
    what: str


def broken(world: World) -> list[Broken]:
    found: list[Broken] = []
    for oracle, look in ORACLES.items():
        found += [Broken(oracle, what) for what in look(world)]
    return found


def settled(world: World) -> set[tuple[int, int]]:
    """The events that were applied, discarded, or wait behind a parked one."""
    rows = world.store.rows
    done = {row.event_id for row in world.store.applied}
    for (table, _), row in rows.items():
        if row is None or table not in ("discarded", "parked_message"):
            continue
        if table == "discarded" or rows.get(("parked_key", row.subject)) is not None:
            done.add(row.event_id)
    return done


def lost(world: World) -> list[str]:
    """Every event of the outbox is applied, discarded or waits behind poison."""
    done = settled(world)
    return [f"{row} has no effect" for row in world.store.outbox if row.event_id not in done]


def doubled(world: World) -> list[str]:
    """No event has its effect twice."""
    counted = Counter(row.event_id for row in world.store.applied if row.kind in HANDLED)
    return [f"event {event} took effect {times} times" for event, times in counted.items() if times > 1]


def reordered(world: World) -> list[str]:
    """Per key, events take effect in the order 1 … n, without a gap but for discarded ones."""
    reached: dict[str, int] = {}
    gone = {(row.subject, row.sequence) for name, row in world.store.rows.items() if name[0] == "discarded" and row}
    seen: set[tuple[int, int]] = set()
    found: list[str] = []
    for row in world.store.applied:
        if row.event_id in seen:
            continue  # the oracle of doubled effects judges it
        seen.add(row.event_id)
        expected = reached.get(row.subject, 0) + 1
        while (row.subject, expected) in gone:
            expected += 1
        if row.sequence != expected:
            found.append(f"{row} was applied when #{expected} was due")
        reached[row.subject] = row.sequence
    return found


def published_in_order(world: World) -> list[str]:
    """Per key, events come into the log for the first time in the order of the outbox ids."""
    last: dict[str, Row] = {}
    seen: set[tuple[int, int]] = set()
    found: list[str] = []
    for row in world.log.ever:
        if row.event_id in seen:
            continue
        seen.add(row.event_id)
        before = last.get(row.subject)
        if before is not None and before.id > row.id:
            found.append(f"{row} was published after {before}")
        last[row.subject] = row
    return found


def ghosts(world: World) -> list[str]:
    """Every record of the log is in the outbox."""
    known = {row.event_id for row in world.store.outbox}
    return [f"{row} is in the log, not in the outbox" for row in set(world.log.ever) if row.event_id not in known]


def numbered(world: World) -> list[str]:
    """The outbox numbers the events of each aggregate 1 … n, in the order of their ids."""
    last: dict[str, int] = {}
    found: list[str] = []
    for row in sorted(world.store.outbox, key=lambda row: row.id):
        if row.sequence != last.get(row.subject, 0) + 1:
            found.append(f"{row} follows #{last.get(row.subject, 0)}")
        last[row.subject] = row.sequence
    return found


def answered(world: World) -> list[str]:
    """Each command has an answer that is its own, and exactly one event."""
    events = Counter(row.about.command for row in world.store.outbox if row.kind == "ordered")
    found: list[str] = []
    for order in world.orders:
        for command, answer in zip(order.commands, order.answered, strict=True):
            if answer != command.command or events[command.command] != 1:
                found.append(f"{command.command} was answered {answer!r} and has {events[command.command]} events")
    return found


def parked(world: World) -> list[str]:
    """A key is parked if and only if its next event is poison."""
    rows = world.store.rows
    discarded = {row.subject for name, row in rows.items() if name[0] == "discarded" and row}
    found: list[str] = []
    for key in world.keys:
        standing = rows.get(("parked_key", key))
        last = rows.get(("applied", key)) or 0
        following = rows.get(("parked_message", (key, last + 1)))
        poison = following is not None and following.kind == "ordered" and following.about.poison
        if (standing is not None) != poison:
            found.append(f"{key} is {standing} after #{last}, and its next event is {following}")
        if standing is None and last < (rows.get(("stream", key)) or 0) and key not in discarded:
            found.append(f"{key} flows, but stands at #{last}")
    return found


def fired(world: World) -> list[str]:
    """Each order is reminded of once."""
    reminders = Counter(row.subject for row in world.store.outbox if row.kind == "reminded")
    subjects = [order.subject for order in world.orders]
    return [f"{subject} was reminded of {reminders[subject]} times" for subject in subjects if reminders[subject] != 1]


def balanced(world: World) -> list[str]:
    """What is free and what is reserved is the stock, and no piece is promised twice."""
    taken = sum(row.about for row in world.store.outbox if row.kind == "reserved")
    free: int = world.store.rows[("stock", ITEM)]
    if free < 0 or free + taken != STOCK:
        return [f"{free} pieces free and {taken} reserved of {STOCK}"]
    return []


def skipped(world: World) -> list[str]:
    """Who begins at a stored offset leaves nothing out. It may have gone back: repeats do no harm."""
    without_effect = {row.event_id for row in world.store.outbox} - settled(world)
    stored, found = inbox.offsets(world.store, world.log.cluster), list[str]()
    for place, records in enumerate(world.log.partitions):
        offset = stored.get(place, 0)
        found += [f"{row} is behind the offset" for row in records[:offset] if row.event_id in without_effect]
    return found


def kept(world: World) -> list[str]:
    """The relay's cursor never goes back."""
    return [f"the relay's cursor went back {world.went_back} times"] if world.went_back else []


def let_go(world: World) -> list[str]:
    """No lock and no transaction is left behind."""
    store = world.store
    left = [f"{name} is locked" for name in store.locks]
    return left + (["a transaction is open"] if store.open or store.running else [])


ORACLES = {
    "ghost": ghosts,
    "numbered": numbered,
    "answered": answered,
    "published in order": published_in_order,
    "doubled": doubled,
    "reordered": reordered,
    "balanced": balanced,
    "lost": lost,
    "parked": parked,
    "timers": fired,
    "offsets": skipped,
    "cursor": kept,
    "let go": let_go,
}
"""In the order in which they are told; the first names the mistake best."""
