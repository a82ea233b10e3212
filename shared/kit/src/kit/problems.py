"""Every error over HTTP as problem details (RFC 9457): the one table from error families to answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from http.client import responses
from typing import Any, cast

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import Forbidden, Malformed, NotFound, OrderloopError, Refused, Unavailable, VersionMismatch
from kit import telemetry
from kit.errors import DoesNotFit, KeyMissing, PreconditionRequired, StillRunning, Unauthenticated

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "1"

STATUS: dict[type[OrderloopError], int] = {
    KeyMissing: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Refused: 409,
    VersionMismatch: 412,
    Malformed: 422,
    PreconditionRequired: 428,
    Unavailable: 503,
}
"""The nearest class among an error's ancestors decides; an error of no family is a fault of ours: 500."""

KNOWN: tuple[type[Exception], ...] = (*STATUS, RequestValidationError, HTTPException)
"""What is answered as the caller's matter: our families, and what the framework itself says."""


class FieldError(BaseModel):
    """What is wrong with one field of the request."""

    loc: list[str | int] = Field(examples=[["body", "lines", 0, "quantity"]])
    msg: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """Problem details (RFC 9457). `type` tells programs what happened, `detail` tells people what to do."""

    type: str = Field(examples=["urn:orderloop:problem:order-already-shipped"])
    title: str = Field(examples=["A shipped order is not cancelled but returned."])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["order 0199… was shipped; open a return instead"])
    instance: str = Field(examples=["/orders/0199…/cancel"])
    trace_id: str | None = Field(default=None, examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    errors: list[FieldError] | None = None


def install(app: FastAPI) -> None:
    """Answer every error of this application with problem details, and say so in its OpenAPI document.

    Call it before other middleware is added, so that what it answers is traced.
    """
    for known in KNOWN:
        app.add_exception_handler(known, _answer)
    app.add_middleware(AnswerFaults)
    app.openapi = _with_problem_schema(app.openapi)


def status_of(error: type[OrderloopError]) -> int:
    return next((STATUS[family] for family in error.__mro__ if family in STATUS), 500)


def response_to(error: OrderloopError, scope: Scope) -> Response:
    """The answer to a refusal, also for middleware that stands before the application."""
    headers = dict[str, str]()
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = error.challenge
    if isinstance(error, Unavailable | StillRunning):
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    title = _first_line(type(error))
    return _response(scope, status_of(type(error)), _kebab(type(error)), title, str(error) or title, headers=headers)


class AnswerFaults:
    """The catch-all: what nobody foresaw is logged in full; the caller learns the trace id and nothing internal."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noting_the_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noting_the_start)
        except Exception as fault:
            if started:
                raise  # half an answer is out: the server has to cut the connection
            await _said_of(fault, scope)(scope, receive, send)


def _said_of(fault: Exception, scope: Scope) -> Response:
    if not is_unfit(fault):
        log.error("%s %s failed", scope["method"], scope["path"], exc_info=fault)
        return _fault(scope)
    log.warning("%s %s was refused by the database alone", scope["method"], scope["path"], exc_info=fault)
    advice = "look for a number or a day that is far out of range, or a text with odd characters, and send it mended"
    return response_to(DoesNotFit(advice), scope)


def is_unfit(fault: Exception) -> bool:
    """Whether a value was too much for its column, in the eyes of the driver or the server.

    The last resort: what a request shows by itself is refused by `kit.parsing`, which names the field. Here nobody can:
    the server names no column in these errors, and the driver only the place of a parameter in a statement of ours,
    beside values that may be of other rows.
    """
    if not isinstance(fault, asyncpg.DataError):
        return False
    return fault.sqlstate in _UNFIT or isinstance(fault.__cause__, OverflowError | UnicodeEncodeError)


_UNFIT = ("22001", "22003", "22008", "22021", "22P05")
"""Text too long, number or date out of range, a character that text, or JSON, cannot have."""


async def _answer(request: Request, error: Exception) -> Response:
    return answer_to(error, request.scope)


def answer_to(error: Exception, scope: Scope) -> Response:
    """The answer to one of `KNOWN`."""
    if isinstance(error, RequestValidationError):
        return _invalid(scope, error)
    if isinstance(error, HTTPException):
        return _said_by_framework(scope, error)
    return response_to(cast("OrderloopError", error), scope)


def _invalid(scope: Scope, error: RequestValidationError) -> Response:
    found = cast("Sequence[Mapping[str, Any]]", error.errors())
    errors = [FieldError(loc=list(each["loc"]), msg=each["msg"]) for each in found]
    detail = "; ".join(f"{'.'.join(map(str, each.loc))}: {each.msg}" for each in errors[:5])
    if len(errors) > 5:
        detail += f"; and {len(errors) - 5} more, see errors"
    return _response(scope, 422, _kebab(Malformed), _first_line(Malformed), detail, errors=errors)


def _said_by_framework(scope: Scope, http: HTTPException) -> Response:
    """No such path, no such method, a body too large."""
    if http.status_code < 400:
        return Response(status_code=http.status_code, headers=http.headers)
    phrase = responses.get(http.status_code, "Error")
    name = re.sub(r"[^a-z]+", "-", phrase.lower())
    detail = str(http.detail) if http.detail != phrase else _HINTS.get(http.status_code, phrase)
    return _response(scope, http.status_code, name, f"{phrase}.", detail, headers=http.headers)


_HINTS = {
    404: "there is nothing at this path; /docs lists what there is",
    405: "this path does not take this method; the Allow header names those it takes",
}


def _fault(scope: Scope) -> Response:
    detail = "this is a fault of the service, not of the request; tell its operators the trace_id"
    return _response(scope, 500, "internal-server-error", "Something unforeseen happened.", detail)


def _response(
    scope: Scope,
    status: int,
    name: str,
    title: str,
    detail: str,
    *,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=f"urn:orderloop:problem:{name}",
        title=title,
        status=status,
        detail=detail,
        instance=scope["path"],
        trace_id=telemetry.trace_id_of(telemetry.current.get()),
        errors=errors,
    )
    return Response(problem.model_dump_json(exclude_none=True), status, headers, MEDIA_TYPE)


def _kebab(error: type[OrderloopError]) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", error.__name__).lower()


def _first_line(error: type[OrderloopError]) -> str:
    return (error.__doc__ or error.__name__).strip().splitlines()[0]


def _with_problem_schema(generate: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = {**problem.pop("$defs"), "Problem": problem}

    def openapi() -> dict[str, Any]:
        document = generate()
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
        return document

    return openapi


def _declared(status: int, name: str, description: str, detail: str, **more: object) -> dict[str, Any]:
    example = {
        "type": f"urn:orderloop:problem:{name}",
        "title": description,
        "status": status,
        "detail": detail,
        "instance": "/orders",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        **more,
    }
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"description": description, "content": {MEDIA_TYPE: content}}


def _declared_error(error: type[OrderloopError], detail: str, **more: object) -> dict[str, Any]:
    return _declared(status_of(error), _kebab(error), _first_line(error), detail, **more)


RESPONSES: dict[int | str, dict[str, Any]] = {
    400: _declared_error(KeyMissing, "send an Idempotency-Key header: any text of your own, new for each command"),
    401: _declared_error(Unauthenticated, "send the header Authorization: Bearer <token>"),
    403: _declared_error(Forbidden, "this takes one of the roles: sales, admin"),
    404: _declared_error(NotFound, "there is no order 01990000-0000-7000-8000-000000000000"),
    409: _declared_error(Refused, "the order was shipped; open a return instead"),
    412: _declared_error(VersionMismatch, "version 3 was named, but it is at 4; read it again"),
    422: _declared_error(
        Malformed,
        "body.quantity: Field required",
        errors=[{"loc": ["body", "quantity"], "msg": "Field required"}],
    ),
    428: _declared_error(PreconditionRequired, 'send If-Match with the ETag that you read, such as "3"'),
    503: _declared_error(Unavailable, "the database does not answer; try again in a second"),
}
"""For `FastAPI(responses=RESPONSES)`: what every operation may answer besides its success."""
