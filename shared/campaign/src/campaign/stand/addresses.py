"""Ports of a stand: a block of a hundred for the services, the rest where there is room."""

from __future__ import annotations

from collections.abc import Iterable

from orderloop.platform import ports
from orderloop.platform.plan import SERVICES
from orderloop.platform.troubles import ServerFailed

ROWS = 10


def free_block() -> int:
    """The base of a block of a hundred ports, nobody listening at any that the first processes need."""
    return ports.free_block([port_at(0, row, service) for row in range(3) for service in SERVICES])


def port_at(base: int, row: int, service: str) -> int:
    """Row 0 is the plan's own: the APIs; 1 the workers, 2 the relays, from 3 on who was added."""
    return base + 10 * row + 1 + SERVICES.index(service)


def spare_port(base: int, service: str, taken: Iterable[int]) -> int:
    """For one more process of the service."""
    known = set(taken)
    for row in range(3, ROWS):
        port = port_at(base, row, service)
        if port not in known and ports.free(port):
            return port
    raise ServerFailed(f"{service} has {ROWS} processes already; remove one first")
