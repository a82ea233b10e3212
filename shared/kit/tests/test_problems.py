"""Every error is answered with problem details, and nobody learns more than they need."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from contracts.errors import Forbidden, Malformed, NotFound, OrderloopError, Refused, Unavailable, VersionMismatch
from kit import problems, telemetry
from kit.errors import KeyMissing, KeyReused, PreconditionRequired, StillRunning, TokenExpired, Unauthenticated


class OrderAlreadyShipped(Refused):
    """A shipped order is not cancelled but returned.

    More about it.
    """


class Wanted(BaseModel):
    item: str
    quantity: int


def an_app() -> FastAPI:
    app = FastAPI(responses=problems.RESPONSES, telemetry=telemetry.FASTAPI_TELEMETRY, docs_url=None, redoc_url=None)
    problems.install(app)
    app.add_middleware(telemetry.TraceRequests)
    return app


def an_app_that_raises(error: Exception) -> FastAPI:
    app = an_app()

    @app.get("/orders/{order}")
    async def _(order: str) -> str:
        raise error

    return app


async def answer(app: FastAPI, method: str = "GET", path: str = "/orders/7", **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.request(method, path, **request)


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (KeyMissing("send one"), 400, "key-missing"),
        (Unauthenticated("send a token"), 401, "unauthenticated"),
        (Forbidden("not you"), 403, "forbidden"),
        (NotFound("no such order"), 404, "not-found"),
        (Refused("no"), 409, "refused"),
        (StillRunning("wait"), 409, "still-running"),
        (VersionMismatch("read again"), 412, "version-mismatch"),
        (Malformed("what?"), 422, "malformed"),
        (KeyReused("another key"), 422, "key-reused"),
        (PreconditionRequired("send If-Match"), 428, "precondition-required"),
        (Unavailable("later"), 503, "unavailable"),
    ],
)
async def test_a_family_has_one_status(error: OrderloopError, status: int, name: str) -> None:
    response = await answer(an_app_that_raises(error))

    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.json()["type"] == f"urn:orderloop:problem:{name}"
    assert response.json()["detail"] == str(error)
    assert response.headers["content-type"] == "application/problem+json"


async def test_the_title_is_the_rule_and_the_instance_is_the_path() -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    traceparent = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}

    response = await answer(an_app_that_raises(OrderAlreadyShipped("open a return instead")), headers=traceparent)

    assert response.json() == {
        "type": "urn:orderloop:problem:order-already-shipped",
        "title": "A shipped order is not cancelled but returned.",
        "status": 409,
        "detail": "open a return instead",
        "instance": "/orders/7",
        "trace_id": trace_id,
    }


async def test_who_may_come_again_is_told_when() -> None:
    assert (await answer(an_app_that_raises(Unavailable("later")))).headers["retry-after"] == "1"
    assert (await answer(an_app_that_raises(StillRunning("wait")))).headers["retry-after"] == "1"
    assert "retry-after" not in (await answer(an_app_that_raises(Refused("no")))).headers


async def test_a_missing_and_an_expired_token_are_challenged_differently() -> None:
    missing = await answer(an_app_that_raises(Unauthenticated("send a token")))
    expired = await answer(an_app_that_raises(TokenExpired("get a new one")))

    assert missing.headers["www-authenticate"] == "Bearer"
    assert expired.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_an_invalid_request_names_each_field_and_repeats_no_value() -> None:
    app = an_app()

    @app.post("/wants")
    async def _(wanted: Wanted) -> str:
        return wanted.item

    response = await answer(app, "POST", "/wants", json={"quantity": "secret"})

    assert response.status_code == 422
    assert response.json()["type"] == "urn:orderloop:problem:malformed"
    assert [each["loc"] for each in response.json()["errors"]] == [["body", "item"], ["body", "quantity"]]
    assert response.json()["detail"].startswith("body.item: Field required; body.quantity: ")
    assert "secret" not in response.text


async def test_broken_json_is_malformed() -> None:
    app = an_app()

    @app.post("/wants")
    async def _(wanted: Wanted) -> str:
        return wanted.item

    response = await answer(app, "POST", "/wants", content=b"{", headers={"content-type": "application/json"})

    assert (response.status_code, response.json()["type"]) == (422, "urn:orderloop:problem:malformed")


async def test_an_unknown_path_and_a_wrong_method_are_problems_too() -> None:
    app = an_app_that_raises(Refused("no"))

    nowhere = await answer(app, "GET", "/nowhere")
    wrong_method = await answer(app, "DELETE", "/orders/7")

    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "urn:orderloop:problem:not-found")
    assert nowhere.json()["detail"] == "there is nothing at this path; /docs lists what there is"
    assert (wrong_method.status_code, wrong_method.json()["type"]) == (405, "urn:orderloop:problem:method-not-allowed")
    assert wrong_method.headers["allow"] == "GET"


async def test_what_the_framework_raises_keeps_its_own_words() -> None:
    response = await answer(an_app_that_raises(HTTPException(413, "a body has 1 MB at most")))

    assert (response.status_code, response.json()["detail"]) == (413, "a body has 1 MB at most")


async def test_a_fault_tells_its_trace_id_and_nothing_internal(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = await answer(an_app_that_raises(RuntimeError("password=hunter2")))

    assert response.status_code == 500
    assert response.json()["type"] == "urn:orderloop:problem:internal-server-error"
    assert len(response.json()["trace_id"]) == 32
    assert "hunter2" not in response.text
    [record] = caplog.records
    assert record.exc_info
    assert str(record.exc_info[1]) == "password=hunter2"


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (asyncpg.NumericValueOutOfRangeError("integer out of range"), 422, "does-not-fit"),
        (asyncpg.DatetimeFieldOverflowError("timestamp out of range"), 422, "does-not-fit"),
        (asyncpg.CharacterNotInRepertoireError("invalid byte sequence"), 422, "does-not-fit"),
        (asyncpg.UntranslatableCharacterError("unsupported Unicode escape sequence"), 422, "does-not-fit"),
        (asyncpg.StringDataRightTruncationError("value too long"), 422, "does-not-fit"),
        (asyncpg.DivisionByZeroError("division by zero"), 500, "internal-server-error"),
        (asyncpg.DataError("expected str, got int"), 500, "internal-server-error"),
        (asyncpg.UndefinedTableError("there is no such table"), 500, "internal-server-error"),
    ],
)
async def test_only_a_value_that_is_too_much_for_its_column_is_the_callers_matter(
    error: Exception, status: int, name: str
) -> None:
    response = await answer(an_app_that_raises(error))

    assert (response.status_code, response.json()["type"]) == (status, f"urn:orderloop:problem:{name}")
    assert str(error) not in response.text


async def test_an_error_of_no_family_is_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    response = await answer(an_app_that_raises(OrderloopError("internal")))

    assert (response.status_code, "internal" in response.json()["detail"]) == (500, False)
    assert len(caplog.records) == 1


async def test_half_an_answer_is_not_followed_by_a_problem() -> None:
    app = an_app()

    async def breaking() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError

    @app.get("/stream")
    async def _stream() -> StreamingResponse:  # pyright: ignore[reportUnusedFunction]  (a route)
        return StreamingResponse(breaking())

    with pytest.raises(RuntimeError):
        _ = await answer(app, path="/stream")


async def test_openapi_declares_the_problems_with_schema_and_example() -> None:
    document = (await answer(an_app_that_raises(Refused("no")), path="/openapi.json")).json()

    declared = document["paths"]["/orders/{order}"]["get"]["responses"]
    assert set(declared) == {"200", "400", "401", "403", "404", "409", "412", "422", "428", "503"}
    for status in set(declared) - {"200"}:
        content = declared[status]["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert problems.Problem.model_validate(content["example"]).status == int(status)
        assert list(declared[status]["content"]) == ["application/problem+json"]
    assert {"Problem", "FieldError"} <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in json.dumps(document)
