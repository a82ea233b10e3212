"""The documentation pages need nothing from outside this machine."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from kit import docs


def a_client(root_path: str = "") -> httpx.AsyncClient:
    app = FastAPI(title="order", docs_url=None, redoc_url=None)
    docs.install(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, root_path=root_path), base_url="http://test")


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_page_names_no_other_host_and_all_it_loads_is_there(page: str) -> None:
    async with a_client() as client:
        html = (await client.get(page)).text
        loaded = re.findall(r"(?:src|href|spec-url)=\"([^\"]+)\"|url: '([^']+)'", html)
        paths = [first or second for first, second in loaded]
        answers = [await client.get(path) for path in paths]

    assert "http" not in html.replace("<!DOCTYPE html>", "")
    assert len(paths) >= 3
    assert "/openapi.json" in paths
    assert [each.status_code for each in answers] == [200] * len(paths)


async def test_the_bundles_are_the_real_ones() -> None:
    async with a_client() as client:
        swagger = await client.get("/docs/assets/swagger-ui-bundle.js")
        redoc = await client.get("/docs/assets/redoc.standalone.js")

    assert swagger.headers["content-type"].startswith("text/javascript")
    assert (b"SwaggerUIBundle" in swagger.content, len(swagger.content) > 500_000) == (True, True)
    assert (b"Redoc" in redoc.content, len(redoc.content) > 500_000) == (True, True)


async def test_behind_a_prefix_the_pages_load_from_that_prefix() -> None:
    async with a_client("/order") as client:
        html = (await client.get("/docs")).text

    assert 'src="/order/docs/assets/swagger-ui-bundle.js"' in html
    assert "url: '/order/openapi.json'" in html


async def test_the_pages_are_no_operations_of_the_service() -> None:
    async with a_client() as client:
        assert (await client.get("/openapi.json")).json()["paths"] == {}
