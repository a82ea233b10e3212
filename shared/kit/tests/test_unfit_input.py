"""What nobody can keep is refused before anything is done with it, in words that name the field."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest
from counter.given import a_counter, a_supply, arrive, left, parked
from counter.unchanged import nothing_changes

from contracts.ids import new_id
from testkit import ServiceUnderTest

NUL, SURROGATE = "U+0000 cannot be kept in a text; leave it out", "U+D800 cannot be kept in a text; leave it out"
TOO_LARGE = "Whole numbers are between -2147483647 and 2147483647"
TOO_LONG = "Unable to parse input string as an integer, exceeded maximum size"
SOMEBODY = "01890000-0000-7000-8000-000000000000"
MALFORMED = "urn:orderloop:problem:malformed"


async def send(
    service: ServiceUnderTest, path: str, body: bytes = b"{}", key: bytes = b"", method: str = "POST"
) -> httpx.Response:
    """A request as it is on the wire."""
    headers = [
        (b"authorization", f"Bearer {service.issuer.token('admin')}".encode()),
        (b"content-type", b"application/json"),
        (b"idempotency-key", key or str(new_id()).encode()),
        (b"if-match", b"*"),
    ]
    return await service.http.request(method, path, content=body, headers=headers)


def assert_refused(answer: httpx.Response, place: list[str], words: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, MALFORMED)
    assert problem["errors"] == [{"loc": place, "msg": words}]
    assert problem["detail"] == f"{'.'.join(place)}: {words}"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (b'{"label": "a\\u0000b"}', "label", NUL),
        (b'{"label": "\\u0000"}', "label", NUL),
        (b'{"remark": "a\\u0000b"}', "remark", NUL),
        (b'{"label": "\\ud800"}', "label", SURROGATE),
        (b'{"label": "\\uD800"}', "label", SURROGATE),
        (b'{"label": "\xed\xa0\x80"}', "label", SURROGATE),
        ('{"label": "\0"}'.replace("\0", "\\u0000").encode("utf-16"), "label", NUL),
        (b'{"label": "\\udc00\\ud83d"}', "label", "U+DC00 cannot be kept in a text; leave it out"),
        (b'{"pieces": 2147483648}', "pieces", TOO_LARGE),
        (b'{"pieces": -2147483649}', "pieces", TOO_LARGE),
        (b'{"pieces": "2147483648"}', "pieces", TOO_LARGE),
        (b'{"pieces": 3e9}', "pieces", TOO_LARGE),
        (b'{"pieces": 9223372036854775808}', "pieces", TOO_LARGE),
        (b'{"pieces": %s}' % (b"9" * 100_000), "pieces", TOO_LARGE),
        (b'{"pieces": "%s"}' % (b"9" * 5_000), "pieces", TOO_LONG),
        (b'{"pieces": 1e999}', "pieces", "Input should be a finite number"),
        (b'{"pieces": NaN}', "pieces", "Input should be a finite number"),
        (b'{"take": -2147483648}', "take", TOO_LARGE),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else "",
)  # fmt: skip
async def test_a_value_that_cannot_be_kept_is_refused_with_its_field(
    counter_service: ServiceUnderTest, body: bytes, field: str, words: str
) -> None:
    async with nothing_changes(counter_service):
        answer = await send(counter_service, "/counters", body)

    assert_refused(answer, ["body", field], words)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b'{"label": "\\u0000", "remark": "\\ud800"}', {"label": NUL, "remark": SURROGATE}),
        (b'{"pieces": 3e9, "take": 2147483648}', {"pieces": TOO_LARGE, "take": TOO_LARGE}),
    ],
)
async def test_every_value_that_cannot_be_kept_is_named(
    counter_service: ServiceUnderTest, body: bytes, faults: dict[str, str]
) -> None:
    async with nothing_changes(counter_service):
        answer = await send(counter_service, "/counters", body)

    assert answer.status_code == 422
    assert {each["loc"][-1]: each["msg"] for each in answer.json()["errors"]} == faults


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        (b'{"la\\u0000bel": "x"}', ["body"], NUL),
        (b'{"la\\ud800bel": "x"}', ["body"], SURROGATE),
        (b'{"label": {"\\ud800": "x"}}', ["body", "label"], SURROGATE),
    ],
)
async def test_a_name_that_cannot_be_kept_is_refused_where_it_stands(
    counter_service: ServiceUnderTest, body: bytes, place: list[str], words: str
) -> None:
    async with nothing_changes(counter_service):
        answer = await send(counter_service, "/counters", body)

    assert_refused(answer, place, words)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"\\ud83d\\ude00", "😀"),
        (b"\\\\u0000", "\\u0000"),
        ("\ud7ff\ue000".encode(), "\ud7ff\ue000"),
        (b"\\u0001", "\x01"),
    ],
)
async def test_text_that_only_looks_like_it_is_kept_as_it_is(
    counter_service: ServiceUnderTest, text: bytes, kept: str
) -> None:
    answer = await send(counter_service, "/counters", b'{"label": "%s", "pieces": 2147483647}' % text)

    assert answer.status_code == 201
    assert (await counter_service.get(answer.headers["location"])).json()["label"] == kept


async def test_a_refused_key_may_be_used_for_the_mended_request(counter_service: ServiceUnderTest) -> None:
    refused = await send(counter_service, "/counters", b'{"label": "a\\u0000"}', key=b"mended")
    done = await send(counter_service, "/counters", b'{"label": "mended"}', key=b"mended")

    assert (refused.status_code, done.status_code) == (422, 201)


async def test_an_idempotency_key_that_cannot_be_kept_is_refused(counter_service: ServiceUnderTest) -> None:
    async with nothing_changes(counter_service):
        answer = await send(counter_service, "/counters", key=b"a\0b")

    assert_refused(answer, ["header", "idempotency-key"], NUL)


@pytest.mark.parametrize(
    ("method", "path", "place"),
    [
        ("GET", "/counters/%00", ["path", "counter_id"]),
        ("GET", "/events?correlation_id=%00", ["query", "correlation_id"]),
        ("GET", "/events?cursor=a%00", ["query", "cursor"]),
        ("GET", f"/ops/parked/a%00b/{SOMEBODY}", ["path", "topic"]),
        ("POST", f"/ops/parked/a%00b/{SOMEBODY}/retry", ["path", "topic"]),
    ],
)
async def test_a_path_or_a_filter_that_cannot_be_kept_is_refused(
    counter_service: ServiceUnderTest, method: str, path: str, place: list[str]
) -> None:
    async with nothing_changes(counter_service):
        answer = await send(counter_service, path, method=method)

    assert_refused(answer, place, NUL)


async def test_a_command_with_a_path_that_cannot_be_kept_is_refused(counter_service: ServiceUnderTest) -> None:
    async with nothing_changes(counter_service):
        answer = await send(counter_service, "/counters/%00/take", b'{"pieces": 1}')

    assert_refused(answer, ["path", "counter_id"], NUL)


async def test_a_filter_that_was_escaped_twice_is_text_like_any(counter_service: ServiceUnderTest) -> None:
    answer = await send(counter_service, f"/ops/parked/a%2500b/{SOMEBODY}?also=%2500", method="GET")

    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (f"/ops/parked/t/{SOMEBODY}/discard", {"event_id": SOMEBODY, "reason": "why\0"}, "reason"),
        (f"/ops/parked/t/{SOMEBODY}/discard", {"event_id": SOMEBODY, "reason": "why\ud800"}, "reason"),
        ("/ops/replays", {"from_time": "2026-01-01T00:00:00", "to_time": "2026-01-02T00:00:00Z"}, "from_time"),
        ("/ops/replays", {"from_time": "0001-01-01T00:00:00+14:00"}, "from_time"),  # in UTC that is before all time
        ("/ops/replays", {"to_time": "9999-12-31T23:59:59-12:00"}, "to_time"),  # and that is after it
    ],
)
async def test_what_an_operator_says_is_looked_at_too(
    counter_service: ServiceUnderTest, path: str, body: dict[str, Any], place: str
) -> None:
    async with nothing_changes(counter_service):
        answer = await send(counter_service, path, json.dumps(body).encode())

    assert (answer.status_code, answer.json()["type"]) == (422, MALFORMED)
    assert answer.json()["errors"][0]["loc"] == ["body", place]


async def test_what_only_the_database_finds_too_large_is_refused_all_the_same_and_logged(
    counter_service: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with nothing_changes(counter_service):
            answer = await send(counter_service, "/counters", b'{"pieces": 2147483647, "take": -1}')

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:orderloop:problem:does-not-fit")
    assert problem["detail"].startswith("look for a number or a day that is far out of range")
    assert "2147483648" not in answer.text  # what is left, and the driver tells; it may as well be of other rows
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "POST /counters was refused by the database alone")
    assert record.exc_info


@pytest.mark.parametrize(
    ("more", "kind", "reason"),
    [
        (b'"note": "a\\u0000b"', "refused", "note\n  U+0000 cannot be kept in a text; leave it out"),
        (b'"note": "\\ud800"', "refused", "Invalid JSON"),
        (b'"pieces": 2147483648', "fault", "value out of int32 range"),
        (b'"pieces": 9223372036854775808', "fault", "value out of int32 range"),
        (b'"pieces": %s' % (b"9" * 5_000), "refused", "Invalid JSON: number out of range"),
    ],
)
async def test_an_event_with_a_value_that_cannot_be_kept_is_parked_and_the_rest_flows(
    counter_service: ServiceUnderTest, more: bytes, kind: str, reason: str
) -> None:
    counter_id = await a_counter(counter_service)
    supplies = [counter_service.records(a_supply(counter_id)) for _ in range(3)]
    foreign = supplies[1].model_copy(update={"data": supplies[1].data[:-1] + b", " + more + b"}"})

    await arrive(counter_service, supplies[0], foreign, supplies[2])

    key = await parked(counter_service, foreign.subject)
    assert key is not None
    assert (key.kind, key.waiting) == (kind, 1)
    assert reason in key.reason
    assert await left(counter_service, counter_id) == 2
