"""The published language for programs not written in Python, generated from the code into `schemas/`.

- `events/<service>/<Fact>.v<n>.json`: JSON Schema of an event's data
- `asyncapi/<service>.yaml`: the topic, its messages and headers (AsyncAPI 3.0)
- `openapi/<service>.json`: the HTTP API
- `README.md`: who tells whom

A published version of an event only gains optional fields; anything else is a new version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import yaml

from contracts.event import Event, event_types
from kit.service import Service, create_app
from kit.settings import Settings

Json = dict[str, Any]  # Any: JSON

HEADERS = {
    "ce_specversion": "always 1.0",
    "ce_id": "UUIDv7; the same when the event is sent again",
    "ce_type": "orderloop.<service>.<Fact>.v<version>",
    "ce_source": "/orderloop/<service>",
    "ce_subject": "the aggregate; also the Kafka key",
    "ce_time": "when it was recorded, RFC 3339, UTC",
    "ce_sequence": "the number of the event within its subject, from 1 without a gap",
    "ce_correlationid": "the loop that it belongs to",
    "ce_causationid": "the event or request that caused it",
    "ce_actor": "who asked for it",
    "traceparent": "W3C Trace Context, where there is one",
    "content-type": "application/json",
}


class BreakingChange(Exception):
    """A published version of an event changed in a way that its readers may not survive."""


def load(names: Iterable[str]) -> list[Service]:
    return [cast("Service", import_module(f"{name}.app").service()) for name in names]


def generate(services: list[Service]) -> dict[str, str]:
    """Every file of `schemas/` by its path."""
    files: dict[str, str] = {}
    for service in services:
        for event in events_of(service.name):
            files[f"events/{service.name}/{event.__name__}.v{event.version}.json"] = _json(_schema(event))
        files[f"asyncapi/{service.name}.yaml"] = yaml.safe_dump(_asyncapi(service), sort_keys=False, width=120)
        files[f"openapi/{service.name}.json"] = _json(_openapi(service))
    files["README.md"] = _readme(services)
    return files


def write(services: list[Service], folder: Path) -> int:
    """Write what is new or different; returns the number of files. Raises BreakingChange before it writes anything."""
    files = generate(services)
    refuse_breaking(files, folder)
    different = {path: text for path, text in files.items() if _read(folder / path) != text}
    for path, text in different.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return len(different)


def drift(services: list[Service], folder: Path) -> list[str]:
    """The files that are not what the code says. Raises BreakingChange."""
    files = generate(services)
    refuse_breaking(files, folder)
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return sorted(path for path in there | files.keys() if _read(folder / path) != files.get(path))


def refuse_breaking(files: Mapping[str, str], folder: Path) -> None:
    for path, text in files.items():
        before = _read(folder / path)
        if path.startswith("events/") and before is not None:
            faults = breaking(json.loads(before), json.loads(text))
            if faults:
                raise BreakingChange(f"{path}: {'; '.join(faults)}. Leave this version as it is and make the next one")


def breaking(before: Json, after: Json, place: str = "") -> list[str]:
    """What a reader or writer of `before` could trip over in `after`."""
    faults: list[str] = []
    old, new = before.get("properties", {}), after.get("properties", {})
    faults += [f"{place}{name} is gone" for name in old if name not in new]
    faults += [
        f"{place}{name} became required" for name in after.get("required", []) if name not in before.get("required", [])
    ]
    faults += [
        f"{place}{name} is no longer required"
        for name in before.get("required", [])
        if name not in after.get("required", [])
    ]
    for name in old.keys() & new.keys():
        if _shape(old[name]) != _shape(new[name]):
            faults.append(f"{place}{name} has another form")
    for name in before.get("$defs", {}).keys() & after.get("$defs", {}).keys():
        faults += breaking(before["$defs"][name], after["$defs"][name], f"{name}.")
    return faults


def _shape(schema: object) -> object:
    """A schema without its prose."""
    if isinstance(schema, dict):
        found = cast("Json", schema)
        return {
            key: _shape(value)
            for key, value in found.items()
            if key not in ("title", "description", "examples", "default")
        }
    if isinstance(schema, list):
        return [_shape(value) for value in cast("list[object]", schema)]
    return schema


def events_of(service: str) -> list[type[Event]]:
    found = [event for event in event_types().values() if event.__module__ == f"contracts.{service}"]
    return sorted(found, key=lambda event: event.__name__)


def _schema(event: type[Event]) -> Json:
    schema = event.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:orderloop:{event.service()}:{event.__name__}:v{event.version}",
        "x-ce-type": event.type_name(),
        "x-subject": event.subject_field(),
        **schema,
    }


def _asyncapi(service: Service) -> Json:
    topic = f"{service.name}.events"
    messages = {
        event.__name__: {
            "name": event.type_name(),
            "summary": (event.__doc__ or "").strip().splitlines()[0],
            "contentType": "application/json",
            "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
            "payload": {"$ref": f"../events/{service.name}/{event.__name__}.v{event.version}.json"},
        }
        for event in events_of(service.name)
    }
    references = [{"$ref": f"#/channels/{service.name}/messages/{name}"} for name in messages]
    header_schema: Json = {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in HEADERS.items()},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Orderloop {service.name}", "version": "1", "description": service.summary},
        "defaultContentType": "application/json",
        "channels": {service.name: {"address": topic, "messages": messages}},
        "operations": {
            "publish": {"action": "send", "channel": {"$ref": f"#/channels/{service.name}"}, "messages": references}
        },
        "components": {"schemas": {"CloudEventHeaders": header_schema}},
    }


def _openapi(service: Service) -> Json:
    nowhere = Settings(database="postgresql://nobody@127.0.0.1:1/none", kafka="127.0.0.1:1", jwks="/nonexistent")
    return create_app(service, nowhere, start=False).openapi()


def _readme(services: list[Service]) -> str:
    """Who tells whom: events by service, what tells them, who listens."""
    lines = [
        "# Schemas",
        "",
        "Generated by `make schemas` from the code; never edited. "
        "`events/` holds a JSON Schema for each event and version,",
        "`asyncapi/` one document a topic, `openapi/` one a service. Events are CloudEvents 1.0 in Kafka binary mode.",
        "",
        "## Who tells whom",
        "",
        "An event is told by the commands and reactions on its left and heard by the services on its right.",
    ]
    for service in services:
        lines += [
            "",
            f"### {service.name}: topic `{service.name}.events`",
            "",
            "| event | told when | heard by |",
            "|---|---|---|",
        ]
        told = _tellers(service)
        for event in events_of(service.name):
            heard = ", ".join(each.name for each in services if event in each.reactions.events())
            link = f"[{event.__name__}](events/{service.name}/{event.__name__}.v{event.version}.json)"
            lines.append(f"| {link} | {', '.join(sorted(set(told.get(event, []))))} | {heard} |")
    return "\n".join(lines) + "\n"


def _tellers(service: Service) -> dict[type[Event], list[str]]:
    told: dict[type[Event], list[str]] = {}
    sources = [(route.handler.__name__, route.tells) for route in service.commands.routes]
    sources += [
        (f"*{event.__name__}*", each.tells) for event, found in service.reactions.effects.items() for each in found
    ]
    sources += [(f"timer {kind}", tells) for kind, tells in service.timers.tells().items()]
    for name, tells in sources:
        for event in tells:
            told.setdefault(event, []).append(name)
    return told


def _json(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None
