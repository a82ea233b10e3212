"""The history that every test here breaks one thing of."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from testkit.servers import Servers
from testkit.tokens import Issuer

from .history import History, a_history


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def history(
    servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[History]:
    async with a_history(servers, issuer, tmp_path_factory.mktemp("campaign")) as made:
        yield made
