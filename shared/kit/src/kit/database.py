"""The service's own PostgreSQL database: the pool, the transaction, and which of its errors pass by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator

from contracts.errors import Refused, Unavailable

Transaction = AsyncConnection
"""What a command or reaction writes through; it is committed at the edge and nowhere else."""

UNIQUE_VIOLATION = "23505"
LOCK_TIMEOUT = "55P03"
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


async def driver(tx: Transaction) -> asyncpg.Connection:
    """The driver's connection under a transaction, for the kit's own statements: SQLAlchemy would double their cost.

    SQLAlchemy begins a transaction with its first statement; what goes around it has to see to that itself.
    """
    connection = await tx.get_raw_connection()
    adapter: Any = connection.dbapi_connection  # Any: SQLAlchemy's adapter, of which only this much is needed
    if adapter._transaction is None:
        try:
            await adapter._start_transaction()
        except AsyncAdapt_asyncpg_dbapi.Error as fault:
            await tx.invalidate()  # SQLAlchemy has not seen that it is lost, and would hand it out again
            raise ConnectionResetError(f"no transaction could be begun: {fault}") from fault
    return cast("asyncpg.Connection", connection.driver_connection)


class StaleWrite(Exception):
    """Someone else wrote the row since we read it; the command is run again."""


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
        self.url = url.replace("postgresql://", "postgresql+asyncpg://", 1)
        self.dsn = self.url.replace("+asyncpg", "", 1)
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=WAIT_FOR_ROOM,
            json_serializer=_as_it_is,
            json_deserializer=_as_it_is,
            connect_args={
                "command_timeout": 15,
                "timeout": 5,
                "server_settings": server_settings(name),
                "prepared_statement_cache_size": 500,
                "statement_cache_size": 500,
            },
        )

        self._idle: list[AsyncConnection] = []
        self._room = asyncio.Semaphore(pool_size)

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Transaction]:
        """One transaction. Raises TimeoutError when there is no room for five seconds."""
        async with self._connection() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        """A connection for queries: each statement sees what is committed; nothing is kept."""
        async with self._connection() as connection:
            yield connection
            await connection.rollback()

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[AsyncConnection]:
        """A connection that is kept at hand: SQLAlchemy's own way in and out costs as much as a statement."""
        async with asyncio.timeout(WAIT_FOR_ROOM):
            await self._room.acquire()
        try:
            connection = self._idle.pop() if self._idle else await self.engine.connect()
            try:
                yield connection
            except BaseException as fault:
                await connection.close()
                if is_lost(fault):  # then so are the others
                    await self.drop_idle()
                raise
            if connection.invalidated or connection.in_transaction():
                await connection.close()
            else:
                self._idle.append(connection)
        finally:
            self._room.release()

    async def drop_idle(self) -> None:
        """Close the connections that are kept at hand; what comes next makes new ones."""
        while self._idle:
            with suppress(Exception):
                await self._idle.pop().close()

    async def close(self) -> None:
        await self.drop_idle()
        await self.engine.dispose()


def server_settings(name: str) -> dict[str, str]:
    return {
        "application_name": name,
        "jit": "off",
        "plan_cache_mode": "force_generic_plan",  # planning anew for each run cost a fifth of the database's time
        "lock_timeout": "2000",
        "idle_in_transaction_session_timeout": "15000",
    }


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE behind an error: SQLAlchemy's classes do not tell a lost connection from a bug."""
    driver = getattr(error, "driver_exception", None) if isinstance(error, DBAPIError) else error
    return cast("str | None", getattr(driver, "sqlstate", None))


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone."""
    if isinstance(error, OSError | asyncpg.InterfaceError):
        return True
    if isinstance(error, DBAPIError) and (error.connection_invalidated or is_lost(error.driver_exception)):
        return True
    state = sqlstate(error) or ""
    return state.startswith("08") or state in ("57P01", "57P02", "57P03")


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when done again: a lost connection, a deadlock, a server that is full."""
    if isinstance(error, StaleWrite | Unavailable | OSError | TimeoutError | asyncpg.InterfaceError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error.driver_exception, OSError | TimeoutError):
            return True
        name = type(error.driver_exception).__name__
        if name in ("InterfaceError", "ConnectionDoesNotExistError", "InvalidCachedStatementError"):
            return True
    state = sqlstate(error)
    if state is not None:
        return state in _TRANSIENT or state[:2] in _TRANSIENT_CLASSES
    return type(error).__module__ == "sqlalchemy.exc" and type(error).__name__ == "TimeoutError"


def constraint_of(error: BaseException) -> str:
    """The name of the violated constraint, if the database told it."""
    driver_error = error.driver_exception if isinstance(error, DBAPIError) else error
    return str(getattr(driver_error, "constraint_name", None) or "")


def as_refusal(error: BaseException) -> Refused | None:
    """A violated unique key as the refusal that it is."""
    if sqlstate(error) != UNIQUE_VIOLATION:
        return None
    key = (constraint_of(error) or "key").replace("_", " ")
    return AlreadyExists(f"there is one with the same {key}; use that one, or choose another value")


def _as_it_is(value: str) -> str:
    return value
