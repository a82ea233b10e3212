"""One schedule: a world made by a seed, steps in the order of its dice, then quiet, then the oracles."""

from __future__ import annotations

from collections.abc import Callable
from types import GeneratorType
from typing import cast

from campaign.simulation import oracles
from campaign.simulation.client import Order
from campaign.simulation.oracles import Broken
from campaign.simulation.parking import ParkedKey
from campaign.simulation.protocol import KIT, Protocol
from campaign.simulation.relay import KEEP_EVERY
from campaign.simulation.shop import ITEM, STOCK, Ordered
from campaign.simulation.steps import IDLE, KafkaError, Steps
from campaign.simulation.trouble import Operator, ask_for_replay, strike
from campaign.simulation.world import Process, World

RISK = 0.02
"""How often a commit or a batch goes wrong."""

TROUBLE = 0.06
"""How often a fault comes instead of a step."""

BACKLOG = 0.5
"""The share of schedules in which all is published before a worker reads it."""

AT_RISK = 0.15
"""The same, while there are commits that a crash would forget."""

ROUNDS = 100
"""Rounds of all processes after which a schedule that is not quiet counts as stuck."""

AT_A_TIME = 30
"""Steps for which a process may go on in one round."""

Trace = Callable[[str], None]


def run(seed: int, protocol: Protocol = KIT, trace: Trace | None = None) -> tuple[World, list[Broken]]:
    """Run one schedule and say what it broke."""
    world = World(seed, protocol)
    furnish(world)
    eager = begin_with_backlog(world, trace) if world.random() < BACKLOG else world.processes
    disturb(world, eager, 30 + world.below(40), trace)
    heal(world)
    if trace is not None:
        trace("      -- nothing goes wrong from here on")
    if world.filled_first:
        fill_again(world, trace)
    quiet = drain(world, trace)
    if quiet and mend(world):
        quiet = drain(world, trace)
    world.counts.schedules = 1
    world.counts.events = len(world.store.outbox)
    return world, oracles.broken(world) if quiet else [Broken("stuck", "the processes never come to rest")]


def furnish(world: World) -> None:
    """Orders with their commands, and the processes that serve them."""
    world.store.rows[("stock", ITEM)] = STOCK
    for number in range(2):
        subject = f"order-{number}"
        world.orders.append(Order(subject, commands_of(world, subject)))
    world.keys = [ITEM, *(order.subject for order in world.orders)]
    protocol = world.protocol
    add = world.processes.append
    for order in world.orders:
        add(
            Process(
                f"client of {order.subject}", lambda process, order=order: protocol.client(world, process, order).run()
            )
        )
    for number in range(1 + world.below(2)):
        add(Process(f"relay {number}", lambda process: protocol.relay(world, process).run()))
    workers = 1 + world.below(2)
    for number in range(workers):
        add(Process(f"worker {number}", lambda process, number=number: protocol.worker(world, process, number).run()))
        add(Process(f"retries {number}", lambda process, number=number: protocol.retries(world, process, number).run()))
    world.group.share_out([world.below(workers) for _ in world.group.owners])
    for number in range(1 + world.below(2)):
        add(Process(f"timers {number}", lambda process: protocol.timers(world, process).run()))
    if world.random() < 0.3:
        add(Process("operator", lambda process: Operator(world, process).run()))


def commands_of(world: World, subject: str) -> list[Ordered]:
    """Two to four; some poison, some that name an order which may not be known yet."""
    found: list[Ordered] = []
    for number in range(2 + world.below(2)):
        dice = world.random()
        needs = "order-0" if dice > 0.75 and subject != "order-0" else None
        found.append(Ordered(f"{subject}/{number}", 1 + world.below(3), dice < 0.12 and subject != "order-0", needs))
    return found


def begin_with_backlog(world: World, trace: Trace | None) -> list[Process]:
    """Commands are run and published before anybody reads them; then those who read are seldom interrupted by others.

    Returns whom the dice choose from.
    """
    publish(world, trace)
    workers = [process for process in world.processes if process.name.startswith("worker")]
    return world.processes + workers * (8 // len(workers))


def publish(world: World, trace: Trace | None) -> None:
    """Who sends commands goes on, and then the relays; nobody reads."""
    for name in ("client", "relay"):
        world.clock += KEEP_EVERY + 1
        go_on_all(world, name, trace)


def go_on_all(world: World, name: str, trace: Trace | None) -> None:
    """Those whose name begins so."""
    for process in world.processes:
        if process.name.startswith(name):
            _ = go_on(world, process, trace)


def disturb(world: World, processes: list[Process], steps: int, trace: Trace | None) -> None:
    """The dice say who is next, and when something goes wrong."""
    world.risk = RISK
    random, unflushed = world.random, world.store.unflushed
    many = len(processes)
    for _ in range(steps):
        world.clock += 1
        if random() < (AT_RISK if unflushed else TROUBLE):
            fault = strike(world)
            if trace is not None:
                trace(f"{world.clock:5} ** {fault}")
            continue
        process = processes[int(random() * many)]
        if process.paused_until <= world.clock:
            step(world, process, trace)


def heal(world: World) -> None:
    """Nothing goes wrong any more, and nobody meddles; what was on its way to the broker arrives or is lost."""
    world.risk = 0.0
    if world.processes[-1].name == "operator":
        world.processes.pop().body.close()
    for process in world.processes:
        process.paused_until = 0
    for request in world.log.late:
        if world.random() < 0.5:
            try:
                world.log.accept(request)
            except KafkaError:
                continue
    world.log.late.clear()


def fill_again(world: World, trace: Trace | None) -> None:
    """New events come into the empty log, then all that was there before; only then do the workers come up.

    The newest is not sent again: a replay sends what the kept cursor has passed, and it is kept now and then.
    """
    publish(world, trace)
    order_more(world)
    publish(world, trace)
    order_more(world)
    ask_for_replay(world, None)
    go_on_all(world, "client", trace)
    go_on_all(world, "relay", trace)
    for _ in range(ROUNDS):
        if not replaying(world):
            world.wiped = False
            return
        publish(world, trace)


def order_more(world: World) -> None:
    """One more command of one of the orders."""
    order = world.orders[world.below(len(world.orders))]
    order.commands.append(Ordered(f"{order.subject}/{len(order.commands)}", 1))


def replaying(world: World) -> bool:
    """Whether what was asked for has not all been sent again."""
    return any(table == "replay" and not row.done for (table, _), row in world.store.rows.items())


def mend(world: World) -> bool:
    """What a person does in the end: send a wiped topic again, try once more what gave up waiting."""
    given_up = [
        key for key in world.keys if (row := world.store.rows.get(("parked_key", key))) and row.kind == "waiting"
    ]
    for key in given_up:
        parked: ParkedKey = world.store.rows[("parked_key", key)]
        world.store.write(("parked_key", key), parked._replace(attempts=0, next_at=world.clock))
    if world.wiped:
        ask_for_replay(world, None)
    return world.wiped or bool(given_up)


def drain(world: World, trace: Trace | None) -> bool:
    """Everybody in turn until all have looked and found nothing; says whether it came to that."""
    calm = -1  # in the first round somebody may come to rest who has looked long ago
    processes = world.processes
    for _ in range(ROUNDS):
        calm += 1
        world.clock += KEEP_EVERY + 1
        for process in processes:
            if go_on(world, process, trace):
                calm = 0
        if not calm and all(len(order.answered) == len(order.commands) for order in world.orders):
            processes = world.processes[len(world.orders) :]  # whose clients come first
        if calm:
            later = next_alarm(world)
            if later is None:
                return True
            world.clock = max(world.clock, later)
            calm = 0
    return False


def go_on(world: World, process: Process, trace: Trace | None) -> int:
    """Let a process run until it has nothing to do; how many steps it had something to do."""
    for steps in range(AT_A_TIME):
        step(world, process, trace)
        if process.idle:
            return steps
    return AT_A_TIME


def next_alarm(world: World) -> int | None:
    """When the next timer, or the next attempt at a parked key, is due."""
    rows = world.store.rows
    times = [rows.get(("timer", order.subject)) for order in world.orders]
    parked = [rows.get(("parked_key", key)) for key in world.keys]
    times += [each.next_at for each in parked if each is not None]
    return min((time for time in times if time is not None), default=None)


def step(world: World, process: Process, trace: Trace | None) -> None:
    """Let a process run to its next yield."""
    world.counts.steps += 1
    body = process.body
    if trace is not None:
        trace(f"{world.clock:5} {process.name:18} {place_of(body)}")
    fault = process.fault
    if fault is None:
        process.idle = next(body) == IDLE
    else:
        process.fault = None
        process.idle = body.throw(fault) == IDLE


def place_of(body: Steps[None]) -> str:
    """Where a process stands: the innermost of its functions, and the line."""
    inner = cast("GeneratorType[int, None, object]", body)
    while isinstance(inner.gi_yieldfrom, GeneratorType):
        inner = cast("GeneratorType[int, None, object]", inner.gi_yieldfrom)
    frame = inner.gi_frame
    return f"{inner.__qualname__}:{frame.f_lineno}" if frame is not None else "done"
