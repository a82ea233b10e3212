"""What is true of all events together: each has a cause, none is missing, and one loop is one thread and one trace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from contracts.event import LOOP_IDS
from orderloop.driving.events import Seen


def of_loop(events: Iterable[Seen], *ids: str) -> list[Seen]:
    """The events which name one of these ids, or an id of the loop that such an event names, in the order of time.

    They are found by what is in them, not by their correlation: so their correlations can be judged by it.
    """
    told = [each for each in once(events) if _loop_ids(each)]
    known, found = set(ids), dict[str, Seen]()
    while more := [each for each in told if each.id not in found and known & _loop_ids(each)]:
        found |= {each.id: each for each in more}
        known |= {id for each in more for id in _loop_ids(each)}
    return sorted(found.values(), key=lambda seen: (seen.time, seen.id))


def once(events: Iterable[Seen]) -> list[Seen]:
    """Each event once: after a crash the relay may send one again, under the same id."""
    return list({each.id: each for each in events}.values())


def roots(events: Iterable[Seen], everything: Iterable[Seen]) -> list[Seen]:
    """Those of these events that no event of all that was seen caused: what a person did."""
    ids = {each.id for each in everything}
    return [each for each in once(events) if each.causation not in ids]


def gaps(events: Iterable[Seen]) -> list[str]:
    """Where a number is missing or came twice, per service and subject, from the first one that was seen on."""
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in once(events):
        numbers[each.service, each.subject].append(each.sequence)
    return [f"{service} {subject}: {seen}" for (service, subject), seen in numbers.items() if not _gapless(seen)]


def names(events: Iterable[Seen]) -> list[str]:
    """The events by their names."""
    return [each.name for each in events]


def traces(events: Iterable[Seen]) -> set[str]:
    """The trace ids (W3C Trace Context) of these events; that of an event without one is empty."""
    return {each.headers.get("traceparent", "")[3:35] for each in events}


def _gapless(numbers: Sequence[int]) -> bool:
    return list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))


def _loop_ids(seen: Seen) -> set[str]:
    return {str(seen.data[name]) for name in LOOP_IDS if seen.data.get(name)}
