"""Traces and metrics: nothing when off, OTLP when on. The receiver is a real HTTP server."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from opentelemetry import trace
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kit import problems, telemetry
from kit.telemetry import Metrics, TraceRequests, new_traceparent, span, trace_id_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Collector:
    """Takes OTLP over HTTP and keeps what came."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self.url = ""

    def spans(self) -> list[Span]:
        requests = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def resources(self) -> list[dict[str, str]]:
        requests = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        return [attributes(each.resource) for request in requests for each in request.resource_spans]

    def metrics(self) -> dict[str, Any]:
        requests = [ExportMetricsServiceRequest.FromString(body) for path, body in self.bodies if "metrics" in path]
        return {
            metric.name: metric
            for request in requests
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def attributes(of: Any) -> dict[str, Any]:  # Any: the generated classes that have attributes share no base
    return {each.key: each.value.string_value or each.value.int_value for each in of.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.bodies.append((self.path, gzip.decompress(body) if self.headers["content-encoding"] else body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def metrics(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Metrics]:
    """Telemetry switched on towards the collector."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    yield telemetry.configure("order")
    telemetry.shutdown()


def test_a_new_traceparent_is_valid_and_each_is_another() -> None:
    made = {new_traceparent() for _ in range(100)}

    assert len(made) == 100
    assert all(re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", each) for each in made)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "x",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"{TRACEPARENT}\n",
    ],
)
def test_what_is_no_traceparent_has_no_trace(broken: str) -> None:
    assert trace_id_of(broken) is None


def test_a_traceparent_of_a_later_version_is_understood() -> None:
    assert trace_id_of(f"01-{TRACE}-{PARENT}-01-more") == TRACE


def test_off_a_span_hands_on_what_it_was_given() -> None:
    with span("relay", traceparent=TRACEPARENT) as traceparent:
        assert traceparent == TRACEPARENT == telemetry.current.get()

    with span("relay") as traceparent:
        assert trace_id_of(traceparent) is not None

    assert telemetry.current.get() is None


def test_off_every_instrument_takes_its_values_and_no_thread_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    before = threading.active_count()

    metrics = telemetry.configure("order")
    metrics.hop_seconds.record(0.01, {"event": "OrderPlaced", "consumer": "finance"})
    metrics.consumer_lag_seconds.record(0.01)
    metrics.relay_oldest_unpublished_seconds.set(1)
    metrics.parked_keys.set(1)
    metrics.relay_epoch.set(1)
    metrics.events_published.add(1)
    metrics.events_consumed.add(1)

    assert (metrics.on, telemetry.is_on(), threading.active_count()) == (False, False, before)


def test_off_the_sdk_is_not_even_imported() -> None:
    program = "import sys; from kit import telemetry; telemetry.configure('order'); print(*sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path)}

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    loaded = done.stdout.split()
    assert "kit.telemetry" in loaded
    assert [name for name in loaded if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))] == []


def test_on_a_span_is_exported_with_parent_links_and_attributes(collector: Collector, metrics: Metrics) -> None:
    linked = new_traceparent()

    with (
        span(
            "reserve stock", kind="consumer", traceparent=TRACEPARENT, links=[linked, "x"], attributes={"order": "7"}
        ) as outer,
        span("inner", traceparent=outer),
    ):
        pass
    telemetry.shutdown()

    inner, exported = collector.spans()
    assert (exported.name, exported.kind) == ("reserve stock", Span.SPAN_KIND_CONSUMER)
    assert (exported.trace_id.hex(), exported.parent_span_id.hex()) == (TRACE, PARENT)
    assert outer == f"00-{TRACE}-{exported.span_id.hex()}-01"
    assert [each.trace_id.hex() for each in exported.links] == [trace_id_of(linked)]
    assert attributes(exported) == {"order": "7"}
    assert (inner.trace_id, inner.parent_span_id) == (exported.trace_id, exported.span_id)
    assert collector.resources()[0]["service.name"] == "order"


def test_on_a_failed_span_tells_its_error(collector: Collector, metrics: Metrics) -> None:
    with pytest.raises(RuntimeError), span("relay"):
        raise RuntimeError("no broker")
    telemetry.shutdown()

    [exported] = collector.spans()
    assert (exported.status.code, exported.status.message) == (Status.STATUS_CODE_ERROR, "RuntimeError")
    assert attributes(exported.events[0])["exception.message"] == "no broker"


def test_what_its_caller_did_not_sample_is_carried_on_but_not_exported(collector: Collector, metrics: Metrics) -> None:
    with span("relay", traceparent=f"00-{TRACE}-{PARENT}-00") as traceparent:
        pass
    telemetry.shutdown()

    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-00", traceparent)
    assert collector.spans() == []


def test_the_standard_sampler_variable_is_heeded(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    _ = telemetry.configure("order")

    with span("relay") as traceparent:
        pass
    telemetry.shutdown()

    assert traceparent.endswith("-00")
    assert collector.spans() == []


def test_on_the_metrics_are_exported_with_their_attributes(collector: Collector, metrics: Metrics) -> None:
    metrics.hop_seconds.record(0.012, {"event": "OrderPlaced", "consumer": "finance"})
    metrics.consumer_lag_seconds.record(0.02)
    metrics.relay_oldest_unpublished_seconds.set(1.5)
    metrics.parked_keys.set(3)
    metrics.parked_keys.set(2)
    metrics.relay_epoch.set(4)
    metrics.events_published.add(2)
    metrics.events_published.add(3)
    metrics.events_consumed.add(1)
    telemetry.shutdown()

    found = collector.metrics()
    [hop] = found["orderloop.hop"].histogram.data_points
    assert (hop.count, hop.sum, attributes(hop)) == (1, 0.012, {"event": "OrderPlaced", "consumer": "finance"})
    assert list(hop.explicit_bounds) == list(telemetry.SECONDS)
    assert found["orderloop.consumer.lag"].histogram.data_points[0].count == 1
    assert found["orderloop.relay.oldest_unpublished"].gauge.data_points[0].as_double == 1.5
    assert found["orderloop.parked_keys"].gauge.data_points[0].as_int == 2
    assert found["orderloop.relay.epoch"].gauge.data_points[0].as_int == 4
    assert found["orderloop.events.published"].sum.data_points[0].as_int == 5
    assert found["orderloop.events.consumed"].sum.data_points[0].as_int == 1


def test_the_global_providers_stay_untouched(metrics: Metrics) -> None:
    assert type(trace.get_tracer_provider()).__module__.startswith("opentelemetry.trace")


def test_a_collector_that_is_gone_does_not_keep_a_service_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setattr(telemetry, "SHUTDOWN_SECONDS", 0.1)
    metrics = telemetry.configure("order")
    with span("relay"):
        metrics.events_published.add(1)
    begun = time.monotonic()

    telemetry.shutdown()

    assert time.monotonic() - begun < 0.9
    assert not telemetry.is_on()


def an_app() -> FastAPI:
    router = APIRouter(prefix="/orders")

    @router.get("/{order}")
    async def _(order: str) -> str | None:
        if order == "broken":
            raise RuntimeError
        return telemetry.current.get()

    app = FastAPI(telemetry=telemetry.FASTAPI_TELEMETRY)
    problems.install(app)
    app.include_router(router, prefix="/v1")

    @app.get("/healthz")
    async def _() -> str:
        return "ok"

    app.add_middleware(TraceRequests)
    return app


async def answer(path: str, traceparent: str | None = None) -> httpx.Response:
    headers = {"traceparent": traceparent} if traceparent else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(an_app()), base_url="http://test") as client:
        return await client.get(path, headers=headers)


async def test_off_a_request_has_a_traceparent_all_the_same() -> None:
    assert (await answer("/v1/orders/7", TRACEPARENT)).json() == TRACEPARENT
    assert trace_id_of((await answer("/v1/orders/7")).json()) is not None
    assert trace_id_of((await answer("/v1/orders/7", "nonsense")).json()) is not None


async def test_on_a_request_is_one_span_that_continues_its_callers_trace(
    collector: Collector, metrics: Metrics
) -> None:
    within = (await answer("/v1/orders/7", TRACEPARENT)).json()
    telemetry.shutdown()

    [exported] = collector.spans()
    assert (exported.name, exported.kind) == ("GET /v1/orders/{order}", Span.SPAN_KIND_SERVER)
    assert (exported.trace_id.hex(), exported.parent_span_id.hex()) == (TRACE, PARENT)
    assert within == f"00-{TRACE}-{exported.span_id.hex()}-01"
    assert attributes(exported) == {
        "http.request.method": "GET",
        "http.route": "/v1/orders/{order}",
        "http.response.status_code": 200,
        "url.path": "/v1/orders/7",
    }


async def test_on_a_fault_marks_its_span_and_shares_its_trace_id(collector: Collector, metrics: Metrics) -> None:
    response = await answer("/v1/orders/broken")
    telemetry.shutdown()

    [exported] = collector.spans()
    assert (response.status_code, response.json()["trace_id"]) == (500, exported.trace_id.hex())
    assert exported.status.code == Status.STATUS_CODE_ERROR
    assert attributes(exported)["http.response.status_code"] == 500


async def test_on_an_unknown_path_names_no_route(collector: Collector, metrics: Metrics) -> None:
    _ = await answer("/nowhere")
    telemetry.shutdown()

    [exported] = collector.spans()
    assert (exported.name, "http.route" in attributes(exported)) == ("GET", False)


async def test_the_framework_does_not_trace_by_itself_even_where_it_finds_a_provider() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    app = FastAPI(telemetry={**telemetry.FASTAPI_TELEMETRY, "tracer_provider": provider})

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        _ = await client.get("/openapi.json")

    assert kept.get_finished_spans() == ()


async def test_health_checks_leave_no_span(collector: Collector, metrics: Metrics) -> None:
    _ = await answer("/healthz")
    telemetry.shutdown()

    assert collector.spans() == []
