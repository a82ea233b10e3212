"""A service's commands as a table of routes: path, handler, who may.

What a route needs is read off the handler: its first argument is the command (path fields come from the path, the rest
from the body), its return annotation says what it answers and tells. Every command takes `Idempotency-Key`; those that
replace what was read require `If-Match`, the others take it.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, create_model
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.errors import Forbidden, Malformed, Unavailable
from contracts.event import Event
from contracts.ids import new_id
from kit.auth import allowed, requires
from kit.context import Cause
from kit.database import Transaction, is_transient
from kit.errors import KeyMissing, PreconditionRequired
from kit.executor import Command
from kit.executor import Request as CommandRequest
from kit.outbox import Outcome
from kit.parsing import Parser
from kit.principal import Principal
from kit.problems import KNOWN, RESPONSES, answer_to
from kit.reactions import told_by
from kit.telemetry import current as current_traceparent

if TYPE_CHECKING:
    from kit.service import Running

IfMatch = Literal["optional", "required"]
AnyHandler = Callable[[Any, Transaction], Awaitable[Outcome]]  # Any: each handler has its own command class

LONGEST_KEY = 255

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="Made new for each command; the same when it is sent again.",
    ),
]
Match = Annotated[
    str | None,
    Header(alias="If-Match", description='The ETag that was read, such as "3"; 412 when it is no longer true.'),
]


@dataclass(frozen=True)
class CommandRoute:
    """One line of the table."""

    method: str
    path: str
    handler: AnyHandler
    by: tuple[str, ...]
    status: int
    if_match: IfMatch

    @property
    def command(self) -> type[Command]:
        hints = get_type_hints(self.handler)
        return next(hint for name, hint in hints.items() if name != "return")

    @property
    def in_path(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    @property
    def tells(self) -> tuple[type[Event], ...]:
        return told_by(self.handler)


class Commands:
    """The commands of a service; `router` is what its app includes."""

    def __init__(self, tag: str) -> None:
        responses = cast("Any", RESPONSES)  # Any: FastAPI wants int | str keys
        self.router = APIRouter(tags=[tag], responses=responses, route_class=_CommandApiRoute)
        self.routes: list[CommandRoute] = []

    def add(
        self, route: str, handler: AnyHandler, *, by: tuple[str, ...], status: int = 200, if_match: IfMatch = "optional"
    ) -> None:
        """Add `METHOD /path/{id_of_the_command}`; `by` names the roles that may (admin always may)."""
        method, path = route.split()
        entry = CommandRoute(method, path, handler, by, status, if_match)
        self.routes.append(entry)
        self.router.add_api_route(
            path,
            _endpoint(entry),
            methods=[method],
            status_code=status,
            response_model=_answers(get_type_hints(handler).get("return")),
            operation_id=handler.__name__,
            summary=handler.__name__.replace("_", " ").capitalize(),
            description=inspect.getdoc(handler) or inspect.getdoc(entry.command) or "",
        )

    def declare(self, document: dict[str, Any]) -> None:  # Any: JSON
        """Say in the OpenAPI document which headers are required: a missing one is answered by us, not by FastAPI."""
        for route in self.routes:
            for header in document["paths"][route.path][route.method.lower()]["parameters"]:
                if header["name"] == "Idempotency-Key" or (
                    header["name"] == "If-Match" and route.if_match == "required"
                ):
                    header["required"] = True
                    header["schema"] = next(each for each in header["schema"]["anyOf"] if each["type"] == "string")


async def reading(request: Request) -> AsyncGenerator[Transaction]:
    try:
        async with running(request).database.read() as tx:
            yield tx
    except Exception as fault:
        if not is_transient(fault):
            raise
        raise Unavailable("the database does not answer; ask again in a moment") from fault


Reading = Annotated[Transaction, Depends(reading)]
"""A connection to read from, for queries."""


def running(request: Request) -> Running:
    return cast("Running", request.app.state.running)


def tag(response: Response, version: int) -> None:
    """Tell the reader which version it sees, for a later `If-Match`."""
    response.headers["etag"] = f'"{version}"'


class _CommandApiRoute(APIRoute):
    """A route whose endpoint answers the request itself. Its signature is what OpenAPI shows.

    To solve that signature for each request, as FastAPI does, costs as much as three of the command's statements.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:  # Any: FastAPI's own
        super().__init__(path, endpoint, **more)
        self.app = self.answer

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


class AnswerCommands:
    """Takes a command straight to its endpoint: the framework's routing costs more than all of the command's checks.

    What is no command goes on to the application, also a path of a command with a method that it does not take.
    """

    def __init__(self, app: ASGIApp, commands: Commands) -> None:
        self._app = app
        self._places: dict[tuple[str | int, ...], list[tuple[list[str], _CommandApiRoute]]] = {}
        for route in commands.router.routes:
            assert isinstance(route, _CommandApiRoute)
            parts = route.path_format.split("/")
            for method in route.methods or ():
                self._places.setdefault((method, parts[1], len(parts)), []).append((parts, route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._found(scope) if scope["type"] == "http" and not scope.get("root_path") else None
        if route is None:
            await self._app(scope, receive, send)
            return
        try:
            await route.answer(scope, receive, send)
        except KNOWN as error:
            await answer_to(error, scope)(scope, receive, send)

    def _found(self, scope: Scope) -> _CommandApiRoute | None:
        asked = str(scope["path"]).split("/")
        for parts, route in self._places.get((scope["method"], *asked[1:2], len(asked)), ()):
            said: dict[str, str] = {}
            for part, word in zip(parts, asked, strict=True):
                if part[:1] == "{" and word:
                    said[part[1:-1]] = word
                elif part != word:
                    break
            else:
                scope["path_params"], scope["route"] = said, route
                return route
        return None


def _endpoint(route: CommandRoute) -> Callable[[Request], Awaitable[Response]]:
    command, in_path, by = route.command, route.in_path, frozenset(route.by)
    body_model = _body_of(command, in_path)
    parse = Parser(command, in_path)
    status, makes, verb = route.status, route.status == 201 and not in_path, route.method

    async def endpoint(request: Request) -> Response:
        principal = allowed(by)
        headers, path = request.headers, str(request.scope["path"])
        key, if_match = headers.get("idempotency-key"), headers.get("if-match")
        made = await parse(request, _version(if_match, route.if_match))
        _own_only(principal, made)
        why = Cause(new_id(), principal.actor, None, current_traceparent.get())
        asked = f"{verb} {path} {if_match} {made.model_dump_json()}"
        asking = CommandRequest(
            actor=principal.actor, key=_key(key), asked=asked, status=status, location=path if makes else None
        )
        answer, repeat = await running(request).execute.answer(route.handler, made, why, asking)
        said = answer.headers | ({"idempotency-replayed": "true"} if repeat else {})
        return Response(answer.body, answer.status, said, "application/json" if answer.body else None)

    endpoint.__name__ = route.handler.__name__
    endpoint.__signature__ = _signature(command, in_path, body_model, route.by)  # type: ignore[attr-defined]  # FastAPI reads it
    return endpoint


def _signature(
    command: type[Command], in_path: list[str], body: type[BaseModel] | None, by: tuple[str, ...]
) -> inspect.Signature:
    def parameter(
        name: str, annotation: Any, default: Any = inspect.Parameter.empty
    ) -> inspect.Parameter:  # Any: types
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)

    hints = {name: field.annotation for name, field in command.model_fields.items()}
    parameters = [parameter("request", Request)]
    parameters += [parameter(name, hints[name]) for name in in_path]
    if body is not None:
        needed = any(field.is_required() for field in body.model_fields.values())
        parameters.append(parameter("body", body) if needed else parameter("body", body | None, None))
    parameters += [parameter("idempotency_key", Key, None), parameter("if_match", Match, None)]
    parameters += [parameter("principal", Annotated[Principal, requires(*by)])]
    return inspect.Signature(parameters)


def _body_of(command: type[Command], in_path: list[str]) -> type[BaseModel] | None:
    """The command without what the path says; a command with nothing else has no body."""
    left_out = {*in_path, "expected_version"}
    fields: dict[str, Any] = {  # Any: pydantic's own way to describe fields
        name: (field.rebuild_annotation(), field)
        for name, field in command.model_fields.items()
        if name not in left_out
    }
    if not fields:
        return None
    return create_model(
        command.__name__,
        __config__=command.model_config,
        __doc__=inspect.getdoc(command),
        __module__=command.__module__,
        **fields,
    )


def _key(given: str | None) -> str:
    if not given:
        raise KeyMissing("send a header Idempotency-Key with a new UUID; the same again when you repeat the request")
    if len(given) > LONGEST_KEY:
        raise Malformed(f"an Idempotency-Key has {LONGEST_KEY} characters at most")
    return given


def _version(if_match: str | None, rule: IfMatch) -> int | None:
    if if_match is None:
        if rule == "required":
            raise PreconditionRequired("read it first and send its ETag in If-Match, so that nobody's change is lost")
        return None
    if if_match.strip() == "*":
        return None
    try:
        return int(if_match.strip().removeprefix("W/").strip('"'))
    except ValueError as error:
        raise Malformed(f'If-Match takes one ETag as it was read, such as "3", not {if_match!r}') from error


def _own_only(principal: Principal, command: Command) -> None:
    named = getattr(command, "customer_id", None)
    if principal.customer_id is not None and named is not None and named != principal.customer_id:
        raise Forbidden("a customer's token acts for that customer only")


def _answers(annotation: object) -> Any:  # Any: a type for FastAPI
    """What the handler's first event can be: the body of the answer."""
    if get_origin(annotation) in (Union, UnionType):
        found = [_answers(each) for each in get_args(annotation) if each is not NoneType]
        found = [each for each in found if each is not None]
        return Union[tuple(found)] if found else None  # noqa: UP007  the members are known at run time only
    if get_origin(annotation) is tuple:
        return _answers(get_args(annotation)[0])
    return annotation if inspect.isclass(annotation) and issubclass(annotation, Event) else None
