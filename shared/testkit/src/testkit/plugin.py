"""The fixtures: `servers` for all tests, and for each service one made by `service_fixture`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kit.service import Service, create_app
from kit.settings import Settings
from testkit import servers as running_servers
from testkit.databases import a_database
from testkit.servers import Servers
from testkit.service_under_test import ServiceUnderTest
from testkit.tokens import AUDIENCE, ISSUER, Issuer


@pytest.fixture(scope="session")
def servers() -> Generator[Servers]:
    """A real PostgreSQL and a real Kafka."""
    with running_servers.servers() as started:
        yield started


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """Signs the tokens of the tests."""
    return Issuer(tmp_path_factory.mktemp("issuer"))


def settings_for(database: str, servers: Servers, issuer: Issuer) -> Settings:
    return Settings(database=database, kafka=servers.kafka, jwks=str(issuer.jwks), issuer=ISSUER, audience=AUDIENCE)


def service_fixture(make: Callable[[], Service]) -> Any:  # Any: what pytest makes of a fixture function
    """A fixture that gives each test the service; tests of one module share its database."""

    @pytest_asyncio.fixture(scope="module", loop_scope="module")
    async def module_service(servers: Servers, issuer: Issuer) -> AsyncGenerator[ServiceUnderTest]:
        service = make()
        async with a_database(service.name, servers.postgres) as database:
            app = create_app(service, settings_for(database, servers, issuer), start=False)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{service.name}") as http,
            ):
                yield ServiceUnderTest(service, app, http, issuer)

    return module_service


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _each_test_begins(request: pytest.FixtureRequest) -> None:
    """Tell every service that the test uses that it begins: `published()` counts from here."""
    for name in request.fixturenames:
        if name.endswith("_service"):
            await request.getfixturevalue(name).test_begins()
