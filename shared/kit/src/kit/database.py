"""The service's own PostgreSQL database: the pool, the transaction, and which of its errors pass by themselves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
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
            pool_timeout=5,
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

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Transaction]:
        async with self.engine.begin() as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        """A connection for queries: each statement sees what is committed; nothing is kept."""
        async with self.engine.connect() as tx:
            yield tx

    async def close(self) -> None:
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


def as_refusal(error: BaseException) -> Refused | None:
    """A violated unique key as the refusal that it is."""
    if sqlstate(error) != UNIQUE_VIOLATION:
        return None
    driver_error = error.driver_exception if isinstance(error, DBAPIError) else error
    key = str(getattr(driver_error, "constraint_name", "") or "key").replace("_", " ")
    return AlreadyExists(f"there is one with the same {key}; use that one, or choose another value")


def _as_it_is(value: str) -> str:
    return value
