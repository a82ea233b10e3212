"""From the outbox to the topic: I6 no ghost, I8 no gap, I9 in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from campaign.invariants.facts import Facts, Written
from campaign.invariants.findings import Violation
from campaign.invariants.topics import Sent
from kit.envelope import headers_of


async def i6_no_ghost(facts: Facts) -> list[Violation]:
    """Every id in an inbox and every record of a topic is in its producer's outbox, with the same bytes.

    Records that were put there on purpose, as poison, are left out.
    """
    ghosts = [
        Violation("I6", f"{service} has applied an event that nobody has told", {"event_id": str(event_id)})
        for service, database in facts.databases.items()
        for event_id in database.inbox - facts.written.keys() - facts.poisoned
    ]
    for service, sent in facts.topics.sent.items():
        known = {each.event_id: each for each in facts.databases[service].outbox}
        ghosts += [found for each in sent if (found := _ghost(facts, service, each, known)) is not None]
    return ghosts


def _ghost(facts: Facts, service: str, sent: Sent, known: dict[UUID, Written]) -> Violation | None:
    if sent.event_id is None or sent.event_id in facts.poisoned:
        return None  # what is no event of ours reaches nobody
    row = known.get(sent.event_id)
    if row is None:
        return Violation("I6", f"{service}'s topic has an event that is not in its outbox", _where(sent))
    same = (sent.value, sent.key) == (row.value, str(row.subject).encode())
    if same and list(sent.headers) == headers_of(row._asdict(), service):
        return None
    return Violation("I6", f"{service}'s topic has other bytes than its outbox", _where(sent) | {"outbox": row.id})


async def i8_no_gap(facts: Facts) -> list[Violation]:
    """Per aggregate the outbox's sequence is 1, 2, 3 … in the order of its ids, and `stream` knows the last."""
    found: list[Violation] = []
    for service, database in facts.databases.items():
        last: dict[UUID, int] = {}
        for each in database.outbox:
            expected = last.get(each.subject, 0) + 1
            if each.sequence != expected:
                what = f"{service} told number {each.sequence} of an aggregate where {expected} was due"
                found.append(Violation("I8", what, _written(each)))
            last[each.subject] = max(each.sequence, last.get(each.subject, 0))
        found += await _miscounted(facts, service, last)
    return found


async def _miscounted(facts: Facts, service: str, last: Mapping[UUID, int]) -> list[Violation]:
    """As no number is missing, the last is how many rows there are."""
    counted = {row["subject"]: row["last"] for row in await facts.rows(service, "SELECT subject, last FROM stream")}
    return [
        Violation(
            "I8",
            f"{service} counts {counted.get(subject, 0)} events of an aggregate and has told {last.get(subject, 0)}",
            {"subject": str(subject)},
        )
        for subject in sorted(counted.keys() | last.keys())
        if counted.get(subject, 0) != last.get(subject, 0)
    ]


async def i9_first_sent_in_order(facts: Facts) -> list[Violation]:
    """Per key the first occurrences in the topic come in the order of the outbox, all in one partition.

    A topic that was lost is filled by a replay while new events go on coming: two streams at once, each in order. So
    of an incarnation after the first it is asked that its first occurrences are no more streams than replays plus one.
    """
    found: list[Violation] = []
    for service, sent in facts.topics.sent.items():
        ids = {each.event_id: each.id for each in facts.databases[service].outbox}
        [row] = await facts.rows(service, "SELECT count(*) AS replays FROM replay")
        for incarnation in range(facts.topics.incarnations[service] + 1):
            these = [each for each in sent if each.incarnation == incarnation]
            streams = 1 if incarnation == 0 else 1 + max(1, row["replays"])
            found += _out_of_order(service, these, ids, streams)
    return found


def _out_of_order(service: str, sent: Sequence[Sent], ids: dict[UUID, int], streams: int) -> list[Violation]:
    found: list[Violation] = []
    for key, records in _first_occurrences(sent).items():
        order = [id for each in records if each.event_id and (id := ids.get(each.event_id)) is not None]
        evidence = {"key": key.decode(errors="replace"), "sent": order}
        if _most_descending(order) > streams:
            found.append(Violation("I9", f"{service}'s topic has events of a key in another order", evidence))
        if len({each.partition for each in records}) > 1:
            found.append(Violation("I9", f"{service}'s topic has events of a key in several partitions", evidence))
    return found


def _first_occurrences(sent: Iterable[Sent]) -> dict[bytes, list[Sent]]:
    seen: set[UUID] = set()
    found: dict[bytes, list[Sent]] = {}
    for each in sent:
        if each.event_id is not None and each.event_id not in seen:
            seen.add(each.event_id)
            found.setdefault(each.key, []).append(each)
    return found


def _most_descending(numbers: Sequence[int]) -> int:
    """The length of the longest descending run that can be picked: so many ascending streams it takes to make them."""
    ends: list[int] = []
    for number in numbers:
        place = bisect_left(ends, -number)
        ends[place : place + 1] = [-number]
    return len(ends)


def _where(sent: Sent) -> dict[str, object]:
    return {
        "event_id": str(sent.event_id),
        "partition": sent.partition,
        "offset": sent.offset,
        "incarnation": sent.incarnation,
    }


def _written(each: Written) -> dict[str, object]:
    return {"outbox": each.id, "event_id": str(each.event_id), "type": each.type, "subject": str(each.subject)}
