"""The least that a service could be: FastAPI, one route, one INSERT. A yardstick, run in a process of its own."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel

ADDRESS = "BENCH_BARE_DATABASE"


class Order(BaseModel):
    """About as much as a command of ours says."""

    customer_id: UUID
    amount: Decimal
    note: str


def create() -> FastAPI:
    """For `uvicorn --factory`."""
    pool: Any = None  # Any: asyncpg publishes no types

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        nonlocal pool
        async with asyncpg.create_pool(os.environ[ADDRESS], min_size=8, max_size=8) as pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/orders", status_code=201)
    async def place(order: Order) -> dict[str, UUID]:  # pyright: ignore[reportUnusedFunction]  # a route
        order_id = uuid4()
        await pool.execute(INSERT, order_id, order.customer_id, order.amount, order.note)
        return {"order_id": order_id}

    return app


TABLE = "CREATE TABLE bench_bare (order_id uuid PRIMARY KEY, customer_id uuid, amount numeric, note text)"
INSERT = "INSERT INTO bench_bare VALUES ($1, $2, $3, $4)"
