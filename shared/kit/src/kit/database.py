"""The service's own PostgreSQL database: the pool, the transaction, and which of its errors pass by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from contracts.errors import Refused, Unavailable
from kit.transaction import Transaction as Transaction
from kit.transaction import driver as driver

UNIQUE_VIOLATION = "23505"
LOCK_TIMEOUT = "55P03"
FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises of a database that is away or dies; the last when it dies between two messages."""

WAIT_FOR_ROOM = 5
"""Seconds that work may wait for a connection."""

_TRANSIENT = ("40001", "40P01", LOCK_TIMEOUT, "57P01", "57P02", "57P03", "25P03", "25006")
_TRANSIENT_CLASSES = ("08", "53")


@dataclass(frozen=True)
class Part:
    """A WITH query that writes, to be run in the same round trip as another statement. `{0}` … are its parameters."""

    sql: str
    parameters: tuple[object, ...]

    def after(self, taken: int) -> str:
        """Its text, with parameters numbered from `taken` + 1 on."""
        return self.sql.format(*(f"${taken + 1 + place}" for place in range(len(self.parameters))))

    async def run(self, tx: Transaction) -> None:
        _ = await (await driver(tx)).execute(f"WITH {self.after(0)} SELECT 1", *self.parameters)


class AlreadyExists(Refused):
    """There is one with the same business key; what is unique comes once."""


class StaleWrite(Exception):
    """Someone else wrote the row since we read it; the command is run again."""


class NotCommitted(Exception):
    """An error of the server is not swallowed inside a transaction: it has undone everything."""


class Document(TypeDecorator[Any]):
    """A JSONB column that holds values of one Python type, checked by pydantic on the way in and out."""

    impl = JSONB
    cache_ok = True

    def __init__(self, of: Any) -> None:  # Any: whatever pydantic can describe
        super().__init__()
        self._adapter: TypeAdapter[Any] = TypeAdapter(of)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self._adapter.dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self._adapter.validate_json(value)


class Database:
    """A pool of connections to one database. `pool_size` is the hard limit of what runs at once."""

    def __init__(self, url: str, *, name: str, pool_size: int = 10) -> None:
        self.dsn = url
        self._settings = server_settings(name)
        self._idle: list[Transaction] = []
        self._leaving = set[asyncio.Task[None]]()
        self._room = asyncio.Semaphore(pool_size)

    @asynccontextmanager
    async def begin(self, begin: Callable[[Transaction], Awaitable[None]] | None = None) -> AsyncGenerator[Transaction]:
        """One transaction. `begin` begins it, for who has something to say in the same round trip.

        Raises TimeoutError when there is no room for five seconds.
        """
        async with self.read() as tx:
            await (begin or _begin)(tx)
            yield tx
            if (done := await tx.driver.execute("COMMIT")) != "COMMIT":
                raise NotCommitted(f"the server answered {done}: a statement has failed, and nobody was told")

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        """A connection for queries: each statement sees what is committed."""
        tx = await self._take()
        try:
            yield tx
        except BaseException as fault:
            await self._undo(tx, fault)
            raise
        else:
            self._idle.append(tx)
        finally:
            self._room.release()

    async def _take(self) -> Transaction:
        if self._room.locked():
            async with asyncio.timeout(WAIT_FOR_ROOM):
                await self._room.acquire()
        else:
            await self._room.acquire()
        try:
            while self._idle:
                tx = self._idle.pop()
                if not tx.driver.is_closed():
                    return tx
            return Transaction(await self.connect())
        except BaseException:
            self._room.release()
            raise

    async def connect(self) -> asyncpg.Connection:
        """A new connection, outside of the pool."""
        return await asyncpg.connect(
            self.dsn,
            timeout=5,
            command_timeout=15,
            server_settings=self._settings,
            statement_cache_size=500,
            max_cached_statement_lifetime=0,
        )

    async def _undo(self, tx: Transaction, fault: BaseException) -> None:
        """Roll back, and keep the connection if it is fit for more."""
        if is_lost(fault) or is_outdated(fault):  # then so are the others
            await self.drop_idle()
        fit = False
        try:
            fit = isinstance(fault, Exception) and not is_outdated(fault) and await _rolled_back(tx.driver)
        finally:
            if fit:
                self._idle.append(tx)
            else:
                self._let_go(tx.driver)

    def _let_go(self, connection: asyncpg.Connection) -> None:
        """Close one that may still be at work: the server is told to give that up, or it would keep its locks."""
        task = asyncio.create_task(_closed(connection))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def drop_idle(self) -> None:
        """Close the connections that are kept at hand; what comes next makes new ones."""
        while self._idle:
            self._let_go(self._idle.pop().driver)

    async def close(self) -> None:
        await self.drop_idle()
        _ = await asyncio.gather(*self._leaving)


async def _begin(tx: Transaction) -> None:
    _ = await tx.driver.execute("BEGIN")


async def _closed(connection: asyncpg.Connection) -> None:
    with suppress(*FAULTS):
        await connection.close(timeout=2)  # or, when that fails, cut off


async def _rolled_back(connection: asyncpg.Connection) -> bool:
    with suppress(*FAULTS):
        if connection.is_in_transaction():
            _ = await connection.execute("ROLLBACK", timeout=5)
        return not connection.is_closed()
    return False


def literal(value: str) -> str:
    """Any text as an expression, for a statement without parameters: hexadecimal digits need no quoting."""
    return f"convert_from('\\x{value.encode().hex()}', 'UTF8')"


def server_settings(name: str) -> dict[str, str]:
    return {
        "application_name": name,
        "jit": "off",
        "plan_cache_mode": "force_generic_plan",  # planning anew for each run cost a fifth of the database's time
        # A plan is made once a connection: made while a table is small, it would read the whole of it as it grows,
        # until the next ANALYZE. That goes for the checks of foreign keys, too, which nobody prepares.
        "enable_seqscan": "off",
        "lock_timeout": "2000",
        "idle_in_transaction_session_timeout": "15000",
    }


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of the server's error."""
    return cast("str | None", getattr(error, "sqlstate", None))


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone."""
    if isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return not isinstance(error, ValueError)  # a value that does not fit its column: the driver's own word for it
    state = sqlstate(error) or ""
    return state.startswith("08") or state in ("57P01", "57P02", "57P03")


def is_outdated(error: BaseException) -> bool:
    """Whether the connection remembers tables as they were before a migration."""
    return isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError)


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when done again: a lost connection, a deadlock, a server that is full."""
    if isinstance(error, StaleWrite | Unavailable | OSError) or is_lost(error) or is_outdated(error):
        return True
    state = sqlstate(error) or ""
    return state in _TRANSIENT or state[:2] in _TRANSIENT_CLASSES


def constraint_of(error: BaseException) -> str:
    """The name of the violated constraint, if the database told it."""
    return str(getattr(error, "constraint_name", None) or "")


def as_refusal(error: BaseException) -> Refused | None:
    """A violated unique key as the refusal that it is."""
    if sqlstate(error) != UNIQUE_VIOLATION:
        return None
    key = (constraint_of(error) or "key").replace("_", " ")
    return AlreadyExists(f"there is one with the same {key}; use that one, or choose another value")
