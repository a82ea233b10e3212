"""A line of the command table becomes a route that parses, authorises, runs and answers as it should."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from counter.given import a_counter, left

from contracts.ids import new_id
from testkit import ServiceUnderTest


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:orderloop:problem:")


async def label_of(counter_service: ServiceUnderTest, counter_id: UUID) -> str:
    return (await counter_service.get(f"/counters/{counter_id}")).json()["label"]


async def test_what_is_made_is_answered_with_its_place_and_version(counter_service: ServiceUnderTest) -> None:
    answer = await counter_service.post("/counters", {"label": "new", "pieces": 2}, role="sales")

    counter_id = answer.json()["counter_id"]
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/counters/{counter_id}"
    assert (await counter_service.get(answer.headers["location"])).headers["etag"] == '"1"'
    assert answer.json() == {"counter_id": counter_id, "label": "new", "pieces": 2, "remark": ""}


async def test_a_change_is_answered_with_the_new_version(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=2)

    answer = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 2}, role="warehouse")

    assert (answer.status_code, answer.headers["etag"], answer.json()["left"]) == (200, '"2"', 0)
    assert "location" not in answer.headers


async def test_a_command_that_tells_nothing_is_answered_without_content_and_may_be_repeated(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id, key = await a_counter(counter_service), str(new_id())

    for _ in range(2):
        answer = await relabel(counter_service, counter_id, "quiet", if_match=1, key=key)
        assert (answer.status_code, answer.content) == (204, b"")

    assert await label_of(counter_service, counter_id) == "quiet"
    assert len(await counter_service.published()) == 1


async def test_a_command_without_a_key_is_refused(counter_service: ServiceUnderTest) -> None:
    token = {"authorization": f"Bearer {counter_service.issuer.token('sales')}"}

    for headers in (token, token | {"idempotency-key": ""}):
        answer = await counter_service.http.post("/counters", json={"label": "no key"}, headers=headers)
        assert problem(answer) == (400, "key-missing")
    answer = await counter_service.post("/counters", {}, key="k" * 256)
    assert problem(answer) == (422, "malformed")

    assert await counter_service.published() == []


async def test_a_command_of_another_role_is_forbidden(counter_service: ServiceUnderTest) -> None:
    for role in ("finance", "reader", "warehouse"):
        assert problem(await counter_service.post("/counters", {}, role=role)) == (403, "forbidden")

    assert await counter_service.published() == []


async def test_without_a_token_nothing_is_done(counter_service: ServiceUnderTest) -> None:
    answer = await counter_service.http.post("/counters", json={}, headers={"idempotency-key": "x"})

    assert problem(answer) == (401, "unauthenticated")
    assert await counter_service.published() == []


@pytest.mark.parametrize("body", [{"pieces": "many"}, {"peices": 1}, {"counter_id": str(new_id()), "pieces": 1}, []])
async def test_a_body_that_does_not_fit_the_command_is_refused(
    counter_service: ServiceUnderTest,
    body: Any,  # Any: JSON
) -> None:
    counter_id = await a_counter(counter_service, pieces=2)

    answer = await counter_service.post(f"/counters/{counter_id}/take", body)

    assert problem(answer) == (422, "malformed")
    assert await left(counter_service, counter_id) == 2


@pytest.mark.parametrize(
    ("body", "content_type", "place"),
    [
        (b'{"pieces": 1}', "text/plain", ["body"]),
        (b'{"pieces": 1', "application/json", ["body"]),
        (b"", "application/json", ["body"]),
        (b"null", "application/json", ["body"]),
        (b'{"pieces": 1, "expected_version": 1}', "application/json", ["body", "expected_version"]),
        (b'{"pieces": "many"}', "application/json", ["body", "pieces"]),
    ],
)
async def test_a_refusal_says_where_the_body_is_wrong(
    counter_service: ServiceUnderTest, body: bytes, content_type: str, place: list[str]
) -> None:
    counter_id = await a_counter(counter_service, pieces=2)
    token = counter_service.issuer.token("admin")
    headers = {"authorization": f"Bearer {token}", "idempotency-key": str(new_id()), "content-type": content_type}

    answer = await counter_service.http.post(f"/counters/{counter_id}/take", content=body, headers=headers)

    assert problem(answer) == (422, "malformed")
    assert [each["loc"] for each in answer.json()["errors"]] == [place]
    assert await left(counter_service, counter_id) == 2


async def test_a_path_that_is_no_id_is_refused_as_such(counter_service: ServiceUnderTest) -> None:
    answer = await counter_service.post("/counters/seven/take", {"pieces": 1})

    assert problem(answer) == (422, "malformed")
    assert answer.json()["errors"][0]["loc"] == ["path", "counter_id"]


async def test_json_with_a_charset_or_a_suffix_is_json(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=2)

    for media in ("application/json; charset=utf-8", "application/merge-patch+json"):
        token = counter_service.issuer.token("admin")
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(new_id()), "content-type": media}
        take = await counter_service.http.post(
            f"/counters/{counter_id}/take", content=b'{"pieces": 1}', headers=headers
        )
        assert take.status_code == 200

    assert await left(counter_service, counter_id) == 0


async def test_a_change_that_requires_it_is_refused_without_if_match(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    before = await label_of(counter_service, counter_id)

    assert problem(await relabel(counter_service, counter_id, "unseen")) == (428, "precondition-required")

    assert await label_of(counter_service, counter_id) == before


async def test_of_two_changes_of_the_same_version_one_is_refused(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)

    answers = await asyncio.gather(
        *(relabel(counter_service, counter_id, f"label {n}", if_match=1) for n in range(2))
    )  # fmt: skip

    refused = next(answer for answer in answers if answer.status_code != 204)
    assert sorted(answer.status_code for answer in answers) == [204, 412]
    assert problem(refused) == (412, "version-mismatch")
    assert await label_of(counter_service, counter_id) == f"label {answers.index(refused) ^ 1}"


@pytest.mark.parametrize(("if_match", "status"), [('"1"', 204), ("*", 204), ('W/"1"', 204), ('"7"', 412), ("x", 422)])
async def test_if_match_takes_the_etag_as_it_was_read(
    counter_service: ServiceUnderTest, if_match: str, status: int
) -> None:
    counter_id = await a_counter(counter_service)
    headers = {
        "authorization": f"Bearer {counter_service.issuer.token('sales')}",
        "idempotency-key": str(new_id()),
        "if-match": if_match,
    }

    answer = await counter_service.http.patch(
        f"/counters/{counter_id}", json={"label": str(new_id())}, headers=headers
    )  # fmt: skip

    assert answer.status_code == status


async def test_what_is_not_there_is_not_found(counter_service: ServiceUnderTest) -> None:
    answer = await counter_service.post(f"/counters/{new_id()}/take", {"pieces": 1})

    assert problem(answer) == (404, "not-found")


async def test_the_document_names_each_command_its_body_and_its_roles(counter_service: ServiceUnderTest) -> None:
    document = (await counter_service.http.get("/openapi.json")).json()

    take = document["paths"]["/counters/{counter_id}/take"]["post"]
    assert (take["operationId"], take["summary"]) == ("take_pieces", "Take pieces")
    assert {(each["in"], each["name"]) for each in take["parameters"]} == {
        ("path", "counter_id"),
        ("header", "Idempotency-Key"),
        ("header", "If-Match"),
    }
    assert set(document["components"]["schemas"]["TakePieces"]["properties"]) == {"pieces"}
    assert {"200", "409", "422"} <= set(take["responses"])


async def relabel(
    counter_service: ServiceUnderTest,
    counter_id: UUID,
    label: str,
    *,
    if_match: int | None = None,
    key: str | None = None,
) -> httpx.Response:
    return await counter_service.post(
        f"/counters/{counter_id}", {"label": label}, method="PATCH", if_match=if_match, key=key
    )


async def test_the_document_says_which_headers_a_command_needs(counter_service: ServiceUnderTest) -> None:
    document = (await counter_service.http.get("/openapi.json")).json()

    needed = {
        (operation["operationId"], each["name"])
        for path in document["paths"].values()
        for operation in path.values()
        for each in operation.get("parameters", [])
        if each["in"] == "header" and each["required"]
    }

    commands = {route.handler.__name__: route for route in counter_service.service.commands.routes}
    assert {name for name, header in needed if header == "Idempotency-Key"} == set(commands)
    assert {name for name, header in needed if header == "If-Match"} == {
        name for name, route in commands.items() if route.if_match == "required"
    }
