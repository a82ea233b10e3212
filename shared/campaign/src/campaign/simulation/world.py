"""Everything that a schedule is about: the store, the log, the clock, the dice and the processes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from campaign.simulation.log import Group, Log
from campaign.simulation.steps import Steps
from campaign.simulation.store import Store

if TYPE_CHECKING:
    from campaign.simulation.client import Order
    from campaign.simulation.protocol import Protocol
    from campaign.simulation.worker import Worker

PARTITIONS = 2


class Process:
    """One task of a service: killed and begun anew, paused, or told at its next step that its connection is gone."""

    __slots__ = ("begin", "body", "fault", "idle", "name", "paused_until")

    def __init__(self, name: str, begin: Callable[[Process], Steps[None]]) -> None:
        self.name = name
        self.begin = begin
        self.fault: Exception | None = None
        self.idle = False
        self.paused_until = 0
        self.body = begin(self)

    def kill(self) -> None:
        self.body.close()
        self.fault = None
        self.body = self.begin(self)


class Counts:
    """What a schedule, or many, came to."""

    __slots__ = ("crashes", "duplicates", "events", "faults", "forgotten", "schedules", "steps")

    def __init__(self) -> None:
        self.schedules = self.steps = self.events = self.faults = self.crashes = self.duplicates = self.forgotten = 0

    def add(self, other: Counts) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class World:
    """One schedule's."""

    __slots__ = (
        "clock", "counts", "dice", "filled_first", "group", "keys", "log", "orders", "processes", "producers",
        "protocol", "random", "risk", "store", "went_back", "wiped", "workers",
    )  # fmt: skip

    def __init__(self, seed: int, protocol: Protocol) -> None:
        self.dice = Random(seed)
        self.random = self.dice.random
        self.protocol = protocol
        self.clock = 0
        self.risk = 0.0
        self.store = Store(self)
        self.log = Log(self, PARTITIONS)
        self.group = Group(PARTITIONS)
        self.processes: list[Process] = []
        self.workers: dict[int, Worker] = {}
        self.orders: list[Order] = []
        self.keys: list[str] = []
        self.producers = 0
        self.wiped = False
        """The broker has lost its disk, and nobody has seen to it that all is sent again."""
        self.filled_first = False
        """The workers stay down until that has been done."""
        self.went_back = 0
        self.counts = Counts()

    def mishap(self) -> bool:
        """Whether something goes wrong here; never while the schedule drains."""
        return self.random() < self.risk

    def below(self, number: int) -> int:
        """A throw from 0 on; cheaper than `randrange`."""
        return int(self.random() * number)
