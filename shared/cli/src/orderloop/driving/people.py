"""The people of a company, each with a token of their own role: what they do goes over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from orderloop.http import Services
from orderloop.platform.issuer import Issuer
from orderloop.platform.plan import SERVICES, Plan

NAMES = {"sales": "nora", "warehouse": "walt", "finance": "fiona", "service": "sam", "quality": "quinn", "admin": "ada"}


@dataclass(frozen=True)
class People:
    """One of each trade."""

    sales: Services
    warehouse: Services
    finance: Services
    service: Services
    quality: Services
    admin: Services


Opening = Callable[[Mapping[str, str], Callable[[], str]], Services]
"""What makes a session of the services' addresses and of what gives a token."""


@asynccontextmanager
async def people(plan: Plan, opening: Opening = Services) -> AsyncGenerator[People]:
    """Everybody, with open sessions to the platform of this plan."""
    issuer = Issuer(plan.folder)
    urls = {service: plan.url(service) for service in SERVICES}
    async with AsyncExitStack() as sessions:
        everybody = {
            role: await sessions.enter_async_context(opening(urls, _token(issuer, role, name)))
            for role, name in NAMES.items()
        }
        yield People(**everybody)


def _token(issuer: Issuer, role: str, name: str) -> Callable[[], str]:
    return lambda: issuer.token((role,), name=name)
