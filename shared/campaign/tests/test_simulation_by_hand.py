"""Two schedules that the dice find seldom or never, led step by step: two owners of the first event of a key."""

from __future__ import annotations

import pytest

from campaign.simulation import oracles, schedule
from campaign.simulation.client import Order
from campaign.simulation.planted.consumer import FencedTooLate, GapLeftAlone
from campaign.simulation.protocol import KIT, Protocol
from campaign.simulation.shop import ITEM, STOCK, Ordered
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
        self.add("retries", Process("retries", lambda it: protocol.retries(world, it).run()))
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
    world.store.rows[("offset", 1)] = 1
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
