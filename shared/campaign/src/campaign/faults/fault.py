"""What a fault is: a scene that begins, is held for some seconds, and is healed. The dice decide the rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from campaign.stand import Stand
from orderloop.driving.people import People
from orderloop.platform.plan import SERVICES

T = TypeVar("T")


@dataclass
class Scene:
    """Where a fault happens. Every choice comes from `dice`, so that a seed repeats it."""

    stand: Stand
    people: People
    dice: Random
    aims: list[str] = field(default_factory=list[str])
    """What was hit, in words, for the report."""
    poison: set[str] = field(default_factory=set[str])
    """Ids of events that nobody can apply: those must be parked, and nothing else."""
    discarded: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Parked keys (topic, subject) that an operator gives up once everything is quiet."""

    redelivered: int = 0
    """Records that a consumer was made to read once more."""

    def a_service(self) -> str:
        return self.dice.choice(SERVICES)

    def some_services(self, most: int = 3) -> list[str]:
        return self.dice.sample(SERVICES, self.dice.randint(1, most))

    def aim(self, what: T) -> T:
        """Note what is hit."""
        self.aims.append(str(what))
        return what


Happening = Callable[[Scene], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """`name` as in the list of faults; `hold`: from how many seconds to how many it lasts."""

    name: str
    title: str
    hold: tuple[float, float]
    happens: Happening
    needs_shim: bool = False


FAULTS: dict[str, Fault] = {}


def fault(
    name: str, title: str, *, hold: tuple[float, float], needs_shim: bool = False
) -> Callable[[Callable[[Scene], AsyncGenerator[None]]], Happening]:
    """Enter a scene in the list. Before its `yield` it breaks something, after it heals."""

    def enter(scene: Callable[[Scene], AsyncGenerator[None]]) -> Happening:
        happens = asynccontextmanager(scene)
        FAULTS[name] = Fault(name, title, hold, happens, needs_shim)
        return happens

    return enter
