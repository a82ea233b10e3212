"""What the load has come to: loops by how they ended, commands by what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from campaign.load.sending import Outcome
from campaign.load.services import Infrastructure


@dataclass(frozen=True)
class Hanging:
    """A story that had not ended when the deadline came: what it did last, and for how many seconds."""

    number: int
    story: str
    step: str
    seconds: float


@dataclass(frozen=True)
class Summary:
    """Supply (purchases that are delivered) is counted among the stories; `ended` is by story and end."""

    begun: int
    ended: Counter[tuple[str, str]]
    hanging: tuple[Hanging, ...]
    turned_away: int
    """Arrivals that were left out because too many stories were under way."""
    commands: Counter[Outcome]
    """By their final outcome."""
    refusals: Counter[str]
    """Commands whose final outcome is refused, by problem."""
    retries: int
    repeats: int
    differing: tuple[str, ...]
    """Keys whose repetition was answered otherwise."""
    unanswered: int
    """Sendings that ended without any answer."""
    infrastructure: tuple[Infrastructure, ...]

    def loops(self) -> Counter[str]:
        """How many stories ended in each way; a refusal that nobody foresaw ends a story, too."""
        found: Counter[str] = Counter()
        for (_, how), number in self.ended.items():
            found[how] += number
        return found

    @property
    def closed(self) -> int:
        return self.loops()["closed"]

    @property
    def cancelled(self) -> int:
        return self.loops()["cancelled"]
