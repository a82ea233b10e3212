"""A command out of a request: what the path says, the rest from the JSON body, checked once and together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from kit.executor import Command

Fields = dict[str, Any]  # Any: JSON, before it is checked


class Parser:
    """Makes commands of one class. `in_path` are the fields that the path says; the body must not say them, too."""

    def __init__(self, command: type[Command], in_path: Sequence[str]) -> None:
        self._command = command
        self._in_path = frozenset(in_path)
        self._not_in_body = self._in_path | {"expected_version"}
        in_body = {name: field for name, field in command.model_fields.items() if name not in self._not_in_body}
        self._has_body = bool(in_body)
        self._needs_body = any(field.is_required() for field in in_body.values())

    async def __call__(self, request: Request, expected_version: int | None) -> Command:
        """Raises RequestValidationError, with all that is wrong."""
        fields = await self._body(request) if self._has_body else {}
        said_twice = self._not_in_body & fields.keys()
        if said_twice:
            raise RequestValidationError([_wrong("Extra inputs are not permitted", each) for each in said_twice])
        fields |= request.path_params
        fields["expected_version"] = expected_version
        try:
            return self._command.model_validate(fields)
        except ValidationError as error:
            raise RequestValidationError([self._placed(each) for each in error.errors()]) from error

    async def _body(self, request: Request) -> Fields:
        body = await _json(request)
        if body is None:
            if self._needs_body:
                raise RequestValidationError([_wrong("Field required")])
            return {}
        if not isinstance(body, dict):
            raise RequestValidationError([_wrong("Input should be a JSON object, sent as application/json")])
        return cast("Fields", body)

    def _placed(self, error: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: pydantic's own
        place: tuple[int | str, ...] = error["loc"]
        where = "path" if place and place[0] in self._in_path else "body"
        return {**error, "loc": (where, *place)}


async def _json(request: Request) -> object:
    """What the body says; None when there is none. A body that does not call itself JSON is not read as such."""
    try:
        raw = await request.body()
    except ClientDisconnect as error:
        raise HTTPException(400, "the body did not come to its end; send the request again") from error
    if not raw:
        return None
    if not _is_json(request.headers.get("content-type", "")):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RequestValidationError([_wrong(f"JSON decode error: {error}")]) from error


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def _wrong(msg: str, *place: str) -> Mapping[str, object]:
    return {"loc": ("body", *place), "msg": msg}
