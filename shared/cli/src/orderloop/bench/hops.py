"""Hop and loop times, read off the events: from one event's commit to the event that it caused in another service.

An event's time is taken when it is written to the outbox, in the transaction that made it true. So a hop is the whole
way: commit, relay, broker, consumer, effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orderloop.driving.events import Seen


@dataclass(frozen=True)
class Spread:
    """How a time spreads, in milliseconds."""

    p50: float
    p95: float
    p99: float
    count: int

    @staticmethod
    def of(seconds: Iterable[float]) -> Spread | None:
        values = sorted(seconds)
        if not values:
            return None
        p50, p95, p99 = (round(1000 * _at(values, part), 2) for part in (0.5, 0.95, 0.99))
        return Spread(p50, p95, p99, len(values))


@dataclass(frozen=True)
class Hop:
    """One event of one service that led to an event of another."""

    cause: str
    effect: str
    service: str
    seconds: float


def hops(seen: Sequence[Seen]) -> list[Hop]:
    """Every hop between services in what was seen; of several effects in one service the first counts."""
    by_id = {each.id: each for each in seen}
    first: dict[tuple[str, str], Hop] = {}
    for effect in seen:
        cause = by_id.get(effect.causation)
        if cause is None or cause.service == effect.service:
            continue
        seconds = (effect.time - cause.time).total_seconds()
        key = (cause.id, effect.service)
        if key not in first or seconds < first[key].seconds:
            first[key] = Hop(cause.name, effect.name, effect.service, seconds)
    return list(first.values())


def by_kind(found: Sequence[Hop]) -> dict[str, Spread]:
    """The spread of each kind of hop, slowest first."""
    kinds: dict[str, list[float]] = {}
    for hop in found:
        kinds.setdefault(f"{hop.cause} → {hop.effect} ({hop.service})", []).append(hop.seconds)
    spreads = {kind: spread for kind, seconds in kinds.items() if (spread := Spread.of(seconds)) is not None}
    return dict(sorted(spreads.items(), key=lambda item: -item[1].p50))


def _at(values: Sequence[float], part: float) -> float:
    """The value below which this part lies, between neighbours in proportion."""
    place = part * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)
