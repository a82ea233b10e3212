"""What the services ask of PostgreSQL, read off its own log: which statements a command and an event take, how long.

The server is told to log every statement for a while, which needs a superuser and the log of a server of our own. That
costs time itself, so nothing else is measured meanwhile.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg

from contracts.errors import Unavailable
from orderloop.platform import rotation
from orderloop.platform.plan import Plan

Work = Literal["command", "event", "relay", "other"]

SETTINGS = {
    "log_min_duration_statement": "0",
    "log_parameter_max_length": "600",
    "log_line_prefix": "<%d|%a|%p> ",
    "log_checkpoints": "off",
}
ENTRY = re.compile(
    r"<([^|]*)\|([^|]*)\|(\d+)> LOG:  duration: ([\d.]+) ms  (parse|bind|execute|statement)[^:]*: (.*)", re.DOTALL
)
DETAIL = re.compile(r"<[^|]*\|[^|]*\|(\d+)> DETAIL:  Parameters: (.*)", re.DOTALL)
EVENT_TYPE = re.compile(r"orderloop\.\w+\.(\w+)\.v\d+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EDGES = ("BEGIN", "COMMIT", "ROLLBACK")
OF_A_NEW_CONNECTION = ("WITH RECURSIVE typeinfo_tree", "SELECT current_setting('jit')")
OF_A_COMMAND = "INSERT INTO idempotency"
OF_EVENTS = "INSERT INTO inbox"
OF_OUTBOX = "INSERT INTO outbox"


class LogElsewhere(Unavailable):
    """Statements are read off the log of a PostgreSQL that we start ourselves."""


@dataclass
class Asked:
    """One statement; `milliseconds` with parsing and planning."""

    sql: str
    milliseconds: float = 0.0
    parameters: str = ""

    @property
    def is_edge(self) -> bool:
        return self.sql.startswith(EDGES)


@dataclass
class Unit:
    """What one connection asked in one transaction, or one statement outside of any."""

    database: str
    application: str
    asked: list[Asked] = field(default_factory=list[Asked])

    @property
    def statements(self) -> list[Asked]:
        """Without BEGIN, COMMIT and ROLLBACK, and what the driver asks of a new connection once."""
        return [each for each in self.asked if not each.sql.startswith((*EDGES, *OF_A_NEW_CONNECTION))]

    @property
    def milliseconds(self) -> float:
        return sum(each.milliseconds for each in self.asked)

    @property
    def work(self) -> Work:
        """What it was for: commands claim their idempotency key first, workers fence their events first."""
        if self.application.endswith("-relay"):
            return "relay"
        first = next(iter(self.statements), Asked(""))
        if OF_A_COMMAND in first.sql:
            return "command"
        return "event" if OF_EVENTS in first.sql else "other"

    @property
    def told(self) -> tuple[str, ...]:
        """The types of the events that it wrote."""
        return tuple(
            name for each in self.asked if OF_OUTBOX in each.sql for name in EVENT_TYPE.findall(each.parameters)
        )

    @property
    def taken(self) -> tuple[str, ...]:
        """The ids of the events whose effects it wrote."""
        first = next(iter(self.statements), Asked(""))
        return tuple(UUID.findall(first.parameters.partition("$2 = ")[0])) if self.work == "event" else ()


@dataclass
class Recording:
    """The units of a while, complete when the recording has ended."""

    units: list[Unit] = field(default_factory=list[Unit])


@asynccontextmanager
async def recording(plan: Plan) -> AsyncGenerator[Recording]:
    """Have every statement logged, and read the log at the end. Raises LogElsewhere."""
    if not plan.own_postgres:
        raise LogElsewhere("statements are read off PostgreSQL's log: unset ORDERLOOP_POSTGRES to measure them")
    log, found = plan.log("postgres"), Recording()
    connection = await asyncpg.connect(plan.postgres)
    try:
        before, begun = log.stat().st_size, time.time()
        await _set(connection, SETTINGS)
        try:
            yield found
        finally:
            await _set(connection, dict.fromkeys(SETTINGS))
    finally:
        await connection.close()
    found.units += units(entries(written_since(log, before, begun)))


async def _set(connection: asyncpg.Connection, settings: dict[str, str] | dict[str, None]) -> None:
    for name, value in settings.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'" if value else f"ALTER SYSTEM RESET {name}")
    await connection.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")


def written_since(log: Path, place: int, begun: float) -> str:
    """What was logged from this place on, also when the log was turned over since `begun`, in Unix time."""
    older = [log.with_name(f"{log.name}.{number}") for number in range(rotation.KEPT, 0, -1)]
    read = [each for each in older if each.exists() and each.stat().st_mtime > begun]
    return b"".join(each.read_bytes() for each in (*read, log))[place:].decode("utf-8", "replace")


def entries(text: str) -> Iterable[str]:
    """The entries of a log; further lines of one begin with a tab."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("\t") and lines:
            yield "\n".join(lines)
            lines = []
        lines.append(line.strip() if line.startswith("\t") else line)
    if lines:
        yield "\n".join(lines)


def units(found: Iterable[str]) -> list[Unit]:
    """The entries as transactions, in the order of their beginning."""
    done: list[Unit] = []
    open_units: dict[str, Unit] = {}
    last: dict[str, Asked] = {}
    waiting: dict[str, float] = defaultdict(float)
    for entry in found:
        if (detail := DETAIL.fullmatch(entry)) is not None:
            if detail[1] in last:
                last[detail[1]].parameters = detail[2]
            continue
        if (logged := ENTRY.fullmatch(entry)) is None:
            continue
        database, application, process, milliseconds, step, sql = logged.groups()
        last.pop(process, None)
        waiting[process] += float(milliseconds)
        if step in ("parse", "bind"):
            continue
        text = " ".join(sql.split())
        if text.startswith("BEGIN; "):  # a command begins and takes its key in one round trip
            _place(Asked("BEGIN"), Unit(database, application), process, open_units, done)
            text = text.removeprefix("BEGIN; ")
        asked = last[process] = Asked(text, waiting.pop(process))
        _place(asked, Unit(database, application), process, open_units, done)
    return [unit for unit in done if unit.statements]


def _place(asked: Asked, fresh: Unit, process: str, open_units: dict[str, Unit], done: list[Unit]) -> None:
    if asked.sql.startswith("BEGIN") or process not in open_units:
        done.append(fresh)
        if asked.sql.startswith("BEGIN"):
            open_units[process] = fresh
    unit = open_units.get(process, fresh)
    unit.asked.append(asked)
    if asked.sql.startswith(("COMMIT", "ROLLBACK")) and not asked.sql.startswith("ROLLBACK TO"):
        open_units.pop(process, None)
