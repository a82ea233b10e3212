"""The benchmark reads hops and times off events rightly, and tells all that it has measured."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from orderloop.bench import cost, hops, report, run
from orderloop.bench.cost import Use
from orderloop.bench.hops import Hop, Spread
from orderloop.driving.events import Seen
from orderloop.platform.plan import Plan

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SPREAD = {"p50": 6.25, "p95": 11.5, "p99": 17.75, "count": 40}


def an_event(service: str, name: str, at_ms: int, *, because: str = "", event_id: str | None = None) -> Seen:
    """So many milliseconds after noon; its id is its name when nothing is said."""
    return Seen(
        {
            "ce_id": event_id or name,
            "ce_type": f"orderloop.{service}.{name}.v1",
            "ce_causationid": because,
            "ce_time": (NOON + timedelta(milliseconds=at_ms)).isoformat().replace("+00:00", "Z"),
        },
        b"{}",
    )


def a_plan(directory: Path) -> Plan:
    return Plan(str(directory), "postgresql://", "127.0.0.1:1", True, True)


def a_result(**more: Any) -> run.Result:  # Any: JSON
    result: run.Result = {
        "measured_at": "2026-01-05T12:00:00+00:00",
        "machine": {"cpus": 4, "system": "Linux", "python": "3.11.9"},
        "closed_loops_per_second": 61.4,
        "hop_ms": SPREAD,
        "loop_ms": SPREAD,
        "warm_up_seconds": 8.0,
        "quiet": {"loops_per_second": 10.0, "loops": 150, "cpu_ms_per_loop": 180.5, "events_per_loop": 21.5},
        "steady": {"loops_per_second": 20.0, "loops": 300, "cpu_ms_per_loop": 99.25, "hop_ms": SPREAD, "loop_ms": None},
        "full": {"loops": 900, "drivers": 48, "hop_ms": SPREAD, "loop_ms": None},
        "hops": {f"A → B{number} (order)": SPREAD for number in range(13)},
        "cpu_ms_per_loop": {"order": 7.5, "kafka": 22.25, "driver": 1.0},
        "memory_mib": {"order": 90, "kafka": 400, "driver": 70},
        "database_cpu_ms_per_loop": {"order": 1.25, "order relay": 0.5},
        "wal_bytes_per_loop": 171_500,
        "sent_again": 0,
        "yardsticks": {
            "pgbench_commits_per_second": 4210.0,
            "kafka_records_per_second": 151_000.0,
            "kafka_records_read_per_second": 300_000.0,
            "bare_requests_per_second": 3410.0,
            "bare_cpu_us_per_request": 250.0,
        },
        "pgbench_commits_per_loop": 68.6,
        "failed": [],
        "failed_count": 0,
    }
    return result | more


def shown(result: run.Result) -> str:
    console = Console(width=140)
    with console.capture() as captured:
        console.print(report.tables(result))
    return captured.get()


def test_a_spread_lies_between_neighbours_in_proportion() -> None:
    assert Spread.of(number / 1000 for number in range(100, -1, -1)) == Spread(50.0, 95.0, 99.0, 101)
    assert Spread.of([0.010, 0.020]) == Spread(15.0, 19.5, 19.9, 2)
    assert Spread.of([0.0051]) == Spread(5.1, 5.1, 5.1, 1)


def test_nothing_has_no_spread() -> None:
    assert Spread.of([]) is None


def test_a_hop_leads_from_one_service_to_another() -> None:
    placed = an_event("order", "OrderPlaced", 0)
    checked = an_event("finance", "CreditExposureChecked", 7, because="OrderPlaced")
    held = an_event("order", "OrderHoldApplied", 9, because="OrderPlaced")
    unknown = an_event("finance", "InvoiceIssued", 11, because="what came before we looked")

    assert hops.hops([placed, checked, held, unknown]) == [
        Hop("OrderPlaced", "CreditExposureChecked", "finance", 0.007)
    ]


def test_an_effect_may_be_seen_before_its_cause() -> None:
    cause, effect = (
        an_event("sales", "OpportunityWon", 0),
        an_event("order", "OrderPlaced", 5, because="OpportunityWon"),
    )

    assert hops.hops([effect, cause]) == [Hop("OpportunityWon", "OrderPlaced", "order", 0.005)]


def test_of_several_effects_in_one_service_the_first_in_time_counts() -> None:
    asked = an_event("order", "StockRequested", 0)
    later = an_event("inventory", "StockBackordered", 8, because="StockRequested")
    first = an_event("inventory", "StockReserved", 6, because="StockRequested")
    elsewhere = an_event("customer", "Noted", 30, because="StockRequested")

    found = hops.hops([asked, later, first, elsewhere])

    assert found == [
        Hop("StockRequested", "StockReserved", "inventory", 0.006),
        Hop("StockRequested", "Noted", "customer", 0.03),
    ]


def test_kinds_of_hops_come_slowest_first() -> None:
    found = [Hop("A", "B", "order", 0.002), Hop("C", "D", "finance", 0.009), Hop("A", "B", "order", 0.004)]

    kinds = hops.by_kind(found)

    assert list(kinds) == ["C → D (finance)", "A → B (order)"]
    assert (kinds["A → B (order)"].p50, kinds["A → B (order)"].count) == (3.0, 2)
    assert hops.by_kind([]) == {}


def test_cpu_is_shared_out_among_loops_for_who_was_there_all_the_time() -> None:
    before = {"order": Use(1.0, 50.0), "gone": Use(9.0, 50.0)}
    after = {"order": Use(3.5, 55.0), "new": Use(1.0, 50.0)}

    assert cost.cpu_per_loop(before, after, 1000) == {"order": 2.5}
    assert cost.cpu_per_loop(before, after, 0) == {"order": 2500.0}


def test_the_driver_is_measured_with_what_runs(tmp_path: Path) -> None:
    found = cost.use(a_plan(tmp_path))

    assert list(found) == ["driver"]
    assert 0 < found["driver"].cpu_seconds <= sum(psutil.Process().cpu_times()[:2])
    assert found["driver"].memory_mib > 1


def test_the_report_tells_every_figure() -> None:
    text = shown(a_result())

    for figure in (
        "4 CPUs",
        "61.4",
        "10 loops per second",
        "6.25",
        "17.75",
        "4210",
        "151000",
        "68.6",
        "21.5",
        "180.5",
        "99.25",
    ):
        assert figure in text
    assert ("not measured" in text, "loops that failed" in text) == (True, False)
    assert ("B11 (order)" in text, "B12 (order)" in text) == (True, False)
    assert text.index("kafka ") < text.index("order   ")


def test_the_total_leaves_the_memory_of_the_driver_out() -> None:
    [total] = [line for line in shown(a_result()).splitlines() if "in all" in line]

    assert ("30.8" in total, "490" in total) == (True, True)


def test_loops_that_failed_are_told_with_a_reason() -> None:
    text = shown(a_result(failed=["NeverCame: no OrderClosed"], failed_count=3))

    assert "3: NeverCame: no OrderClosed" in text


def test_the_latest_result_is_kept_as_it_is(tmp_path: Path) -> None:
    run.save(a_result(closed_loops_per_second=1.0), tmp_path)

    path = run.save(a_result(), tmp_path)

    assert path == str(tmp_path / "bench" / "latest.json")
    assert json.loads(Path(path).read_text()) == a_result()
