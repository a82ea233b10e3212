"""Logs: one JSON object a line on stderr, each with the trace and the loop that it belongs to."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from kit import context, telemetry

CHATTY = ("aiokafka", "asyncpg", "sqlalchemy", "opentelemetry")
"""Libraries that repeat themselves many times a second while a server is away."""

SECONDS_BETWEEN_REPEATS = 10.0


def configure(service: str, level: str = "INFO") -> None:
    """Write all logs of this process as JSON lines; uvicorn has to start with `log_config=None, access_log=False`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(service))
    handler.addFilter(FewRepeats(CHATTY))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "fastapi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)


class OneLine(JsonFormatter):
    """time (UTC), level, logger, message, service; trace_id, correlation_id and exception where there are any."""

    def __init__(self, service: str) -> None:
        renamed = {"exc_info": "exception", "stack_info": "stack"}
        super().__init__(["message"], rename_fields=renamed, json_ensure_ascii=False)  # pyright: ignore[reportUnknownMemberType]  (untyped there)
        self._service = service

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        super().add_fields(log_data, record, message_dict)
        log_data.pop("color_message", None)  # uvicorn says the same once more for terminals
        log_data["service"] = self._service
        log_data.update(_belongs_to())


def _belongs_to() -> dict[str, str]:
    cause = context.cause.get()
    traceparent = cause.traceparent if cause and cause.traceparent else telemetry.current.get()
    found = {"trace_id": telemetry.trace_id_of(traceparent)}
    found["correlation_id"] = str(cause.correlation_id) if cause and cause.correlation_id else None
    return {name: value for name, value in found.items() if value is not None}


class FewRepeats(logging.Filter):
    """The same message of the named loggers once in ten seconds; the next one carries how often it was `repeated`."""

    def __init__(self, loggers: tuple[str, ...], seconds: float = SECONDS_BETWEEN_REPEATS) -> None:
        super().__init__()
        self._loggers = frozenset(loggers)
        self._seconds = seconds
        self._silenced: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in self._loggers:
            return True
        key, now = (record.name, str(record.msg)), time.monotonic()
        until, repeated = self._silenced.get(key, (0.0, 0))
        if now < until:
            self._silenced[key] = (until, repeated + 1)
            return False
        if len(self._silenced) > 1000:  # messages without placeholders may each be another
            self._silenced.clear()
        self._silenced[key] = (now + self._seconds, 0)
        if repeated:
            record.repeated = repeated
        return True
