"""`GET /events`: what a service has published, of one loop or one aggregate, page by page."""

from __future__ import annotations

from typing import Any

from counter.effects import OpenCounter, TakePieces, open_counter, take_pieces
from counter.given import a_counter

from contracts.ids import new_id
from testkit import ServiceUnderTest


async def events(counter_service: ServiceUnderTest, **query: Any) -> list[dict[str, Any]]:  # Any: query, JSON
    answer = await counter_service.get("/events", **query)
    assert answer.status_code == 200
    return answer.json()["items"]


async def test_an_event_is_shown_as_its_readers_get_it(counter_service: ServiceUnderTest) -> None:
    [opened] = await counter_service.does(open_counter, OpenCounter(label="shown", pieces=3), actor="bert")

    [shown] = await events(counter_service, subject=opened.subject)

    [recorded] = await counter_service.recorded()
    assert shown == {
        "specversion": "1.0",
        "id": str(recorded.id),
        "type": "orderloop.counter.CounterOpened.v1",
        "source": "/orderloop/counter",
        "subject": str(opened.subject),
        "time": recorded.time.isoformat().replace("+00:00", "Z"),
        "sequence": 1,
        "correlationid": str(recorded.correlation_id),
        "causationid": str(recorded.causation_id),
        "actor": "bert",
        "datacontenttype": "application/json",
        "data": {"counter_id": str(opened.subject), "label": "shown", "pieces": 3, "remark": ""},
    }


async def test_a_loop_is_told_by_its_correlation(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=5)
    await a_counter(counter_service)
    await counter_service.does(take_pieces, TakePieces(counter_id=counter_id, pieces=1))

    [opened, _] = await events(counter_service, subject=counter_id)
    of_the_loop = await events(counter_service, correlation_id=opened["correlationid"])

    assert [(each["subject"], each["sequence"]) for each in of_the_loop] == [(str(counter_id), 1), (str(counter_id), 2)]


async def test_pages_follow_each_other_without_a_gap_or_a_repeat(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=9)
    for _ in range(6):
        await counter_service.does(take_pieces, TakePieces(counter_id=counter_id, pieces=1))

    numbers: list[int] = []
    cursor = None
    while cursor is not None or not numbers:
        page = (await counter_service.get("/events", subject=counter_id, limit=3, cursor=cursor)).json()
        numbers += [each["sequence"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert numbers == [1, 2, 3, 4, 5, 6, 7]


async def test_what_nobody_has_told_of_is_an_empty_page(counter_service: ServiceUnderTest) -> None:
    assert (await counter_service.get("/events", correlation_id=new_id())).json() == {"items": [], "next_cursor": None}


async def test_a_customer_sees_no_events(counter_service: ServiceUnderTest) -> None:
    answer = await counter_service.get("/events", role="customer", customer_id=new_id())

    assert answer.status_code == 403
