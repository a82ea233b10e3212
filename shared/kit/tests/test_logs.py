"""Log lines are JSON, say where they belong, and do not flood."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.ids import new_id
from kit import context, logs, telemetry
from kit.context import Cause

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    logs.configure("order", "info")
    yield written
    root.handlers[:], root.level = handlers, level


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_what_a_reader_needs(stderr: io.StringIO) -> None:
    logging.getLogger("order.api").info("placed %s\nwith care, für Ä", 7, extra={"order_id": new_id().hex})

    [line] = lines(stderr)
    time = datetime.fromisoformat(line.pop("time"))
    assert abs((datetime.now(UTC) - time).total_seconds()) < 5
    assert len(line.pop("order_id")) == 32
    assert line == {
        "level": "INFO",
        "logger": "order.api",
        "message": "placed 7\nwith care, für Ä",
        "service": "order",
    }
    assert "für Ä" in stderr.getvalue()


def test_a_line_belongs_to_the_cause_at_hand(stderr: io.StringIO) -> None:
    correlation = new_id()
    token = context.cause.set(Cause(new_id(), "anna", correlation, TRACEPARENT))

    logging.getLogger("order").warning("in")
    context.cause.reset(token)
    logging.getLogger("order").warning("out")

    within, outside = lines(stderr)
    assert (within["trace_id"], within["correlation_id"]) == (TRACE, str(correlation))
    assert "trace_id" not in outside
    assert "correlation_id" not in outside


def test_a_line_in_a_span_carries_its_trace(stderr: io.StringIO) -> None:
    with telemetry.span("relay", traceparent=TRACEPARENT):
        logging.getLogger("order").warning("in")

    assert lines(stderr)[0]["trace_id"] == TRACE


def test_an_exception_is_told_in_full_on_one_line(stderr: io.StringIO) -> None:
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        logging.getLogger("order").exception("failed")

    [line] = lines(stderr)
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ZeroDivisionError: integer division or modulo by zero")
    assert "exc_info" not in line


def test_values_that_are_no_json_do_not_break_a_line(stderr: io.StringIO) -> None:
    logging.getLogger("order").warning("odd", extra={"id": new_id(), "at": datetime.now(UTC), "of": object()})

    assert lines(stderr)[0]["message"] == "odd"


def test_a_library_that_repeats_itself_is_heard_once_and_counted(
    stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("kit.logs.time.monotonic", lambda: now)
    client = logging.getLogger("aiokafka.conn")
    for _ in range(5):
        client.error("Unable to connect to %s", "broker")
    client.error("Something else")
    now += logs.SECONDS_BETWEEN_REPEATS

    client.error("Unable to connect to %s", "broker")

    found = [(line["message"], line.get("repeated")) for line in lines(stderr)]
    assert found == [
        ("Unable to connect to broker", None),
        ("Something else", None),
        ("Unable to connect to broker", 4),
    ]


def test_our_own_lines_are_never_left_out(stderr: io.StringIO) -> None:
    for _ in range(3):
        logging.getLogger("order").error("again")

    assert len(lines(stderr)) == 3


def test_libraries_speak_from_warning_on_and_access_lines_never(stderr: io.StringIO) -> None:
    logging.getLogger("aiokafka.cluster").info("metadata")
    logging.getLogger("uvicorn.access").info("GET /orders 200")
    logging.getLogger("uvicorn.error").info("started", extra={"color_message": "coloured"})

    [line] = lines(stderr)
    assert (line["message"], "color_message" in line) == ("started", False)
