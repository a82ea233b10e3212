"""How the benchmark sends: to all processes of a service in turn, and counting what it had to send again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle

import aiohttp

from orderloop.driving.people import Opening
from orderloop.http import Reply, Request, Services
from orderloop.platform.plan import SERVICES, Plan


class Turns(Services):
    """Each request goes to the next process of its service. `troubles` says what was no lasting answer, and why."""

    longest_pause_seconds = 0.2

    def __init__(self, urls: Mapping[str, tuple[str, ...]], token: Callable[[], str], troubles: list[str]) -> None:
        super().__init__({service: each[0] for service, each in urls.items()}, token)
        self._turns = {service: cycle(each) for service, each in urls.items()}
        self._troubles = troubles

    async def _exchange(self, request: Request) -> Reply:
        self._urls[request.service] = next(self._turns[request.service])
        try:
            reply = await super()._exchange(request)
        except (aiohttp.ClientError, TimeoutError) as error:
            self._troubles.append(f"{request.service}: {type(error).__name__}")
            raise
        if reply.passes():
            self._troubles.append(f"{request.service}: {reply.status}")
        return reply


def opening(plan: Plan, troubles: list[str]) -> Opening:
    """Sessions for `people`, which note their troubles here."""
    urls = {service: plan.urls(service) for service in SERVICES}
    return lambda _, token: Turns(urls, token, troubles)
