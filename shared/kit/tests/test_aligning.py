"""Who catches up applies what it reads in the order of time; at the head of the log nothing waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiokafka import TopicPartition

from contracts.event import Recorded
from contracts.ids import new_id
from kit.aligning import PATIENCE, Aligning
from kit.inbox import Message

A, B, C = (TopicPartition(topic, 0) for topic in ("a.events", "b.events", "c.events"))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def read(place: TopicPartition, *seconds: int) -> list[Message]:
    """Events of these times, in the order in which they lie in their partition."""
    return [Message(place.topic, place.partition, offset, event(second)) for offset, second in enumerate(seconds)]


def event(second: int) -> Recorded:
    return Recorded(
        id=new_id(),
        type="orderloop.test.Happened.v1",
        source="/orderloop/test",
        subject=new_id(),
        time=BEGIN + timedelta(seconds=second),
        sequence=1,
        correlation_id=new_id(),
        causation_id=new_id(),
        actor="test",
        traceparent=None,
        data=b"{}",
    )


def shown(messages: Sequence[Message]) -> list[tuple[str, int]]:
    return [(each.topic[0], round((each.recorded.time - BEGIN).total_seconds())) for each in messages]


def test_at_the_head_of_the_log_everything_is_due_at_once_by_time() -> None:
    aligning = Aligning(10)

    due = aligning.due({A: read(A, 1, 9), B: read(B, 2)}, set(), 0.1)

    assert shown(due) == [("a", 1), ("b", 2), ("a", 9)]
    assert (aligning.early, aligning.asked()) == (0, set())


def test_what_is_later_than_a_partition_with_more_has_been_read_waits_for_it() -> None:
    aligning = Aligning(10)

    first = aligning.due({A: read(A, 1, 5), B: read(B, 2, 3, 7)}, {A}, 0.1)
    then = aligning.due({A: read(A, 6, 8)}, {A}, 0.1)
    at_last = aligning.due({}, set(), 0.1)

    assert [shown(each) for each in (first, then, at_last)] == [
        [("a", 1), ("b", 2), ("b", 3), ("a", 5)],
        [("a", 6), ("b", 7), ("a", 8)],
        [],
    ]


def test_nothing_is_due_before_each_partition_with_more_has_been_read_once() -> None:
    aligning = Aligning(10)

    assert aligning.due({B: read(B, 2)}, {A, B}, 0.1) == []
    assert shown(aligning.due({A: read(A, 1)}, {B}, 0.1)) == [("a", 1), ("b", 2)]


def test_when_much_waits_only_those_are_read_that_the_others_wait_for() -> None:
    aligning = Aligning(3)

    _ = aligning.due({A: read(A, 1), B: read(B, 2, 3)}, {A, B, C}, 0.1)
    with_room = (aligning.early, aligning.asked())
    _ = aligning.due({B: read(B, 4)}, {A, B, C}, 0.1)
    without = aligning.asked()
    _ = aligning.due({C: read(C, 9)}, {A, B, C}, 0.1)

    assert with_room == (3, {C})
    assert (without, aligning.early, aligning.asked()) == ({C}, 4, {A})


def test_with_room_all_are_read() -> None:
    aligning = Aligning(4)

    _ = aligning.due({A: read(A, 1), B: read(B, 2, 3)}, {A, B, C}, 0.1)

    assert aligning.asked() == set()


def test_a_partition_that_delivers_nothing_is_not_waited_for_for_ever_and_still_asked() -> None:
    aligning = Aligning(1)
    _ = aligning.due({A: read(A, 1)}, {B}, 0.1)

    before = aligning.due({}, {B}, PATIENCE - 0.2)
    after = aligning.due({}, {B}, 0.3)
    _ = aligning.due({A: read(A, 2)}, {A, B, C}, 0.1)

    assert (shown(before), shown(after)) == ([], [("a", 1)])
    assert aligning.asked() == {B, C}


def test_one_that_was_given_up_is_waited_for_again_when_it_delivers() -> None:
    aligning = Aligning(10)
    _ = aligning.due({A: read(A, 1)}, {B}, 0.1)
    _ = aligning.due({}, {B}, PATIENCE + 0.1)

    due = aligning.due({A: read(A, 9), B: read(B, 3)}, {B}, 0.1)

    assert shown(due) == [("b", 3)]


def test_a_partition_that_nobody_waits_for_may_be_silent() -> None:
    aligning = Aligning(10)
    _ = aligning.due({}, {A}, 10 * PATIENCE)

    assert aligning.due({B: read(B, 2)}, {A}, 0.1) == []


def test_history_that_is_sent_again_does_not_hold_up_what_is_new() -> None:
    aligning = Aligning(10)
    _ = aligning.due({A: read(A, 100)}, set(), 0.1)

    due = aligning.due({A: read(A, 1, 2), B: read(B, 100)}, {A}, 0.1)

    assert shown(due) == [("a", 1), ("a", 2), ("b", 100)]


def test_a_partition_keeps_its_order_whatever_the_times_say() -> None:
    aligning = Aligning(10)

    due = aligning.due({A: read(A, 5, 4, 6), B: read(B, 5)}, {B}, 0.1)

    assert shown(due) == [("a", 5), ("a", 4), ("b", 5)]
    assert shown(aligning.due({B: read(B, 6)}, {B}, 0.1)) == [("a", 6), ("b", 6)]


def test_what_was_read_before_a_change_of_partitions_is_forgotten() -> None:
    aligning = Aligning(1)
    _ = aligning.due({A: read(A, 5)}, {A, B}, 0.1)

    aligning.clear()

    assert (aligning.early, aligning.asked(), aligning.due({}, set(), 0.1)) == (0, set(), [])
