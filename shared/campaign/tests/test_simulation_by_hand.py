"""Schedules that the dice find seldom or never, led step by step.

Two owners of the first event of a key; and a batch under way while the database forgets what came before it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaign.simulation import oracles, schedule
from campaign.simulation.client import Order
from campaign.simulation.inbox import Offset
from campaign.simulation.planted.consumer import FencedTooLate, GapLeftAlone, ParkedUncompared
from campaign.simulation.planted.worker import AppliedAfterRevocation, ClusterNotRemembered, TrustsAnother
from campaign.simulation.protocol import KIT, Protocol
from campaign.simulation.shop import ITEM, STOCK, Ordered
from campaign.simulation.store import Row
from campaign.simulation.world import Process, World


class ByHand:
    """A world with two orders, one relay, two workers and the retries; `until` leads one process to a place."""

    def __init__(self, protocol: Protocol, *second: Ordered) -> None:
        self.world = world = World(0, protocol)
        world.store.rows[("stock", ITEM)] = STOCK
        first = [Ordered("order-0/0", 1)]
        world.orders = [Order("order-0", first), Order("order-1", list(second))]
        world.keys = [ITEM, "order-0", "order-1"]
        for order in world.orders:
            self.add(order.subject, Process(order.subject, lambda it, of=order: protocol.client(world, it, of).run()))
        self.add("relay", Process("relay", lambda it: protocol.relay(world, it).run()))
        for number, name in enumerate("AB"):
            self.add(name, Process(name, lambda it, of=number: protocol.worker(world, it, of).run()))
        self.add("retries", Process("retries", lambda it: protocol.retries(world, it, 0).run()))
        self.add("timers", Process("timers", lambda it: protocol.timers(world, it).run()))

    def add(self, name: str, process: Process) -> None:
        assert process.name == name
        self.world.processes.append(process)

    def until(self, name: str, place: str = "idle") -> None:
        """Lead a process on until it stands in a function, or has nothing to do."""
        process = next(each for each in self.world.processes if each.name == name)
        for _ in range(40):
            self.world.clock += 1
            schedule.step(self.world, process, None)
            stands = schedule.place_of(process.body)
            if any(each in stands for each in place.split("|")) or (place == "idle" and process.idle):
                return
        raise AssertionError(f"{name} never stands in {place}, but in {schedule.place_of(process.body)}")

    def published(self, order: str) -> None:
        self.until(order)
        for _ in range(6):
            self.until("relay", "Relay.cycle")

    def broken(self) -> set[str]:
        assert schedule.drain(self.world, None)
        return {each.oracle for each in oracles.broken(self.world)}


def retried_while_another_owner_applies_it(protocol: Protocol) -> set[str]:
    """A parks what B, which has taken over, is applying; the retry is due before B commits."""
    by_hand = ByHand(protocol, Ordered("order-1/0", 1, needs="order-0"))
    group = by_hand.world.group
    group.share_out([1, 0])
    by_hand.until("A")
    by_hand.until("B")
    by_hand.published("order-1")
    by_hand.until("A", "Consumer.park")
    by_hand.published("order-0")
    by_hand.until("B")
    group.share_out([1, 1])
    by_hand.until("B", "Consumer.due")
    by_hand.until("A", "Worker.")
    by_hand.world.clock += 5
    by_hand.until("retries", "Transaction.insert|FencedTooLate.expected")
    by_hand.until("B")
    return by_hand.broken()


def gap_parked_while_another_owner_fills_it(protocol: Protocol) -> set[str]:
    """A is applying the first event while B, which begins after it, parks the second one as coming after a gap."""
    by_hand = ByHand(protocol, Ordered("order-1/0", 1))
    world = by_hand.world
    world.group.share_out([1, 0])
    by_hand.until("A")
    by_hand.published("order-1")
    by_hand.until("A", "Consumer.due")
    world.clock += 50
    by_hand.published("timers")
    world.store.rows[("offset", 1)] = Offset(1, world.log.cluster)
    world.group.share_out([1, 1])
    by_hand.until("B")
    by_hand.until("A")
    return by_hand.broken()


@pytest.mark.parametrize("of", [retried_while_another_owner_applies_it, gap_parked_while_another_owner_fills_it])
def test_two_owners_of_a_first_event_do_no_harm(of: object) -> None:
    assert callable(of)

    assert of(KIT) == set()


def test_a_retry_that_looks_before_the_fence_doubles_an_effect() -> None:
    assert retried_while_another_owner_applies_it(Protocol(consumer=FencedTooLate)) == {"doubled"}


def test_a_gap_that_is_left_alone_stays_though_it_is_filled() -> None:
    assert "parked" in gap_parked_while_another_owner_fills_it(Protocol(consumer=GapLeftAlone))


def told_already(protocol: Protocol) -> ByHand:
    """Nobody orders and nothing is relayed: the log has an event that leads to no other one, and poison."""
    by_hand = ByHand(protocol)
    world = by_hand.world
    world.orders, world.processes = [], world.processes[3:]
    poison = Ordered("order-1/0", 1, poison=True)
    rows = [Row(1, 3, ITEM, 1, "reserved", 1, 0), Row(2, 4, "order-1", 1, "ordered", poison, 1)]
    world.store.outbox, world.log.partitions[0] = rows, list(rows)
    return by_hand


def lost_with_the_last_commit(protocol: Protocol, most: int, place: str = "Consumer.apply:") -> ByHand:
    """A has applied the first event; the next one is refused, and A is about to do what that takes, or it stands there.

    The database is killed before the first one is on its disk.
    """
    by_hand = told_already(protocol)
    world = by_hand.world
    by_hand.until("A", "Worker.seek_to_ours")
    world.workers[0].most = most
    by_hand.until("A", "Transaction.commit")
    by_hand.until("A", place)
    world.store.crash()
    assert world.counts.forgotten == 1
    return by_hand


def parked_after_a_crash(protocol: Protocol) -> set[str]:
    """Between the refusal of the poison and its parking."""
    return lost_with_the_last_commit(protocol, 1).broken()


def compared_between_two_halves(protocol: Protocol) -> set[str]:
    """Between the halves of one batch; then the task of the parked keys compares the offsets first."""
    by_hand = lost_with_the_last_commit(protocol, 2)
    by_hand.until("retries", "Worker.compare_offsets")
    by_hand.until("retries")
    return by_hand.broken()


def shared_out_before_comparing(protocol: Protocol) -> set[str]:
    """The partitions are shared out anew while a batch waits for the database; and its worker dies once it is done."""
    by_hand = lost_with_the_last_commit(protocol, 1, "Consumer.due")
    world = by_hand.world
    world.group.share_out([0, 0])
    world.random = lambda: 0.3  # the client's own task sees to that at once
    by_hand.until("A", "Worker.seek_to_ours")
    while ("offset", 0) not in world.store.rows or world.store.rows[("offset", 0)] is None:
        by_hand.until("A", "")
    world.processes[0].kill()
    return by_hand.broken()


FORGOTTEN = [
    (parked_after_a_crash, Protocol(consumer=ParkedUncompared)),
    (compared_between_two_halves, Protocol(worker=TrustsAnother)),
    (shared_out_before_comparing, Protocol(worker=AppliedAfterRevocation)),
]


@pytest.mark.parametrize(("of", "planted"), FORGOTTEN)
def test_nothing_is_applied_past_what_the_database_has_forgotten(
    of: Callable[[Protocol], set[str]], planted: Protocol
) -> None:
    assert "lost" not in of(KIT)
    assert "lost" in of(planted)


def filled_again_while_down(protocol: Protocol) -> set[str]:
    """The worker is down; the broker loses its disk, and gets a new event before the old ones are sent again."""
    by_hand = told_already(protocol)
    world = by_hand.world
    by_hand.until("A")
    assert world.store.rows[("offset", 0)].next == 2
    old, new = world.log.partitions[0], Row(3, 5, ITEM, 2, "reserved", 1, 2)
    world.processes[0].kill()
    world.log.wipe()
    world.store.outbox.append(new)
    world.log.partitions[0] = [new, *old]
    return by_hand.broken()


def test_an_offset_says_nothing_in_another_cluster() -> None:
    assert "lost" not in filled_again_while_down(KIT)
    assert {"lost", "offsets"} <= filled_again_while_down(Protocol(worker=ClusterNotRemembered))
