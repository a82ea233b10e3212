"""The shim in real programs: a disk that is full, a disk that is slow, a clock that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from campaign.stand import shim
from campaign.stand.shim import Shim
from orderloop.platform import processes
from orderloop.platform.postgres import Postgres

pytestmark = pytest.mark.skipif(shim.missing() is not None, reason=str(shim.missing()))


@dataclass(frozen=True)
class Shimmed:
    """Control of the shim, and what a program is started with to have it."""

    shim: Shim
    disk: Path
    environment: dict[str, str]

    def run(self, program: str) -> list[object]:
        """What a Python program prints last, as JSON; its first argument is the folder on the disk."""
        command = [sys.executable, "-c", program, str(self.disk)]
        done = subprocess.run(command, env=os.environ | self.environment, capture_output=True, text=True, check=True)
        return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def shimmed(tmp_path: Path) -> Shimmed:
    disk, control = tmp_path / "disk", tmp_path / "shim" / "program.control"
    disk.mkdir()
    return Shimmed(Shim(control), disk, shim.environment(shim.built(tmp_path / "shim"), control, disk))


WRITING = """
import errno, json, os, sys
path = os.path.join(sys.argv[1], "file")
if not os.path.exists(path):
    open(path, "wb").write(b"12345678")

def outcome(flags, write, path=path):
    file = os.open(path, os.O_RDWR | os.O_CREAT | flags)
    try:
        write(file)
        return "written"
    except OSError as fault:
        return errno.errorcode[fault.errno]
    finally:
        os.close(file)

print(json.dumps([
    outcome(0, lambda file: os.write(file, b"new")),
    outcome(0, lambda file: os.pwrite(file, b"new", 5)),
    outcome(0, lambda file: os.write(file, b"longer than before")),
    outcome(os.O_APPEND, lambda file: os.write(file, b"more")),
    outcome(0, lambda file: os.pwrite(file, b"more", 6)),
    outcome(0, lambda file: os.writev(file, [b"longer", b"than before"])),
    outcome(0, lambda file: os.pwritev(file, [b"mo", b"re"], 6)),
    outcome(0, lambda file: os.posix_fallocate(file, 0, 100)),
    outcome(os.O_APPEND, lambda file: os.write(file, b"x"), sys.argv[1] + ".elsewhere"),
]))
"""


def test_a_full_disk_lets_a_file_be_overwritten_and_nothing_grow(shimmed: Shimmed) -> None:
    assert shimmed.run(WRITING)[0] == "written"
    (shimmed.disk / "file").write_bytes(b"12345678")
    shimmed.shim.disk_full(True)

    assert shimmed.run(WRITING) == ["written"] * 2 + ["ENOSPC"] * 6 + ["written"]

    assert (shimmed.disk / "file").read_bytes() == b"new45new"
    assert shimmed.shim.refused == 6
    shimmed.shim.heal()
    assert shimmed.run(WRITING) == ["written"] * 9


SYNCING = """
import json, os, sys
file = os.open(os.path.join(sys.argv[1], "file"), os.O_RDWR | os.O_CREAT)
for _ in range(3):
    os.fsync(file)
for _ in range(2):
    os.fdatasync(file)
print("[]")
"""


def test_each_sync_waits_for_a_slow_disk(shimmed: Shimmed) -> None:
    shimmed.run(SYNCING)
    assert (shimmed.shim.loaded, shimmed.shim.delayed) == (1, 0)

    shimmed.shim.fsync_delay(0.002)
    shimmed.run(SYNCING)

    assert shimmed.shim.delayed == 5


TELLING_TIME = """
import json, time
from datetime import UTC, datetime
print(json.dumps([time.time(), time.time_ns() / 1e9, datetime.now(UTC).timestamp(), time.monotonic()]))
"""


@pytest.mark.parametrize("offset", [3600.0, -3600.0, 0.0, 86_400.5])
def test_a_wrong_clock_is_wrong_by_so_much_and_measures_right(shimmed: Shimmed, offset: float) -> None:
    shimmed.shim.clock_offset(offset)
    before, began = time.time(), time.monotonic()

    *told, measured = [float(str(each)) for each in shimmed.run(TELLING_TIME)]

    after, ended = time.time(), time.monotonic()
    assert all(before + offset <= each <= after + offset for each in told)
    assert began <= measured <= ended


@pytest.fixture
def postgres(tmp_path: Path, shimmed: Shimmed) -> Iterator[Postgres]:
    data = tmp_path / "postgres" / "data"
    server = Postgres(tmp_path, shim.environment(tmp_path / "shim" / "shim.so", shimmed.shim.control, data))
    server.launch()
    assert processes.until(server.ready, 60)
    yield server
    server.stop()


async def test_postgresql_with_a_full_disk_refuses_what_needs_room_and_goes_on_afterwards(
    postgres: Postgres, shimmed: Shimmed
) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(postgres.address)
    await connection.execute("CREATE TABLE letters (text text); INSERT INTO letters VALUES ('first')")
    shimmed.shim.disk_full(True)

    with pytest.raises(asyncpg.DiskFullError) as refusal:
        await connection.execute("INSERT INTO letters SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
    assert refusal.value.sqlstate == "53100"
    await connection.execute("UPDATE letters SET text = 'other'")
    assert shimmed.shim.refused > 0

    shimmed.shim.heal()
    await connection.execute("INSERT INTO letters SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
    assert await connection.fetchval("SELECT count(*) FROM letters") == 1001
    await connection.close()


async def test_a_commit_of_postgresql_waits_for_a_slow_disk(postgres: Postgres, shimmed: Shimmed) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(postgres.address)
    shimmed.shim.fsync_delay(0.001)

    for _ in range(3):
        await connection.execute("SELECT pg_logical_emit_message(true, 'shim', 'x')")

    assert shimmed.shim.delayed >= 3
    await connection.close()
