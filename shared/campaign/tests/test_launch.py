"""What `campaign.launch` puts into a service: failpoints that end the process, and the probe's idea of a topic."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from campaign.launch.failpoints import Failpoints, FailpointUnknown
from campaign.launch.probe import topic_of
from contracts.event import Recorded

COMING_BY = """
import sys
from pathlib import Path
from campaign.launch.failpoints import Failpoints
failpoints = Failpoints(Path(sys.argv[1]))
for name in sys.argv[2:]:
    failpoints.reach(name)
print("survived")
"""


def coming_by(path: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", COMING_BY, str(path), *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_process_ends_at_the_place_that_is_armed_and_its_successor_goes_on(tmp_path: Path) -> None:
    failpoints = Failpoints(tmp_path / "points")
    failpoints.arm("api-after-commit")

    first = coming_by(tmp_path / "points", "api-before-commit", "api-after-commit")
    second = coming_by(tmp_path / "points", "api-before-commit", "api-after-commit")

    assert first.returncode == -signal.SIGKILL
    assert (second.returncode, second.stdout) == (0, "survived\n")
    assert (failpoints.deaths, failpoints.armed) == (1, None)


def test_a_process_passes_every_other_place(tmp_path: Path) -> None:
    failpoints = Failpoints(tmp_path / "points")
    failpoints.arm("worker-before-commit")

    passing = coming_by(tmp_path / "points", "worker-after-commit", "relay-after-publish")

    assert passing.returncode == 0
    assert (failpoints.deaths, failpoints.armed) == (0, "worker-before-commit")


def test_an_unknown_failpoint_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(FailpointUnknown, match="'before-lunch'; choose one of relay-after-publish"):
        Failpoints(tmp_path / "points").arm("before-lunch")


def test_launching_nothing_tells_how_to() -> None:
    done = subprocess.run([sys.executable, "-m", "campaign.launch"], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "usage: python -m campaign.launch <service> [api|worker|relay ...]\n"


def test_the_topic_of_an_event_is_that_of_the_service_that_told_it() -> None:
    event = Recorded(
        id=uuid4(),
        type="orderloop.order.OrderPlaced.v1",
        source="/orderloop/order",
        subject=uuid4(),
        time=datetime(2026, 1, 2, tzinfo=UTC),
        sequence=1,
        correlation_id=uuid4(),
        causation_id=uuid4(),
        actor="nora",
        traceparent=None,
        data=b"{}",
    )

    assert topic_of(event) == "order.events"
