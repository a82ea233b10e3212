"""CloudEvents 1.0 in Kafka binary mode: attributes are `ce_*` headers, the data is the value.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from asyncpg.pgproto.pgproto import UUID

from contracts.errors import Malformed
from contracts.event import Recorded

Headers = list[tuple[str, bytes]]


class Stored(Protocol):
    """A row of the outbox."""

    def __getitem__(self, name: str, /) -> object: ...


class NotACloudEvent(Malformed):
    """Every record on our topics is a CloudEvent with the attributes of `docs/events.md`."""


def headers_of(row: Mapping[str, object] | Stored, source: str) -> Headers:
    recorded_at = row["recorded_at"]
    assert isinstance(recorded_at, datetime)
    at = recorded_at if recorded_at.tzinfo is UTC else recorded_at.astimezone(UTC)
    headers: Headers = [
        _VERSION,
        ("ce_id", str(row["event_id"]).encode()),
        ("ce_type", str(row["type"]).encode()),
        _source(source),
        ("ce_subject", str(row["subject"]).encode()),
        ("ce_time", f"{at.isoformat()[:-6]}Z".encode()),
        ("ce_sequence", str(row["sequence"]).encode()),
        ("ce_correlationid", str(row["correlation_id"]).encode()),
        ("ce_causationid", str(row["causation_id"]).encode()),
        ("ce_actor", str(row["actor"]).encode()),
        _CONTENT,
    ]
    if row["traceparent"]:
        headers.append(("traceparent", str(row["traceparent"]).encode()))
    return headers


_VERSION = ("ce_specversion", b"1.0")
_CONTENT = ("content-type", b"application/json")


@cache
def _source(service: str) -> tuple[str, bytes]:
    return ("ce_source", f"/orderloop/{service}".encode())


def read(headers: Sequence[tuple[str, bytes | None]], value: bytes | None) -> Recorded:
    """Read a record. Raises NotACloudEvent.

    Its ids are of the driver's class of UUID: equal to Python's own, and read in a tenth of the time.
    """
    given = {name: content.decode("utf-8", "replace") for name, content in headers if content is not None}
    try:
        time = datetime.fromisoformat(given["ce_time"].replace("Z", "+00:00"))
        if "\0" in "".join(given.values()) or not 0 < int(given["ce_sequence"]) < 2**63 or time.tzinfo is None:
            raise ValueError("a text with a NUL, a sequence that is no number from 1, or a time without its zone")
        return Recorded(
            id=UUID(given["ce_id"]),
            type=given["ce_type"],
            source=given["ce_source"],
            subject=UUID(given["ce_subject"]),
            time=time,
            sequence=int(given["ce_sequence"]),
            correlation_id=UUID(given["ce_correlationid"]),
            causation_id=UUID(given["ce_causationid"]),
            actor=given["ce_actor"],
            traceparent=given.get("traceparent"),
            data=value or b"",
        )
    except KeyError as missing:
        raise NotACloudEvent(f"the record has no header {missing}; produce it through an outbox") from missing
    except ValueError as wrong:
        raise NotACloudEvent(f"a header of the record cannot be read: {wrong}") from wrong
