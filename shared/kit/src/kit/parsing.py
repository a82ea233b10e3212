"""A command out of a request: what the path says, the rest from the JSON body, checked once and together.

What cannot be kept is refused here, whatever a service declares: text with NUL or with half a surrogate pair, whole
numbers of more than four bytes, and days with which nobody can calculate.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, cast

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, AwareDatetime, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from starlette.requests import ClientDisconnect

from contracts.text import Place, fault_in, leaves
from kit.executor import Command

Fields = dict[str, Any]  # Any: JSON, before it is checked

MOST = 2**31 - 1
"""The largest whole number of a command; columns for them have four bytes. What may be larger is a decimal."""

YEARS = range(100, 9900)
"""A day of a command lies in one of these: from there one can count some decades back or on."""

KEY = "idempotency-key"


def _kept(text: str) -> str:
    if (fault := fault_in(text)) is not None:
        raise ValueError(fault)
    return text


Text = Annotated[str, AfterValidator(_kept)]
"""Text in a body that is no command."""


def _in_reach(moment: datetime) -> datetime:
    if (fault := _too_large(moment)) is not None:
        raise ValueError(fault)
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
"""A time in a body that is no command; in UTC, too, it is one that the database knows."""


async def refuse_unfit_text(request: Request) -> None:
    """A dependency of every query: its path and its filters. Raises RequestValidationError."""
    scope = request.scope
    if "\0" not in scope["path"] and b"%00" not in scope["query_string"]:
        return
    said = [(("path", name), text) for name, text in request.path_params.items()]
    said += [(("query", name), text) for name, text in request.query_params.multi_items()]
    _refuse((place, fault_in(text)) for place, text in said)


def _refuse(found: Iterable[tuple[Place, str | None]]) -> None:
    """Raises RequestValidationError when there is a fault at one of these places."""
    if faults := [{"loc": place, "msg": fault} for place, fault in found if fault is not None]:
        raise RequestValidationError(faults)


def _too_large(value: object) -> str | None:
    if isinstance(value, int) and not -MOST <= value <= MOST:
        return f"Whole numbers are between -{MOST} and {MOST}"
    if isinstance(value, date) and value.year not in YEARS:
        return f"Days are between the years {YEARS[0]} and {YEARS[-1]}"
    return None


_SIGNS_OF_UNFIT_TEXT = (b"\\u0000", b"\\ud", b"\\uD", b"\xed", b"\0")
"""What JSON with unfit text in it has at least one of: an escape, the first byte of a surrogate, or UTF-16."""


def _may_be_unfit(raw: bytes) -> bool:
    return any(sign in raw for sign in _SIGNS_OF_UNFIT_TEXT)


def _may_be_too_large(field: FieldInfo) -> bool:
    """Whether there is a whole number or a day in it, at any depth."""
    schema = json.dumps(TypeAdapter(field.rebuild_annotation()).json_schema())
    return any(f'"{each}"' in schema for each in ("integer", "date", "date-time"))


class Parser:
    """Makes commands of one class. `in_path` are the fields that the path says; the body must not say them, too."""

    def __init__(self, command: type[Command], in_path: Sequence[str]) -> None:
        self._command = command
        self._in_path = frozenset(in_path)
        self._not_in_body = self._in_path | {"expected_version"}
        in_body = {name: field for name, field in command.model_fields.items() if name not in self._not_in_body}
        self._has_body = bool(in_body)
        self._needs_body = any(field.is_required() for field in in_body.values())
        self._may_be_too_large = {name for name, field in in_body.items() if _may_be_too_large(field)}

    async def __call__(self, request: Request, expected_version: int | None) -> Command:
        """Raises RequestValidationError, with all that is wrong."""
        _refuse([(("header", KEY), fault_in(request.headers.get(KEY)))])
        fields = await self._body(request) if self._has_body else {}
        said_twice = self._not_in_body & fields.keys()
        if said_twice:
            raise RequestValidationError([_wrong("Extra inputs are not permitted", each) for each in said_twice])
        fields |= request.path_params
        if "\0" in request.scope["path"] or (self._has_body and _may_be_unfit(await request.body())):
            _refuse((self._place(place), fault_in(value)) for place, value in leaves(fields))
        fields["expected_version"] = expected_version
        return self._checked(fields)

    def _checked(self, fields: Fields) -> Command:
        try:
            command = self._command.model_validate(fields)
        except ValidationError as error:
            raise RequestValidationError([self._placed(each) for each in error.errors()]) from error
        looked_at = command.model_dump(include=self._may_be_too_large, exclude_none=True)
        _refuse((self._place(place), _too_large(value)) for place, value in leaves(looked_at))
        return command

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
        return {**error, "loc": self._place(error["loc"])}

    def _place(self, place: Place) -> Place:
        return ("path" if place and place[0] in self._in_path else "body", *place)


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
        return json.loads(raw, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise RequestValidationError([_wrong(f"JSON decode error: {error}")]) from error


def _whole(digits: str) -> int:
    """A whole number; one that Python would not read is cut, and is still too large for whatever it is meant for."""
    return int(digits[:100])


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def _wrong(msg: str, *place: str) -> Mapping[str, object]:
    return {"loc": ("body", *place), "msg": msg}
