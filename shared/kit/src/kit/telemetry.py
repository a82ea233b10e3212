"""OpenTelemetry: W3C trace context, one thin span where work begins, and the metrics of the loop.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set. Off costs nothing: no SDK is imported, no provider made, no thread begun.
The providers are the kit's own and never the process's global ones, so that no library begins to trace by itself.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from random import getrandbits
from threading import Thread
from types import TracebackType
from typing import Literal, Protocol

from fastapi.telemetry import TelemetryConfig
from opentelemetry import metrics as otel_metrics
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FASTAPI_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""For `FastAPI(telemetry=FASTAPI_TELEMETRY)`: its own spans would double ours at half a millisecond a request."""

current: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The traceparent of the request or span at hand, to hand on to events."""

Kind = Literal["internal", "server", "client", "producer", "consumer"]

_KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}

UNTRACED_PATHS = frozenset({"/healthz", "/readyz"})
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
SHUTDOWN_SECONDS = 3.0

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")


class _Stoppable(Protocol):
    def shutdown(self) -> None: ...


class _State:
    """What `configure` switches on: tracer and meter, and their providers to stop at the end."""

    tracer: trace.Tracer | None = None
    meter: otel_metrics.Meter | None = None
    providers: tuple[_Stoppable, ...] = ()


_state = _State()


class Metrics:
    """The platform's instruments; each does nothing unless `configure`, called before, found somewhere to export to."""

    def __init__(self) -> None:
        self.on = _state.meter is not None
        meter = _state.meter or otel_metrics.NoOpMeter("orderloop.kit")
        self.hop_seconds = _seconds(meter, "orderloop.hop", "a command's commit to one reaction's commit")
        self.consumer_lag_seconds = _seconds(meter, "orderloop.consumer.lag", "event created to effect committed")
        self.relay_oldest_unpublished_seconds = meter.create_gauge(
            "orderloop.relay.oldest_unpublished", "s", "age of the oldest event not yet in Kafka"
        )
        self.parked_keys = meter.create_gauge("orderloop.parked_keys", "{key}", "keys that wait for a decision")
        self.relay_epoch = meter.create_gauge("orderloop.relay.epoch", "{epoch}", "rises with each new active relay")
        self.events_published = meter.create_counter("orderloop.events.published", "{event}")
        self.events_consumed = meter.create_counter("orderloop.events.consumed", "{event}")


def _seconds(meter: otel_metrics.Meter, name: str, description: str) -> otel_metrics.Histogram:
    return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=SECONDS)


def is_on() -> bool:
    return _state.tracer is not None


def configure(service: str) -> Metrics:
    """Export traces and metrics of this service by OTLP over HTTP, if the environment names an endpoint.

    Sampling, batching, intervals and headers are the standard OTEL_* variables.
    """
    if not is_on() and os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _switch_on(service)
    return Metrics()


def _switch_on(service: str) -> None:
    # Imported only now: the SDK and its exporters cost 0.1 s and 7 MB in every process that does not use them.
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": service, "service.namespace": "orderloop"})
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    meters = MeterProvider([reader], resource, shutdown_on_exit=False)
    _state.tracer, _state.meter = tracers.get_tracer("orderloop.kit"), meters.get_meter("orderloop.kit")
    _state.providers = (tracers, meters)


def shutdown() -> None:
    """Export what is left and switch off. It blocks, but three seconds at most, also when the collector is gone."""
    providers = _state.providers
    _state.tracer, _state.meter, _state.providers = None, None, ()
    # Threads of our own, because the SDK's time limits do not hold while an exporter tries again and again (20 s).
    stopping = [Thread(target=provider.shutdown, daemon=True) for provider in providers]
    until = time.monotonic() + SHUTDOWN_SECONDS
    for each in stopping:
        each.start()
    for each in stopping:
        each.join(max(0.0, until - time.monotonic()))


def new_traceparent() -> str:
    """The root of a trace (W3C Trace Context, version 00); flagged as sampled only where something records it."""
    return f"00-{getrandbits(128) or 1:032x}-{getrandbits(64) or 1:016x}-{'01' if is_on() else '00'}"


def trace_id_of(traceparent: str | None) -> str | None:
    """The 32 hexadecimal digits that logs, problem details and traces have in common."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return found[1] if found else None


def traceparent_of(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & TraceFlags.SAMPLED:02x}"


class span:  # noqa: N801, used as a function: `with span("relay") as traceparent`
    """A span around a piece of work; yields the traceparent to hand on, which is also `current` inside.

    It continues `traceparent`, else begins a trace; `links` are traceparents of what it merely has to do with.
    Off, it yields the traceparent that it was given, or a fresh one, and calls no SDK.
    """

    __slots__ = ("_token", "_traceparent", "recorded")

    def __init__(
        self,
        name: str,
        *,
        kind: Kind = "internal",
        traceparent: str | None = None,
        links: Iterable[str] = (),
        attributes: Mapping[str, AttributeValue] | None = None,
    ) -> None:
        self.recorded: Span | None = None
        if _state.tracer is None:
            self._traceparent = traceparent or new_traceparent()
            return
        parent = _context_of(traceparent)
        around = trace.set_span_in_context(trace.NonRecordingSpan(parent)) if parent else Context()
        linked = [trace.Link(context) for link in links if (context := _context_of(link))]
        self.recorded = _state.tracer.start_span(name, around, _KINDS[kind], attributes, linked)
        self._traceparent = traceparent_of(self.recorded)

    def __enter__(self) -> str:
        self._token = current.set(self._traceparent)
        return self._traceparent

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        current.reset(self._token)
        if self.recorded is None:
            return
        if isinstance(error, Exception):
            self.recorded.record_exception(error)
            self.recorded.set_status(StatusCode.ERROR, type(error).__name__)
        self.recorded.end()


def _context_of(traceparent: str | None) -> trace.SpanContext | None:
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None
    return trace.SpanContext(int(found[1], 16), int(found[2], 16), True, TraceFlags(int(found[3], 16)))


class TraceRequests:
    """One server span a request, which continues the caller's traceparent; health checks have none.

    Without telemetry a request still gets a traceparent, so that its problem details, log lines and events share an id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNTRACED_PATHS:
            await self.app(scope, receive, send)
            return
        incoming = Headers(scope=scope).get("traceparent")
        if trace_id_of(incoming) is None:
            incoming = None
        around = span(scope["method"], kind="server", traceparent=incoming)
        with around:
            if around.recorded is not None and around.recorded.is_recording():
                await _recorded_request(around.recorded, self.app, scope, receive, send)
            else:
                await self.app(scope, receive, send)


async def _recorded_request(span: Span, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def noting_the_status(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
            if message["status"] >= 500:
                span.set_status(StatusCode.ERROR)
        await send(message)

    span.set_attribute("http.request.method", scope["method"])
    span.set_attribute("url.path", scope["path"])
    try:
        await app(scope, receive, noting_the_status)
    finally:
        if route := _route_of(scope):
            span.update_name(f"{scope['method']} {route}")
            span.set_attribute("http.route", route)


def _route_of(scope: Scope) -> str | None:
    """The path template; for a route of an included router FastAPI keeps the whole of it in its own context."""
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(route, "path_format", None)
