"""What goes wrong while a schedule runs: kills, lost connections, pauses, rebalances, repeats, a wiped topic."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from campaign.simulation import parking
from campaign.simulation.relay import Replay
from campaign.simulation.steps import IDLE, KafkaError, Steps, Transient

if TYPE_CHECKING:
    from campaign.simulation.world import Process, World

UNTIL_HEALED = 1 << 60
"""After all steps."""


def strike(world: World) -> str:
    """One fault, by the dice; returns what it was."""
    world.counts.faults += 1
    if world.store.unflushed and world.random() < 0.7:
        return f"{crash.__name__} {crash(world) or ''}"
    dice = world.random()
    for share, fault in FAULTS:
        if dice < share:
            return f"{fault.__name__} {fault(world) or ''}"
    raise AssertionError("the last share is 1")


def kill(world: World) -> str:
    """kill -9 of a process; its keeper starts it again."""
    world.counts.crashes += 1
    process = world.processes[world.below(len(world.processes))]
    process.kill()
    return process.name


def end_session(world: World) -> str | None:
    """`pg_terminate_backend`: of an open transaction, or of a relay that goes on without knowing."""
    store = world.store
    if store.open and world.random() < 0.6:
        found = list(store.open)
        tx = found[world.below(len(found))]
        tx.cut_off()
        return tx.owner.name
    if store.relay_lock is not None:
        store.relay_lock.close()
    return None


def rebalance(world: World) -> str:
    """Share the partitions out anew; who owned one may still be at work on what it read."""
    workers = sum(1 for process in world.processes if process.name.startswith("worker"))
    world.group.share_out([world.below(workers) for _ in world.group.owners])
    return str(world.group.owners)


def pause(world: World) -> str:
    """SIGSTOP, and SIGCONT some time later."""
    process = within_transaction(world) if world.random() < 0.6 else None
    process = process or world.processes[world.below(len(world.processes))]
    process.paused_until = world.clock + 10 + world.below(30)
    return f"{process.name} until {process.paused_until}"


def within_transaction(world: World) -> Process | None:
    """Who is in the middle of one, and holds what it has locked."""
    found = list(world.store.open)
    return found[world.below(len(found))].owner if found else None


def arrive_late(world: World) -> None:
    """A batch that its producer has given up reaches the broker for all that."""
    if world.log.late:
        request = world.log.late.pop(world.below(len(world.log.late)))
        try:
            world.log.accept(request)
        except KafkaError:
            return  # its numbers have a hole


def send_again(world: World) -> None:
    """An operator asks for a replay, of one aggregate or of all."""
    place = world.below(len(world.keys) + 1)
    ask_for_replay(world, world.keys[place] if place < len(world.keys) else None)


def ask_for_replay(world: World, subject: str | None) -> None:
    """`POST /ops/replays`."""
    number = 1
    while ("replay", number) in world.store.rows:
        number += 1
    world.store.write(("replay", number), Replay(subject, 0, False))


def wipe(world: World) -> None:
    """The broker comes back with an empty disk; that all be sent again is asked for now or later.

    Meanwhile the workers may be down: the log may then be longer than it was before they look at it again. Some stay
    down until what is new has been published and all that came before it has been sent again: `schedule.fill_again`.
    """
    world.log.wipe()
    world.wiped = True
    if world.random() < 0.5:
        world.filled_first = world.random() < 0.5
        keep_down(world)
    if world.random() < 0.5 and not world.filled_first:
        ask_for_replay(world, None)


def keep_down(world: World) -> None:
    """The workers are killed, and nobody starts them again for a while, or before the log is filled."""
    for process in world.processes:
        if process.name.startswith("worker"):
            process.kill()
            process.paused_until = UNTIL_HEALED if world.filled_first else world.clock + 10 + world.below(40)


def crash(world: World) -> None:
    """kill -9 of the postmaster."""
    world.counts.crashes += 1
    world.store.crash()


FAULTS: list[tuple[float, Callable[[World], str | None]]] = [
    (0.38, kill),
    (0.55, end_session),
    (0.70, rebalance),
    (0.82, pause),
    (0.88, arrive_late),
    (0.94, send_again),
    (0.98, crash),
    (1.00, wipe),
]
"""Each with the throw below which it comes."""


class Operator:
    """Somebody who looks at parked keys now and then, tries them again and gives poison up."""

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process
        self.consumer = world.protocol.consumer(world, process)

    def run(self) -> Steps[None]:
        while True:
            yield IDLE
            key = self.world.keys[self.world.below(len(self.world.keys))]
            if self.world.store.rows.get(("parked_key", key)) is not None:
                with suppress(Transient):
                    yield from self.act(key)

    def act(self, key: str) -> Steps[None]:
        """`POST …/retry`, or `POST …/discard` of what a rule refuses."""
        world = self.world
        with self.consumer.begin() as tx:
            row = parking.first_message(tx, key)
            parked = tx.get(("parked_key", key))
        if row is not None and parked is not None and parked.kind == "refused" and world.random() < 0.5:
            yield from self.consumer.discard_parked(key, row)
            return
        with self.consumer.begin() as tx:
            yield from parking.retry(tx, key)
            yield from tx.commit()
