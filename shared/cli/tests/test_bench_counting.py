"""What the benchmark reads off a log, counts, copies and compares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orderloop.bench import budget, copies, history, memory, scale, statements
from orderloop.bench.budget import Spent
from orderloop.bench.history import Column
from orderloop.bench.scale import Size
from orderloop.driving.events import Seen
from orderloop.platform import plan as plans
from orderloop.platform import rotation, services
from orderloop.platform.plan import Plan
from orderloop.platform.troubles import SettingMalformed

ID = "01a20000-0000-7000-8000-00000000000"
LOG = f"""\
<order|order|7> LOG:  duration: 0.100 ms  statement: BEGIN;
<order|order|7> LOG:  duration: 0.200 ms  bind __asyncpg_stmt_1__: WITH fenced AS (
\t  INSERT INTO inbox (event_id) SELECT 1)
<order|order|7> DETAIL:  Parameters: $1 = '{{{ID}1}}', $2 = '{{sales.events}}', $3 = '{{{ID}2}}'
<sales|sales|8> LOG:  duration: 0.500 ms  statement: BEGIN; INSERT INTO idempotency VALUES ('a')
<order|order|7> LOG:  duration: 0.300 ms  execute __asyncpg_stmt_1__: WITH fenced AS (
\t  INSERT INTO inbox (event_id) SELECT 1)
<order|order|7> DETAIL:  Parameters: $1 = '{{{ID}1}}', $2 = '{{sales.events}}', $3 = '{{{ID}2}}'
<order|order|7> LOG:  duration: 0.400 ms  execute y: WITH new AS (SELECT 1) INSERT INTO outbox
<order|order|7> DETAIL:  Parameters: $1 = '{{}}', $2 = '{{orderloop.order.OrderPlaced.v1}}'
<order|order|7> LOG:  duration: 1.000 ms  statement: COMMIT;
<sales|sales|8> LOG:  duration: 0.100 ms  execute x: SELECT 1
<order|order-relay|9> LOG:  duration: 0.100 ms  execute z: SELECT 1
<order|order|7> LOG:  checkpoint starting: time
<order|order|7> LOG:  duration: 0.100 ms  execute z: SELECT kind FROM timer
"""


def a_plan(**more: int | bool) -> Plan:
    return Plan("/nowhere", "postgresql://", "k:1", True, True, **more)  # type: ignore[arg-type]  # numbers and flags


def test_statements_are_put_together_by_transaction_and_work() -> None:
    units = statements.units(statements.entries(LOG))

    assert [(unit.database, unit.work, len(unit.statements)) for unit in units] == [
        ("order", "event", 2), ("sales", "command", 2), ("order", "relay", 1), ("order", "other", 1)
    ]  # fmt: skip
    assert (units[0].taken, units[0].told) == ((f"{ID}1",), ("OrderPlaced",))
    assert units[0].milliseconds == pytest.approx(2.0)


def test_what_was_logged_is_read_whole_also_when_the_log_was_turned_over_meanwhile(tmp_path: Path) -> None:
    log, long_ago = tmp_path / "postgres.log", tmp_path / "postgres.log.1"
    long_ago.write_text("long ago\n")
    os.utime(long_ago, (1000, 1000))
    log.write_text("before\n")
    place = log.stat().st_size
    for line in ("first", "second", "third"):
        with open(log, "a") as file:
            file.write(f"{line}\n")
        if line != "third":
            rotation.bound(tmp_path, full=3)

    assert statements.written_since(log, place, 2000) == "first\nsecond\nthird\n"


def test_what_the_driver_asks_of_a_new_connection_is_no_statement_of_ours() -> None:
    [unit] = statements.units(
        ["<order|order|7> LOG:  duration: 1 ms  statement: BEGIN;",
         "<order|order|7> LOG:  duration: 1 ms  execute x: SELECT current_setting('jit') AS cur",
         "<order|order|7> LOG:  duration: 1 ms  execute x: SELECT 1"]
    )  # fmt: skip

    assert [each.sql for each in unit.statements] == ["SELECT 1"]


def test_more_than_the_budget_is_told_and_less_is_fine() -> None:
    allowed = Spent({"sales command QuoteSent": 5}, 100.0, 1000)

    assert budget.excess(Spent({"sales command QuoteSent": 4}, 114.0, 1140), allowed) == []
    assert budget.excess(
        Spent({"sales command QuoteSent": 6, "sales command X": 1, "order event X": 1}, 116.0, 1151), allowed
    ) == [
        "sales command QuoteSent: 6 statements, 5 in the budget",
        "sales command X: 1 statements, none in the budget",
        "statements_per_loop: 116.0, more than 115 (the budget and 15%)",
        "wal_bytes_per_loop: 1151, more than 1150 (the budget and 15%)",
    ]


def test_a_copied_loop_has_ids_of_its_own_and_shares_what_is_known() -> None:
    headers = {"ce_id": f"{ID}1", "ce_subject": f"{ID}2", "ce_type": "orderloop.order.OrderPlaced.v1"}
    placed = Seen(headers, f'{{"order_id": "{ID}2", "customer_id": "{ID}3"}}'.encode())

    [first, second] = list(copies.copied([placed], {f"{ID}3"}, 2))

    assert first.data == {"order_id": first.subject, "customer_id": f"{ID}3"}
    assert len({first.id, second.id, placed.id}) == len({first.subject, second.subject, placed.subject}) == 3
    assert first.subject[:15] == placed.subject[:15]


def test_history_gives_ids_and_unique_texts_a_copy_of_their_own() -> None:
    columns = [
        Column("order_id", "uuid", False, False, False),
        Column("number", "text", False, False, True),
        Column("status", "text", False, False, False),
        Column("id", "bigint", True, False, True),
    ]

    assert history.insert("orders", columns, range(1, 10)) == (
        'INSERT INTO "orders" ("order_id", "number", "status")'
        ' SELECT pg_temp.copy_of(t."order_id", copy), t."number" || \'~\' || copy, t."status"'
        ' FROM generate_series(1, 9) AS copy, "orders" AS t ON CONFLICT DO NOTHING'
    )


def test_memory_that_grows_by_a_mebibyte_a_minute_grows_by_sixty_an_hour() -> None:
    assert memory.slope([10.0, 11.0, 12.0, 13.0]) == 60.0
    assert memory.slope([10.0]) == 0.0
    assert memory.grown([{"order": 100.0}, {"order": 100.05}])["flat"]
    assert not memory.grown([{"order": 100.0}, {"order": 101.0}])["flat"]


def test_no_worker_is_asked_for_that_would_have_no_partition() -> None:
    found = scale.sizes((1, 3), (1, 2), (1,))

    assert found == [Size(1, 1, 1), Size(3, 1, 1), Size(3, 2, 1)]


def test_throughput_stops_at_the_smallest_platform_that_does_about_as_well() -> None:
    found = [
        {"partitions": 3, "workers": 1, "apis": 1, "closed_loops_per_second": 20.0},
        {"partitions": 3, "workers": 2, "apis": 1, "closed_loops_per_second": 29.0},
        {"partitions": 12, "workers": 3, "apis": 2, "closed_loops_per_second": 30.0},
    ]

    assert scale.stops_at(found) == found[1]


def test_further_processes_have_names_and_ports_of_their_own() -> None:
    plan = a_plan(apis=2, workers=2)

    members = {each.name: (each.port, each.roles) for each in plan.members if each.service == "order"}

    assert members == {
        "order": (8103, ("api", "worker", "relay")),
        "order-api-2": (8113, ("api",)),
        "order-worker-2": (8123, ("worker",)),
    }
    assert plan.urls("order") == ("http://127.0.0.1:8103", "http://127.0.0.1:8113")


def test_apart_each_role_is_a_process(tmp_path: Path) -> None:
    plan = Plan(str(tmp_path), "postgresql://x:y@h:1/postgres", "k:1", True, True, apart=True)

    commands = [services.start_of(plan, each.name).command[4:] for each in plan.members if each.service == "order"]

    assert commands == [["api"], ["worker"], ["relay"]]
    assert plan.urls("order") == ("http://127.0.0.1:8103",)


def test_roles_are_together_or_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERLOOP_ROLES", "scattered")

    with pytest.raises(SettingMalformed, match="together, apart"):
        _ = plans.wishes()
