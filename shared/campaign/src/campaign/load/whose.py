"""Which story is being told just now: its commands bear its name, and its last step is known when it hangs."""

from __future__ import annotations

import random
import time
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(eq=False)
class Told:
    """A story under way. `dice` are its own, so that what else goes on does not change what it does."""

    name: str
    number: int
    dice: random.Random
    run: str
    """Stands in every key, so that the same seed can be told to the same platform twice."""
    step: str = "not begun"
    since: float = field(default_factory=time.monotonic)
    commands: int = 0

    def begins(self, step: str) -> None:
        self.step, self.since = step, time.monotonic()

    def next_key(self) -> str:
        """The idempotency key of its next command."""
        self.commands += 1
        return f"{self.run}-{self.number}-{self.commands}"


telling: ContextVar[Told | None] = ContextVar("telling", default=None)
