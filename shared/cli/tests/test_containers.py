"""The platform in containers, as far as no engine is needed: the same services, settings and image as everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts import SERVICES
from orderloop.platform import jars
from orderloop.platform.home import home

Json = dict[str, Any]


@pytest.fixture(scope="module")
def root() -> Path:
    return home()


@pytest.fixture(scope="module")
def compose(root: Path) -> Json:
    return yaml.safe_load((root / "docker-compose.yml").read_text())["services"]


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_runs_its_own_program_on_its_own_database(compose: Json, service: str) -> None:
    it = compose[service]
    environment = it["environment"]

    assert it["command"] == ["python", "-m", service]
    assert environment[f"{service.upper()}_DATABASE"].endswith(f"@postgres:5432/{service}")
    assert environment[f"{service.upper()}_KAFKA"] == "kafka:9092"
    assert it["ports"] == [f"127.0.0.1:${{{service.upper()}_PORTS:-{8101 + SERVICES.index(service)}}}:8000"]


def test_each_service_has_its_database_and_its_topic(root: Path, compose: Json) -> None:
    databases = (root / "deploy" / "compose" / "databases.sh").read_text()

    for text in (databases, compose["topics"]["command"][0]):
        loop = re.search(r"for service in ([a-z ]+);", text)
        assert loop is not None
        assert tuple(loop[1].split()) == SERVICES


def test_containers_run_the_same_kafka_as_one_machine(compose: Json) -> None:
    assert compose["kafka"]["image"] == compose["topics"]["image"] == f"apache/kafka:{jars.KAFKA}"


def test_the_image_is_built_once_and_looked_for_nowhere_else(compose: Json) -> None:
    ours = {name: it for name, it in compose.items() if it["image"] == "orderloop"}

    assert set(ours) == {*SERVICES, "issuer", "token"}
    assert [name for name, it in ours.items() if "build" in it] == ["issuer"]
    assert all(it["pull_policy"] == "never" for it in ours.values())


def test_what_runs_on_is_started_again_when_it_dies(compose: Json) -> None:
    assert all(compose[name]["restart"] == "unless-stopped" for name in (*SERVICES, "postgres", "kafka"))


def test_an_empty_kafka_is_another_cluster_and_stays_it(compose: Json) -> None:
    command = compose["kafka"]["command"][-1]

    assert "/var/lib/kafka/data/meta.properties" in command
    assert "CLUSTER_ID=$${kept:-$$(/opt/kafka/bin/kafka-storage.sh random-uuid)}" in command


def test_postgresql_is_healthy_when_its_databases_are_made(compose: Json) -> None:
    assert compose["postgres"]["healthcheck"]["test"] == ["CMD", "pg_isready", "-h", "127.0.0.1"]


def test_services_start_after_what_they_need(compose: Json) -> None:
    for service in SERVICES:
        assert compose[service]["depends_on"] == {
            "postgres": {"condition": "service_healthy"},
            "topics": {"condition": "service_completed_successfully"},
            "issuer": {"condition": "service_completed_successfully"},
        }


def test_the_image_holds_every_service_and_only_what_is_locked(root: Path) -> None:
    dockerfile = (root / "deploy" / "Dockerfile").read_text()
    installed = set(re.findall(r"\./((?:shared|services)/[a-z]+)", dockerfile))

    assert installed == {"shared/contracts", "shared/kit", "shared/cli", *(f"services/{name}" for name in SERVICES)}
    assert "--require-hashes -r requirements.lock" in dockerfile
    assert all((root / place / "pyproject.toml").is_file() for place in installed)


def test_what_a_container_is_told_is_what_its_settings_know(root: Path, compose: Json) -> None:
    documented = (root / "docs" / "operations.md").read_text()

    for name in compose["order"]["environment"]:
        assert f"`{name}`" in documented
