"""What runs where, as the environment wishes it and as other commands read it."""

from dataclasses import replace
from pathlib import Path

import pytest

from orderloop.platform import plan as plans
from orderloop.platform import services
from orderloop.platform.home import home
from orderloop.platform.plan import NotRunning, Plan
from orderloop.platform.troubles import HomeNotFound, SettingMalformed


def a_plan(directory: Path) -> Plan:
    return Plan(str(directory), "postgresql://root:pw@db.example:6000/postgres?sslmode=require", "k:9092", False, False)


def test_services_have_ports_8101_to_8107_in_their_order(tmp_path: Path) -> None:
    found = [a_plan(tmp_path).port(name) for name in plans.SERVICES]

    assert found == [8101, 8102, 8103, 8104, 8105, 8106, 8107]
    assert a_plan(tmp_path).url("order") == "http://127.0.0.1:8103"


def test_a_service_enters_its_own_database_under_its_own_name(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)

    address = plan.database("order")

    assert address == f"postgresql://order:{plan.password('order')}@db.example:6000/order?sslmode=require"
    assert (tmp_path / "passwords" / "order").stat().st_mode & 0o777 == 0o600
    assert plan.password("order") != plan.password("sales")


def test_the_settings_of_a_service_carry_its_prefix(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)

    assert services.settings_of(plan, "finance") == {
        "FINANCE_DATABASE": plan.database("finance"),
        "FINANCE_KAFKA": "k:9092",
        "FINANCE_JWKS": str(tmp_path / "issuer" / "jwks.json"),
        "FINANCE_ISSUER": "orderloop-local",
        "FINANCE_AUDIENCE": "orderloop",
        "FINANCE_HOST": "127.0.0.1",
        "FINANCE_PORT": "8105",
        "FINANCE_SESSION_SECONDS": "6",
        "FINANCE_MIGRATE": "true",
    }


@pytest.mark.parametrize(("own_kafka", "seconds"), [(True, "4"), (False, "6")])
def test_a_killed_worker_is_missed_sooner_where_the_broker_is_ours(
    tmp_path: Path, own_kafka: bool, seconds: str
) -> None:
    plan = replace(a_plan(tmp_path), own_kafka=own_kafka)

    assert services.settings_of(plan, "finance")["FINANCE_SESSION_SECONDS"] == seconds


def test_a_service_never_sees_the_password_of_the_superuser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERLOOP_POSTGRES", "postgresql://root:pw@db.example:6000/postgres")

    environment = services.start_of(a_plan(tmp_path), "order").environment

    assert [value for value in environment.values() if "root:pw" in value] == []


def test_a_saved_plan_is_read_again_and_is_private(tmp_path: Path) -> None:
    a_plan(tmp_path).save()

    assert plans.current(tmp_path) == a_plan(tmp_path)
    assert (tmp_path / "run" / "plan.json").stat().st_mode & 0o777 == 0o600


def test_without_a_plan_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="make up"):
        _ = plans.current(tmp_path)


@pytest.mark.parametrize("text", ["x", "0", "-1", "70000", "1.5"])
def test_a_base_port_that_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ORDERLOOP_BASE_PORT", text)

    with pytest.raises(SettingMalformed, match="ORDERLOOP_BASE_PORT is"):
        _ = plans.wishes()


def test_the_home_is_found_from_anywhere_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORDERLOOP_HOME", raising=False)
    monkeypatch.chdir(tmp_path)

    assert (home() / "deploy" / "local" / "kafka.lock").is_file()
    monkeypatch.setenv("ORDERLOOP_HOME", str(tmp_path))
    with pytest.raises(HomeNotFound, match="ORDERLOOP_HOME"):
        _ = home()
